import { describe, expect, it } from "vitest";
import { mergeConfiguration } from "../../src/domain/merge.ts";
import type { MergeInput } from "../../src/domain/merge-input.ts";
import { conflictError } from "../../src/domain/merge-result.ts";
import { merge } from "./merge-samples.ts";

/** The samples' update, of an install that was taken over while nobody had the vendor's v2.22.2. */
const input = ({
  resolve = {},
  env = (text: string) => text,
}: {
  readonly resolve?: MergeInput["resolve"];
  readonly env?: (text: string) => string;
} = {}): MergeInput => {
  const known = merge("v2.22.2", "v2.23.0", {});
  const mine = { ...known.base, ".env": env(known.base[".env"] ?? "") };
  return { ...known, base: {}, own: {}, mine, resolve };
};

describe("a merge without the vendor's old files", () => {
  const found = mergeConfiguration(input({ env: text => `${text}OWN_SETTING=1\n` }));

  it("asks about every setting that differs, because it may be an edit or an old default", () => {
    const keys = found.conflicts.filter(({ kind }) => kind === "key");
    expect(keys.map(({ name }) => name)).toEqual([".env:JWT_EXPIRATION_DELTA"]);
    expect(keys[0]?.say).toContain("cannot be told without the old release's bundle");
  });

  it("takes what belongs to the release from the new one, carries secrets and what only the administrator has, and adds what is new", () => {
    const decided = new Map(found.decisions.map(({ key, what }) => [key, what]));
    expect(decided.get("OWN_SETTING")).toBe("added");
    expect(decided.get("GRAPH_PLAY_TIMEOUTMS")).toBe("new");
    const done = mergeConfiguration(
      input({
        env: text => text.replace(/^(DJANGO_SECRET_KEY)=.*$/m, "$1=of-this-machine"),
        resolve: { ".env:JWT_EXPIRATION_DELTA": "mine", "docker-compose.yml": "theirs", Caddyfile: "theirs" },
      }),
    );
    expect(done.conflicts).toEqual([]);
    expect(done.texts[".env"]).toMatch(/^DJANGO_SECRET_KEY=of-this-machine$/m);
    expect(done.texts[".env"]).toMatch(/^APP_BUILD_TAG=v2\.23\.0$/m);
    expect(done.settled).toContain("DJANGO_SECRET_KEY");
  });

  it("asks about texts that differ, and never takes the old release's compose file whole", () => {
    const texts = found.conflicts.filter(({ kind }) => kind === "text");
    expect(texts.map(({ name }) => name).sort()).toEqual(["Caddyfile", "docker-compose.yml"]);
    expect(conflictError(found.conflicts).hint).toContain("--resolve docker-compose.yml=theirs|FILE");
    const { conflicts } = mergeConfiguration(input({ resolve: { "docker-compose.yml": "mine" } }));
    expect(conflicts.map(({ name }) => name)).toContain("docker-compose.yml");
    const own = "services: {}\n";
    expect(mergeConfiguration(input({ resolve: { "docker-compose.yml": { text: own } } })).texts["docker-compose.yml"]).toBe(own);
  });

  it("says nothing of what is the same in both", () => {
    const known = input();
    expect(mergeConfiguration({ ...known, mine: known.theirs }).conflicts).toEqual([]);
  });
});
