import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { decodeEntries, type Entry, encodeEntry, isTurnedBack, outcomeOf, standingsOf } from "../../src/plan/journal.ts";
import { PLAN_SCHEMA } from "../../src/plan/plan.ts";

const entries: readonly Entry[] = [
  { type: "opened", schema: PLAN_SCHEMA, plan: "0f".repeat(32) },
  { type: "doing", step: 0, before: { target: "releases/v1", tags: [null, 'a "b"', "\u00e9\u2028"] } },
  { type: "done", step: 0 },
  { type: "doing", step: 1, before: null },
  { type: "undoing", step: 1 },
  { type: "undone", step: 1 },
  { type: "closed", outcome: "undone" },
];
const text = entries.map(encodeEntry).join("");

const decode = (bytes: Buffer): readonly Entry[] | "refused" => {
  try {
    return decodeEntries(bytes.toString("utf8")).entries;
  } catch (error) {
    expect((error as { code?: string }).code).toMatch(/^JOURNAL_/);
    return "refused";
  }
};

describe("a journal", () => {
  it("reads back what was written, and how many bytes of it count", () => {
    expect(decodeEntries(text)).toEqual({ entries, wholeBytes: Buffer.byteLength(text) });
    expect(decodeEntries("")).toEqual({ entries: [], wholeBytes: 0 });
  });

  it("is made of lines of a checksum and JSON", () => {
    expect(encodeEntry({ type: "done", step: 3 })).toMatchInlineSnapshot(`
      "c64d477825b71ba6 {"type":"done","step":3}
      "
    `);
  });

  it("F92 ignores a last line that was cut off anywhere, which announced what had not begun", () => {
    const bytes = Buffer.from(text);
    const lineEnds = entries.map((_, index) =>
      Buffer.byteLength(
        entries
          .slice(0, index + 1)
          .map(encodeEntry)
          .join(""),
      ),
    );
    for (let length = 0; length < bytes.length; length += 1) {
      const { entries: read, wholeBytes } = decodeEntries(bytes.subarray(0, length).toString("utf8"));
      // Without its newline a line is whole all the same.
      const whole = lineEnds.filter(end => end <= length || end - 1 === length).length;
      expect(read, `cut to ${length} bytes`).toEqual(entries.slice(0, whole));
      expect(wholeBytes).toBeLessThanOrEqual(length);
    }
  });

  it("F92 ignores a last line that reads as zeros, in whole or in part, after a power cut", () => {
    const head = entries.slice(0, 4).map(encodeEntry).join("");
    const last = encodeEntry(entries[4]!);
    for (let kept = 0; kept < last.length; kept += 1) {
      const torn = last.slice(0, kept) + "\0".repeat(last.length - kept);
      expect(decodeEntries(head + torn), `${kept} bytes kept`).toEqual({
        entries: entries.slice(0, 4),
        wholeBytes: Buffer.byteLength(head),
      });
      const tornEarly = "\0".repeat(kept + 1) + last.slice(kept + 1);
      if (tornEarly !== last) expect(decodeEntries(head + tornEarly).entries).toEqual(entries.slice(0, 4));
    }
  });

  it("F92 with any bit of any byte flipped is refused, or read without the lines from there on, and never as something else", () => {
    const bytes = Buffer.from(text);
    let refusals = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const rotten = Buffer.from(bytes);
        rotten[at] = bytes[at]! ^ (1 << bit);
        const read = decode(rotten);
        if (read === "refused") refusals += 1;
        else {
          expect(read, `byte ${at}, bit ${bit}`).toEqual(entries.slice(0, read.length));
          // Only the line that may have been cut off can be missing.
          expect(read.length, `byte ${at}, bit ${bit}`).toBeGreaterThanOrEqual(entries.length - 1);
        }
      }
    }
    expect(refusals).toBeGreaterThan(bytes.length * 7);
  });

  it("F92 with a line taken out of the middle, doubled or moved is still only what its lines say, and a half line in the middle is refused", () => {
    const lines = entries.map(encodeEntry);
    expect(() => decodeEntries(lines[0]! + lines[1]!.slice(0, 30) + lines[2]!)).toThrow(/does not match its checksum/);
    expect(() => decodeEntries(`${lines[0]!}\n${lines[1]!}`)).toThrow(/Line 2 of the journal/);
  });

  it("F92 of a version that is not known is refused", () => {
    const json = JSON.stringify({ type: "opened", schema: PLAN_SCHEMA + 1, plan: "x" });
    const line = `${createHash("sha256").update(json).digest("hex").slice(0, 16)} ${json}\n`;
    expect(() => decodeEntries(line)).toThrow(
      expect.objectContaining({ code: "JOURNAL_UNKNOWN_VERSION", hint: "use the newer graph-mgr that began the operation" }),
    );
  });
});

describe("where steps stand", () => {
  it("is read off the journal alone", () => {
    const standings = standingsOf(4, [
      { type: "opened", schema: PLAN_SCHEMA, plan: "" },
      { type: "doing", step: 0, before: "a" },
      { type: "done", step: 0 },
      { type: "doing", step: 1, before: "b" },
      { type: "done", step: 1 },
      { type: "undoing", step: 1 },
      { type: "doing", step: 2, before: "c" },
      { type: "undoing", step: 2 },
      { type: "undone", step: 2 },
    ]);
    expect(standings).toEqual([
      { state: "done", before: "a" },
      { state: "begun", before: "b" },
      { state: "waiting", before: null },
      { state: "waiting", before: null },
    ]);
  });

  it("is on the way back from the first undoing until everything is undone", () => {
    const doing = (step: number): Entry => ({ type: "doing", step, before: null });
    const [undoing, undone] = (["undoing", "undone"] as const).map(
      type =>
        (step: number): Entry => ({ type, step }),
    ) as [(step: number) => Entry, (step: number) => Entry];
    const way = [doing(0), { type: "done", step: 0 } as Entry, doing(1), undoing(1), undone(1), undoing(0), undone(0), doing(0)];
    expect(way.map((_, index) => isTurnedBack(way.slice(0, index + 1)))).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it("F92 of a step that the plan does not have is refused", () => {
    expect(() => standingsOf(1, [{ type: "done", step: 1 }])).toThrow(expect.objectContaining({ code: "JOURNAL_DAMAGED" }));
  });

  it("tells planned, unfinished, done and undone apart", () => {
    const opened = entries.slice(0, 1);
    expect(outcomeOf([])).toBe("planned");
    expect(outcomeOf(opened)).toBe("planned");
    expect(outcomeOf(entries.slice(0, 2))).toBe("unfinished");
    expect(outcomeOf(entries.slice(0, 6))).toBe("unfinished");
    expect(outcomeOf(entries)).toBe("undone");
    expect(outcomeOf([...opened, { type: "closed", outcome: "done" }])).toBe("done");
  });
});
