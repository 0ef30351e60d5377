import { describe, expect, it } from "vitest";
import { EnvFile, literalValue } from "../../src/domain/env-file.ts";
import { OperatorError } from "../../src/errors.ts";

const set = (text: string, key: string, value: string) => EnvFile.parse(text).with(key, value).text;
const codeOf = (run: () => unknown): string | null => {
  try {
    run();
    return null;
  } catch (error) {
    return error instanceof OperatorError ? error.code : `not for operators: ${String(error)}`;
  }
};

describe("reading", () => {
  it("F39 reads keys and values the way Compose does, not the way dotenv does", () => {
    const file = EnvFile.parse(
      "\uFEFF# c\r\nA=a#b\r\nexport B='x # y' # c\r\nC: 1\nD = two words #c\nE=\nF=\"l1\nl2\" \nG\n A.b-c==x=\n#H=1\nA=again\n",
    );
    expect(file.keys()).toEqual(["A", "B", "C", "D", "E", "F", "A.b-c"]);
    expect(Object.fromEntries(file.keys().map(key => [key, file.raw(key)]))).toEqual({
      A: "again",
      B: "'x # y'",
      C: "1",
      D: "two words",
      E: "",
      F: '"l1\nl2"',
      "A.b-c": "=x=",
    });
    expect(file.raw("G")).toBeNull();
    expect(file.raw("H")).toBeNull();
  });

  it("F39 a lone CR ends no line", () => {
    const file = EnvFile.parse("A=x\rB=3\n#c\rC=1\nD=2\r\n");
    expect(file.keys()).toEqual(["A", "D"]);
    expect(file.raw("A")).toBe("x\rB=3");
    expect(file.raw("D")).toBe("2");
  });

  it.each([
    ["plain", "plain"],
    ["", ""],
    ["'it\\'s $literal \\n'", "it's $literal \\n"],
    ['"a\\"b\\\\c\\n\\$d"', 'a"b\\c\n$d'],
    ["a$b", null],
    ['"${A:-x}"', null],
    ['"\\\\$x"', null],
  ])("the literal value of %j is %j", (raw, literal) => {
    expect(literalValue(raw)).toBe(literal);
  });

  it.each([
    ["A='x\nB=1\n", 1],
    ['A=1\nB="x\\"\n', 2],
    ["A=1\nB C=1\n", 2],
    ["A=1\n\n$(id)=1\n", 3],
    ["A='it'\"'\"'s'\n", 1],
    ["A=1\nB=\0\n", 2],
  ])("F39 refuses what Compose cannot read: %j, line %d", (text, line) => {
    expect(() => EnvFile.parse(text)).toThrow(new RegExp(`line ${line} `));
    expect(codeOf(() => EnvFile.parse(text))).toBe("ENV_FILE_UNREADABLE");
  });

  it("F39 never shows a value in an error", () => {
    expect(() => EnvFile.parse("A=1\nSECRET='hunter2\n")).toThrow(/^(?!.*hunter2).*never closed/);
  });

  it("F39 a line of 1 MB and a million blanks are read at once", () => {
    const started = process.cpuUsage();
    const long = EnvFile.parse(`A=${"x".repeat(2 ** 20)}\nB=1\nC=y${" ".repeat(2 ** 20)}z${"\\".repeat(2 ** 20)}\n`);
    expect(long.with("B", "2").text.length).toBe(long.text.length);
    expect(long.with("B", "\\".repeat(2 ** 20)).raw("B")?.length).toBe(2 ** 20 + 2);
    expect(process.cpuUsage(started).user).toBeLessThan(1.5e6);
  });
});

describe("setting a value", () => {
  it("F39 changes the last of duplicates and nothing else", () => {
    expect(set("# top\nA=1\nB=2 # keep\nA=3   # and this\n", "A", "4")).toBe("# top\nA=1\nB=2 # keep\nA=4   # and this\n");
  });

  it.each([
    ["", "A=v\n"],
    ["B=1\n", "B=1\nA=v\n"],
    ["B=1", "B=1\nA=v\n"],
    ["B=1\r\n", "B=1\r\nA=v\r\n"],
    ["B=1\r\nC=2", "B=1\r\nC=2\r\nA=v\r\n"],
    ["\uFEFF", "\uFEFFA=v\n"],
    ["\uFEFFA=1\n", "\uFEFFA=v\n"],
    ["export A=1\n", "export A=v\n"],
    ["export\tA\nB=1\n", "export\tA=v\nB=1\n"],
    ["A", "A=v"],
    ["A=", "A=v"],
    ["A= \r\nB=1\r\n", "A= v\r\nB=1\r\n"],
    ["A=old  \r\nB=1\r\n", "A=v  \r\nB=1\r\n"],
    ["A: old\n", "A: v\n"],
    ["A=a#b #c\n", "A=v #c\n"],
    ["A='l1\nl2' # c\nB=1\n", "A=v # c\nB=1\n"],
    ["A='x'#c\n", "A='v'#c\n"],
    ["A='x'\t#c\n", "A='v'\t#c\n"],
    ["A='x' junk=2\n", "A='v' junk=2\n"],
    ["#A=1\n", "#A=1\nA=v\n"],
    ["AA=1\n", "AA=1\nA=v\n"],
  ])("F39 A=v in %j gives %j", (before, after) => {
    expect(set(before, "A", "v")).toBe(after);
  });

  it.each([
    ["v", "v"],
    ["", ""],
    ["a=b", "a=b"],
    ["a b", "'a b'"],
    ["a#b", "'a#b'"],
    ["p@ss$word", "'p@ss$word'"],
    ['say "hi"', "'say \"hi\"'"],
    ["it's", '"it\'s"'],
    ['it\'s $5 \\ "x"', '"it\'s \\$5 \\\\ \\"x\\""'],
    ["C:\\dir", "'C:\\dir'"],
    ["ends with \\", '"ends with \\\\"'],
    ["l1\nl2", "'l1\nl2'"],
    ["l1\r\nl2", '"l1\\r\\nl2"'],
    [" padded ", "' padded '"],
    ["é 中 😀", "'é 中 😀'"],
  ])("F39 the value %j is written %j", (value, written) => {
    expect(set("", "A", value)).toBe(`A=${written}\n`);
    expect(literalValue(EnvFile.parse(`A=${written}\n`).raw("A") ?? "")).toBe(value);
  });

  it("F39 an empty value keeps a following comment a comment", () => {
    expect(set("A=1 # c\n", "A", "")).toBe("A='' # c\n");
  });

  it("F39 what says the same already stays as it is written", () => {
    const file = EnvFile.parse('A="same"   # c\n');
    expect(file.with("A", "same")).toBe(file);
  });

  it.each(["", "1A", "A B", "A=B", "Ä", "A\n", "-x"])("F39 refuses the key %j", key => {
    expect(codeOf(() => EnvFile.parse("").with(key, "v"))).toBe("ENV_KEY");
    expect(codeOf(() => EnvFile.parse("").without(key))).toBe("ENV_KEY");
  });

  it("F39 refuses values that no file can hold, without showing them", () => {
    expect(codeOf(() => EnvFile.parse("").with("A", "hunter2\0"))).toBe("ENV_VALUE");
    expect(codeOf(() => EnvFile.parse("").with("A", "\ud800"))).toBe("ENV_VALUE");
    expect(() => EnvFile.parse("").with("A", "hunter2\0")).toThrow(/^(?!.*hunter2)/);
  });
});

describe("removing a key", () => {
  it.each([
    ["A=1\n", ""],
    ["B=1\n# c\nA=1 # x\nC=2\n", "B=1\n# c\nC=2\n"],
    ["A=1\r\nB=1\r\nA=2\r\n", "B=1\r\n"],
    ["export A='l1\nl2'\nB=1", "B=1"],
    ["\uFEFFA=1\nB=1\n", "\uFEFFB=1\n"],
    ["A='x'B=2\n", "B=2\n"],
    ["B='x'A=2\nC=1\n", "B='x'\nC=1\n"],
    ["A\nB=1\n", "B=1\n"],
    ["AA=1\n", "AA=1\n"],
  ])("F39 without A, %j is %j", (before, after) => {
    expect(EnvFile.parse(before).without("A").text).toBe(after);
  });
});
