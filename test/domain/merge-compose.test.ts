import { describe, expect, it } from "vitest";
import { mergeCompose } from "../../src/domain/merge-compose.ts";
import { conflictError } from "../../src/domain/merge-result.ts";
import { unifiedDiff } from "../../src/domain/merge-text.ts";
import { edited, legacy, withOwnEdits } from "./merge-samples.ts";

const path = "docker-compose.yml";
const base = legacy("v2.22.2");
const own = withOwnEdits(base, "v2_22_2");
const theirs = edited(legacy("v2.23.0"), path, [
  "    depends_on: [ postgres ]\n",
  "    depends_on: [ postgres ]\n    init: true\n",
]);

const merge = (...changes: readonly (readonly [string, string])[]) =>
  mergeCompose(path, {
    base: base[path] ?? "",
    own: own[path] ?? "",
    mine: edited(own, path, ...changes)[path] ?? "",
    theirs: theirs[path] ?? "",
  });
const carried = (...changes: readonly (readonly [string, string])[]): string => {
  const { text, why } = merge(...changes);
  expect(why).toBe("");
  return unifiedDiff(theirs[path] ?? "", text ?? "")
    .filter(line => /^[-+]/.test(line))
    .join("\n");
};

describe("an edit of a compose file", () => {
  it("is none when only graph-mgr changed it, or nobody, or line ends", () => {
    expect(merge()).toEqual({ text: theirs[path], edits: [], why: "" });
    const sides = { base: base[path] ?? "", own: own[path] ?? "", theirs: theirs[path] ?? "" };
    expect(mergeCompose(path, { ...sides, mine: sides.base }).text).toBe(sides.theirs);
    expect(mergeCompose(path, { ...sides, mine: sides.own.replaceAll("\n", "\r\n") }).text).toBe(sides.theirs);
  });

  it("is carried exactly, on top of the vendor's, without what graph-mgr set", () => {
    expect(carried(["- ./data:/opt/graphistry/data\n", "- ./data:/opt/graphistry/data\n      - /mnt/maps:/maps:ro\n"])).toBe(
      "+      - /mnt/maps:/maps:ro",
    );
    expect(carried(["  restart: unless-stopped", "  restart: always"])).toBe("-  restart: unless-stopped\n+  restart: always");
    expect(carried(["# Shared by every service.", "# Shared."])).toBe("-# Shared by every service.\n+# Shared.");
  });

  it("is refused where it touches what graph-mgr set", () => {
    const { text, why, edits } = merge(["name: v2_22_2_grph", "name: our_net"]);
    expect([text, why]).toEqual([null, "they touch lines that graph-mgr set"]);
    expect(edits).toContain("+    name: our_net");
  });

  it("is refused where the vendor changed the same lines", () => {
    const sides = { base: base[path] ?? "", own: own[path] ?? "" };
    const mine = edited(own, path, ["depends_on: [ postgres ]", "depends_on: [ postgres, caddy ]"])[path] ?? "";
    const fresh = edited(theirs, path, ["depends_on: [ postgres ]", "depends_on: [ postgres, queue ]"])[path] ?? "";
    expect(mergeCompose(path, { ...sides, mine, theirs: fresh }).why).toBe("the vendor changed the same lines");
    // Both put something into one place.
    expect(merge(["    depends_on: [ postgres ]\n", "    depends_on: [ postgres ]\n    tty: true\n"]).why).toBe(
      "the vendor changed the same lines",
    );
  });

  it("is carried where it stands right beside what graph-mgr set or the vendor changed", () => {
    expect(carried(["    name: v2_22_2_grph\n", "    name: v2_22_2_grph\n    driver: bridge\n"])).toBe("+    driver: bridge");
    expect(carried(["depends_on: [ postgres ]", "depends_on: [ postgres, caddy ]"])).toBe(
      "-    depends_on: [ postgres ]\n+    depends_on: [ postgres, caddy ]",
    );
    const newer = (text: string) => text.replaceAll("nexus:${APP_BUILD_TAG}", "nexus:new");
    const changed = edited(own, path, ["depends_on: [ postgres ]", "depends_on: [ postgres, caddy ]"])[path] ?? "";
    const sides = { base: base[path] ?? "", own: own[path] ?? "", mine: changed, theirs: newer(base[path] ?? "") };
    const wanted = edited(base, path, ["depends_on: [ postgres ]", "depends_on: [ postgres, caddy ]"])[path] ?? "";
    expect(mergeCompose(path, sides).text).toBe(newer(wanted));
  });

  it("is refused where its lines would come to stand in another service", () => {
    const service = (name: string) => `  ${name}:\n    image: x\n    init: true\n    restart: always\n`;
    const old = `services:\n${service("a")}`;
    const fresh = `services:\n${service("c").replace("image: x", "image: z")}  a:\n    image: y\n`;
    const mine = old.replace("    init: true\n", "    init: true\n    cpus: 2\n");
    const merged = mergeCompose(path, { base: old, own: old, mine, theirs: fresh });
    expect([merged.text, merged.why]).toEqual([null, "in the new file they would not mean the same"]);
  });

  it("is refused where the result could not be read", () => {
    const old = "services:\n  a:\n    image: x\n";
    const merged = mergeCompose(path, { base: old, own: old, mine: `${old}  b: [\n`, theirs: `# new\n${old}` });
    expect(merged.text).toBeNull();
  });

  it("never carries what graph-mgr set, where it stands beside it and is said to count elsewhere", () => {
    const mine = edited(
      own,
      path,
      ["    name: v2_22_2_grph\n", "    name: v2_22_2_grph\n    driver: bridge\n"],
      ["depends_on: [ postgres ]", "depends_on: [ postgres, caddy ]"],
    );
    const fresh = edited(theirs, path, ["depends_on: [ postgres ]", "depends_on: [ postgres, queue ]"])[path] ?? "";
    const sides = { base: base[path] ?? "", own: own[path] ?? "", mine: mine[path] ?? "", theirs: fresh };
    const { text } = mergeCompose(path, sides, "mine");
    expect(text).toContain("    driver: bridge\n");
    expect(text).toContain("depends_on: [ postgres, caddy ]");
    expect(text).not.toContain("v2_22_2");
  });

  it("is taken where it is said that it counts", () => {
    const sides = { base: base[path] ?? "", own: own[path] ?? "", theirs: theirs[path] ?? "" };
    const mine = edited(own, path, ["depends_on: [ postgres ]", "depends_on: [ postgres, caddy ]"])[path] ?? "";
    const changed = (vendors: string) =>
      unifiedDiff(vendors, mergeCompose(path, { ...sides, mine, theirs: vendors }, "mine").text ?? "").filter(line =>
        /^[-+]/.test(line),
      );
    // What the vendor has put beside it stays.
    expect(changed(sides.theirs)).toEqual(["-    depends_on: [ postgres ]", "+    depends_on: [ postgres, caddy ]"]);
    expect(changed(sides.theirs.replace("depends_on: [ postgres ]", "depends_on: [ postgres, queue ]"))).toEqual([
      "-    depends_on: [ postgres, queue ]",
      "-    init: true",
      "+    depends_on: [ postgres, caddy ]",
    ]);
  });
});

it("a script is told all conflicts at once, and what to type", () => {
  const conflict = { file: path, mine: null, theirs: null } as const;
  const compose = {
    ...conflict,
    name: path,
    kind: "compose",
    say: "Your changes cannot be carried: why.",
    diff: ["@@ -1 +1 @@", "-a", "+b"],
  } as const;
  const error = conflictError([compose]);
  expect([error.code, error.exit, error.message, error.hint]).toMatchInlineSnapshot(`
    [
      "COMPOSE_EDITED",
      3,
      "One thing in the configuration cannot be merged without you:
    docker-compose.yml: Your changes cannot be carried: why.
      - as it was   + as you have it
      @@ -1 +1 @@
      -a
      +b",
      "--resolve docker-compose.yml=mine|theirs|FILE   (mine, of a compose file: the vendor's new one with your changes in it)",
    ]
  `);
  const both = conflictError([
    { ...conflict, name: ".env:A", file: ".env", kind: "key", say: "You removed A.", diff: [] },
    compose,
  ]);
  expect([both.code, both.exit, both.message, both.hint]).toMatchInlineSnapshot(`
    [
      "MERGE_CONFLICT",
      3,
      "2 things in the configuration cannot be merged without you:
    .env:A: You removed A.
      - the vendor's   + yours (you removed it)
    docker-compose.yml: Your changes cannot be carried: why.
      - as it was   + as you have it
      @@ -1 +1 @@
      -a
      +b",
      "--resolve .env:A=mine|theirs --resolve docker-compose.yml=mine|theirs|FILE   (mine, of a compose file: the vendor's new one with your changes in it)",
    ]
  `);
});
