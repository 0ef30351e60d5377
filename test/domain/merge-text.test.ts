import { describe, expect, it } from "vitest";
import { hasMarks, mergeText, unifiedDiff } from "../../src/domain/merge-text.ts";
import { below, seeded } from "../simulator/random.ts";

const merged = (base: string, mine: string, theirs: string): string | null => mergeText({ base, mine, theirs }).text;

describe("merging a text", () => {
  it.each([
    ["changes in different places", "a\nb\nc\nd\n", "A\nb\nc\nd\n", "a\nb\nc\nD\n", "A\nb\nc\nD\n"],
    ["the same change on both sides", "a\nb\n", "a\nx\nb\n", "a\nx\nb\nc\n", "a\nx\nb\nc\n"],
    ["only the vendor's", "a\n", "a\n", "b\n", "b\n"],
    ["only the administrator's", "a\n", "b\n", "a\n", "b\n"],
    ["both took out the same", "a\nb\nc\n", "a\nc\n", "a\nc\nd\n", "a\nc\nd\n"],
    ["line ends of another system", "a\nb\nc\n", "a\r\nb\r\nx\r\n", "A\nb\nc\n", "A\nb\nx\n"],
    ["only line ends of another system", "a\nb\n", "a\r\nb\r\n", "a\nc\n", "a\nc\n"],
    ["a lost newline at the end", "a\nb\nc\n", "x\nb\nc", "a\nb\nC\n", "x\nb\nC\n"],
    ["the vendor's text without a newline at the end", "a\nb\nc", "x\nb\nc", "a\nb\nC", "x\nb\nC\n"],
    ["an empty text", "", "", "a\n", "a\n"],
  ])("%s", (_, base, mine, theirs, result) => {
    expect(merged(base, mine, theirs)).toBe(result);
  });

  it("what both changed, or what touches, is a conflict with its place", () => {
    expect(mergeText({ base: "a\nb\nc\n", mine: "a\nx\nc\n", theirs: "a\ny\nc\n" })).toEqual({
      text: null,
      conflicts: [{ line: 2, base: "b\n", mine: "x\n", theirs: "y\n" }],
    });
    expect(merged("a\nb\nc\n", "a\nx\nc\n", "a\nb\ny\n")).toBeNull();
    expect(merged("a\nb\n", "a\nx\nb\n", "a\ny\nb\n")).toBeNull();
    expect(merged("a\nb\nc\n", "a\nc\n", "a\nB\nc\n")).toBeNull();
  });

  it("takes the administrator's lines where it is told to, and the vendor's elsewhere", () => {
    expect(mergeText({ base: "a\nb\nc\nd\n", mine: "a\nx\nc\nd\n", theirs: "a\ny\nc\nD\n" }, "mine").text).toBe("a\nx\nc\nD\n");
  });

  it("thousands of equal lines end at once, as a conflict", () => {
    const started = process.cpuUsage();
    const blank = "\n".repeat(5000);
    expect(merged(blank, `x${blank}y\n`, `${blank}z\n`)).toBeNull();
    expect(unifiedDiff(blank, `x${blank}`)).toEqual(["@@ too many equal lines to be compared @@"]);
    expect(process.cpuUsage(started).user).toBeLessThan(1e6);
  });

  it("whatever the texts: nothing of one side alone is lost, and the order of sides does not matter", () => {
    const random = seeded(7);
    const change = (lines: readonly string[], mark: string): string[] =>
      lines.flatMap((line, index) => {
        const kind = below(random, 12);
        // Only one side takes lines out: what both took out would be counted once.
        if (kind === 0 && mark === "m") return [];
        if (kind === 1) return [`${mark}${index}\n`];
        return kind === 2 ? [line, `${mark}${index}\n`] : [line];
      });
    let merges = 0;
    for (let round = 0; round < 500; round += 1) {
      const base = Array.from({ length: below(random, 20) }, () => `${below(random, 12)}\n`);
      const [mine, theirs] = [change(base, "m"), change(base, "t")];
      const result = merged(base.join(""), mine.join(""), theirs.join(""));
      expect(merged(base.join(""), theirs.join(""), mine.join(""))).toBe(result);
      if (result === null) continue;
      merges += 1;
      const own = (lines: readonly string[], mark: string) => lines.filter(line => line.startsWith(mark));
      const lines = result.split(/(?<=\n)/);
      expect([own(lines, "m"), own(lines, "t")]).toEqual([own(mine, "m"), own(theirs, "t")]);
      expect(lines.length).toBe(Math.max(1, mine.length + theirs.length - base.length));
    }
    expect(merges).toBeGreaterThan(50);
  });
});

describe("showing what changed", () => {
  it("is a unified diff", () => {
    expect(
      unifiedDiff("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15").join(
        "\n",
      ),
    ).toMatchInlineSnapshot(`
      "@@ -2,7 +2,7 @@
       2
       3
       4
      -5
      +five
       6
       7
       8
      @@ -12,3 +12,4 @@
       12
       13
       14
      +15"
    `);
    expect(unifiedDiff("", "a\n")).toEqual(["@@ -0,0 +1 @@", "+a"]);
    expect(unifiedDiff("a\nb\n", "")).toEqual(["@@ -1,2 +0,0 @@", "-a", "-b"]);
    expect(unifiedDiff("a\n", "a\n")).toEqual([]);
  });

  it("turns one text into the other when it is applied", () => {
    const random = seeded(8);
    for (let round = 0; round < 300; round += 1) {
      const [from, to] = [0, 1].map(() => Array.from({ length: below(random, 30) }, () => `${below(random, 8)}`)) as [
        string[],
        string[],
      ];
      const text = (lines: readonly string[]): string => lines.map(line => `${line}\n`).join("");
      expect(applied(from, unifiedDiff(text(from), text(to)))).toEqual(to);
    }
  });
});

/** What `patch` would make of it: every hunk at the place that its header names. */
function applied(from: readonly string[], diff: readonly string[]): readonly string[] {
  const out: string[] = [];
  let at = 0;
  for (const line of diff) {
    const header = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@$/.exec(line);
    if (header) {
      const start = header[2] === "0" ? Number(header[1]) : Number(header[1]) - 1;
      out.push(...from.slice(at, start));
      at = start;
      expect(out.length).toBe(header[4] === "0" ? Number(header[3]) : Number(header[3]) - 1);
      continue;
    }
    if (line[0] !== "+") expect(from[at]).toBe(line.slice(1));
    if (line[0] !== "-") out.push(line.slice(1));
    if (line[0] !== "+") at += 1;
  }
  return [...out, ...from.slice(at)];
}

describe("what an editor begins with", () => {
  const draft = (base: string, mine: string, theirs: string) => mergeText({ base, mine, theirs }, "marks").text ?? "";

  it("is merged but for the places that both changed, which stand between marks", () => {
    const text = draft("a\nb\nc\nd\ne\n", "A\nb\nmine\nd\ne\n", "a\nb\ntheirs\nd\nE\n");
    expect(text).toBe("A\nb\n<<<<<<< yours\nmine\n=======\ntheirs\n>>>>>>> the vendor's\nd\nE\n");
    expect([hasMarks(text), hasMarks("a\n=======\n"), hasMarks("x <<<<<<< yours\n")]).toEqual([true, false, false]);
    expect(hasMarks("a\r\n>>>>>>> the vendor's\r\n")).toBe(true);
  });

  it("keeps marks on lines of their own where no text ends its last line", () => {
    expect(draft("a", "mine", "theirs")).toBe("<<<<<<< yours\nmine\n=======\ntheirs\n>>>>>>> the vendor's\n");
  });
});
