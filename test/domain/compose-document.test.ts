import { describe, expect, it } from "vitest";
import { ComposeDocument } from "../../src/domain/compose-document.ts";
import { OperatorError } from "../../src/errors.ts";

const parse = (text: string) => ComposeDocument.parse({ path: "compose.yaml", text });
const MB = 2 ** 20;

const refusal = (text: string): string => {
  try {
    parse(text);
  } catch (error) {
    return error instanceof OperatorError && error.code === "COMPOSE_UNREADABLE"
      ? error.message
      : `not for operators: ${String(error)}`;
  }
  return "no refusal";
};

describe("what is refused", () => {
  it.each([
    ["a tab that indents", "a:\n\tb: 1\n", /tab/i],
    ["a tab behind spaces", "a:\n  b: 1\n  \tc: 1\n", /tab/i],
    ["a duplicate key", "services:\n  a: { image: x }\n  b: {}\n  a: {}\n", /has the key "a" twice \(line 4\)/],
    ["a duplicate key in other quotes", "a: 1\n'a': 2\n", /has the key "a" twice/],
    ["what is no YAML", "a: [1\n", /is not valid YAML/],
    ["what is no mapping", "- a\n", /not a mapping/],
    ["several documents", "a: 1\n---\nb: 1\n", /several YAML documents/],
    ["an alias without an anchor", "a: *b\n", /\*b in line 1, which no anchor/],
    ["an alias inside of itself", "a: &a\n  b: *a\n", /inside of what it stands for/],
    ["a lone CR", "a: 1\rb: 2\n", /line ends/],
    ["a line separator that only some versions know", "a: 1 # \u2028b: 2\n", /line ends/],
    ["a NUL byte", "a: \0\n", /NUL/],
    ["more than 1 MiB", `a: ${"x".repeat(MB)}\n`, /larger than 1048576 bytes/],
  ])("F51 %s", (_, text, message) => {
    expect(refusal(text)).toMatch(message);
  });

  const laughs = [
    "a0: &a0 [x, x]",
    ...Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n}, `.repeat(9)}*a${n}]`),
  ].join("\n");
  const merges = [
    "m0: &m0 {x: 1}",
    ...Array.from({ length: 30 }, (_, n) => `m${n + 1}: &m${n + 1} {<<: [${`*m${n}, `.repeat(9)}*m${n}]}`),
  ].join("\n");
  it.each([
    ["a billion laughs", laughs],
    ["a billion merges", merges],
    ["6000 aliases", `a: &a 1\nb: [${"*a, ".repeat(6000)}]\n`],
    ["a million brackets", "[".repeat(MB)],
    ["a million braces", "{".repeat(MB)],
    ["half a million dashes", "- ".repeat(MB / 2)],
    ["half a million question marks", "? ".repeat(MB / 2)],
    ["half a million colons", ": ".repeat(MB / 2)],
    ["closing braces", "}\n".repeat(MB / 2)],
    ["empty lists side by side", "[]".repeat(MB / 2)],
    ["commas", `a: [${",".repeat(MB - 10)}]`],
    ["anchors", "&a ".repeat(MB / 3)],
    ["empty lines and comments", "#\n".repeat(MB / 2)],
    [
      "130000 keys",
      Array.from({ length: 130_000 }, (_, n) => `k${n}:`)
        .join("\n")
        .slice(0, MB - 1),
    ],
    ["indentation without end", Array.from({ length: 1400 }, (_, n) => `${" ".repeat(n)}a:`).join("\n")],
  ])("F51 %s, in less than a second and 200 MB", (_, text) => {
    const [started, memory] = [process.cpuUsage(), process.memoryUsage().rss];
    expect(refusal(text)).toMatch(/^compose.yaml /);
    const { user, system } = process.cpuUsage(started);
    expect(user + system).toBeLessThan(1e6);
    expect(process.memoryUsage().rss - memory).toBeLessThan(150e6);
  });
});

describe("what is read", () => {
  it("F51 a large but honest file is read", () => {
    const service = (n: number) => `  s${n}:\n    image: x:1\n    environment:\n      - A=b\n    volumes: [ 'v:/v' ]\n`;
    const text = `services:\n${Array.from({ length: 1000 }, (_, n) => service(n)).join("")}`;
    expect(parse(text).section("services").size).toBe(1000);
  });

  it("brackets in quotes, comments and block texts do not count", () => {
    const many = "[{".repeat(200);
    expect(parse(`a: '${many}' # ${many}\nb: |\n  ${many}\nc: "${many}"\n`).root?.items.length).toBe(3);
  });

  it("F42 merge keys: own keys first, then the merged in their order", () => {
    const document = parse("x: &x { a: 1, b: 1, c: 1 }\ny: &y { b: 2, c: 2 }\nservices:\n  s: { <<: [ *y, *x ], c: 3 }\n");
    const entries = document.entries(document.map(document.section("services").get("s")?.value)!);
    expect(Object.fromEntries([...entries].map(([key, { value }]) => [key, document.scalar(value)]))).toEqual({
      c: "3",
      b: "2",
      a: "1",
    });
  });

  it("F42 an anchor that is set twice counts from where it is set", () => {
    const document = parse("x: &a 1\ny: *a\nz: &a 2\nw: *a\n");
    expect(["y", "w"].map(key => document.scalar(document.entry(document.root, key)?.value))).toEqual(["1", "2"]);
  });

  it("F49 !reset takes away, also what a merge key would bring; !override stays what it is", () => {
    const document = parse("x: &x { a: 1 }\nvolumes:\n  v: { <<: *x, a: !reset null, b: !override [ 1 ] }\n");
    expect([...document.entries(document.map(document.section("volumes").get("v")?.value)!).keys()]).toEqual(["b"]);
  });

  it("values as they are written, not as YAML 1.2 takes them", () => {
    const document = parse("a: 0755\nb: 1_000\nc: 2026-11-20\nd: yes\ne:\n");
    const text = (key: string) => document.scalar(document.entry(document.root, key)?.value);
    expect(["a", "b", "c", "d", "e"].map(text)).toEqual(["0755", "1_000", "2026-11-20", "yes", null]);
  });
});
