import { describe, expect, it } from "vitest";
import { entriesOf } from "../../src/domain/merge-keys.ts";
import { treesToCarry } from "../../src/domain/merge-layout.ts";
import { maskFor } from "../../src/domain/merge-mask.ts";
import { layoutFor, productSchema } from "../../src/domain/product.ts";
import { graphistry } from "./merge-samples.ts";

const trees = (from: string, to: string): readonly string[] =>
  treesToCarry(graphistry, layoutFor(graphistry, from), layoutFor(graphistry, to)).map(tree => `${tree.from} -> ${tree.to}`);

describe("trees", () => {
  it("F68 stay where they are within a layout, and texts are none of them", () => {
    expect(trees("v2.22.2", "v2.23.0")).toMatchInlineSnapshot(`
      [
        ".caddy -> .caddy",
        ".pivot-db -> .pivot-db",
        "data -> data",
        "etc/ssl -> etc/ssl",
      ]
    `);
    expect(trees("v2.45.11", "v2.46.0")).toMatchInlineSnapshot(`
      [
        "data/caddy -> data/caddy",
        "data/datasets -> data/datasets",
        "data/files -> data/files",
        "data/investigations -> data/investigations",
        "data/notebooks -> data/notebooks",
        "data/pivot-db -> data/pivot-db",
        "data/uploads -> data/uploads",
      ]
    `);
  });

  it("files that cannot be read as text are carried with them", () => {
    const [from, to] = [layoutFor(graphistry, "v2.24.9"), layoutFor(graphistry, "v2.45.11")];
    expect(treesToCarry(graphistry, from, to, ["Caddyfile"])).toContainEqual({ from: "Caddyfile", to: "data/config/Caddyfile" });
    expect(treesToCarry(graphistry, to, to, ["data/config/logo.png"])).toContainEqual({
      from: "data/config/logo.png",
      to: "data/config/logo.png",
    });
  });

  it("go to where the new layout reads them, what lies in another after it", () => {
    expect(trees("v2.24.9", "v2.45.11")).toMatchInlineSnapshot(`
      [
        "data -> data",
        ".caddy -> data/caddy/data",
        "etc/ssl -> data/caddy/data/ssl",
        ".pivot-db -> data/pivot-db",
      ]
    `);
  });
});

it("a product that was described before there was anything about merging is readable", () => {
  const old = productSchema.parse({
    schema: 1,
    product: "thing",
    layouts: [{ layout: "only", versions: "*", configuration: [".env", "conf"], data: ["data"] }],
  });
  const [layout] = old.layouts;
  expect([old.internals, layout?.texts, layout?.from]).toEqual([[], [], {}]);
  expect(treesToCarry(old, layout!, layout!)).toEqual([
    { from: "conf", to: "conf" },
    { from: "data", to: "data" },
  ]);
});

it("F28 a description cannot move anything out of the instance", () => {
  const described = (from: object) =>
    productSchema.safeParse({ schema: 1, product: "thing", layouts: [{ layout: "new", versions: "*", from: { old: from } }] })
      .success;
  expect(described({ settings: "a.env", trees: { data: "data/x" } })).toBe(true);
  for (const path of ["../x", "/etc", "a/../../b", ""]) {
    expect([
      described({ settings: path }),
      described({ settings: "a", files: { a: path } }),
      described({ settings: "a", trees: { [path]: "a" } }),
    ]).toEqual([false, false, false]);
  }
});

describe("F72 a text is shown without its secrets", () => {
  it("where a word is a secret, and the name of another one", () => {
    const word = maskFor([entriesOf("DB_PASSWORD=password\n", ".env")]);
    expect(word.line("X=host=db password=unknown")).toBe("X=host=db password=***");
    expect(word.value("X", "host=db password=unknown")).toBeNull();
    expect(word.value("X", "ssh://root@host")).toBe("ssh://root@host");
  });

  const mask = maskFor([entriesOf("API_KEY=known-Secret\nUSE_TOKEN=true\nPASSWORD='with space'\n", ".env")]);
  it.each([
    ["  tls known-Secret", "  tls ***"],
    ["    MY_PASSWORD: abc # why", "    MY_PASSWORD: ***"],
    ["-  - MY_TOKEN=abc,def ghi", "-  - MY_TOKEN=***"],
    ["environment: { USER: me, PASSWORD: a, B: c }", "environment: { USER: me, PASSWORD: ***"],
    ["  url: postgres://me:abc@db/x", "  url: postgres://me:***@db/x"],
    ["  basic_auth { kim $2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT }", "  basic_auth { kim *** }"],
    ['header Authorization "Bearer abc.def"', 'header Authorization "Bearer ***"'],
    ["  PASSWORD: ${PASSWORD}", "  PASSWORD: ${PASSWORD}"],
    ["  enabled: true", "  enabled: true"],
    ["say 'with space'", "say ***"],
  ])("%s", (line, shown) => {
    expect(mask.line(line)).toBe(shown);
  });

  it("a line of a megabyte is cut off at once", () => {
    const started = process.cpuUsage();
    expect(mask.line("a:".repeat(500_000)).length).toBeLessThan(500);
    expect(mask.line("a".repeat(1_000_000)).length).toBeLessThan(500);
    expect(process.cpuUsage(started).user).toBeLessThan(1e6);
  });
});
