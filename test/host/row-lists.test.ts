import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { differingRows, sumOfRows } from "../../src/host/row-lists.ts";

const dir = mkdtempSync(join(tmpdir(), "graph-mgr-lists-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

type Row = readonly [hash: bigint, block: number, slot: number];
const MANY = 1000;

function bytesOf(rows: readonly Row[]): Buffer {
  const fields = rows.map(([hash, block, slot]) => {
    const row = Buffer.alloc(24);
    row.writeUInt16BE(2, 0);
    row.writeUInt32BE(8, 2);
    row.writeBigInt64BE(hash, 6);
    row.writeUInt32BE(6, 14);
    row.writeUInt32BE(block, 18);
    row.writeUInt16BE(slot, 22);
    return row;
  });
  return Buffer.concat([Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1"), ...fields, Buffer.from([0xff, 0xff])]);
}

let count = 0;
function list(bytes: Buffer): string {
  const path = join(dir, `${count++}.list`);
  writeFileSync(path, bytes);
  return path;
}
const of = (...rows: readonly Row[]) => list(bytesOf(rows));

describe("two lists of rows", () => {
  it("differ in nothing where the same rows lie elsewhere", async () => {
    expect(await differingRows(of([1n, 0, 1], [-9n, 0, 2]), of([-9n, 7, 1], [1n, 4_000_000_000, 65_535]), MANY)).toEqual({
      source: [],
      copy: [],
    });
    expect(await differingRows(of(), of(), MANY)).toEqual({ source: [], copy: [] });
  });

  it("F04 differ by every row that only one of them has, alike rows by how many there are", async () => {
    const source = of([1n, 0, 1], [5n, 0, 2], [5n, 0, 3], [5n, 0, 4], [2n ** 62n, 4_000_000_000, 65_535]);
    const copy = of([5n, 1, 1], [1n, 1, 2], [-(2n ** 63n), 1, 3], [7n, 1, 4]);
    expect(await differingRows(source, copy, MANY)).toEqual({
      source: ["(0,3)", "(0,4)", "(4000000000,65535)"],
      copy: ["(1,3)", "(1,4)"],
    });
    expect(await differingRows(source, of(), MANY)).toMatchObject({ copy: [] });
    expect((await differingRows(of(), source, MANY))?.copy).toHaveLength(5);
  });

  it("F04 differ by the same rows however many lie around them", async () => {
    const all = Array.from(
      { length: 150_000 },
      (_, n): Row => [BigInt.asIntN(64, BigInt(n) * 0x9e3779b97f4a7c15n), n >> 6, n & 63],
    );
    const changed = new Set([3, 49_999, 50_000, 149_999]);
    const source = all.filter((_, n) => !changed.has(n));
    const found = await differingRows(list(bytesOf([...source, [42n, 9000, 1]])), list(bytesOf(all.toReversed())), MANY);
    expect(found?.source).toEqual(["(9000,1)"]);
    expect([...(found?.copy ?? [])].sort()).toEqual([...changed].map(n => `(${n >> 6},${n & 63})`).sort());
  });

  it("are not looked at row by row where too many differ", async () => {
    const rows = Array.from({ length: 30 }, (_, n): Row => [BigInt(n + 1), 0, n]);
    expect(await differingRows(of(...rows), of(), 29)).toBeNull();
    expect((await differingRows(of(...rows), of(), 30))?.source).toHaveLength(30);
  });

  const whole = bytesOf([
    [1n, 0, 1],
    [2n, 0, 2],
  ]);
  it.each([
    ["nothing", Buffer.alloc(0)],
    ["no end", whole.subarray(0, -2)],
    ["a row less than its bytes", whole.subarray(0, -10)],
    ["an end before its last row", Buffer.concat([whole.subarray(0, -26), Buffer.from([0xff, 0xff]), whole.subarray(-24)])],
    ["a row that ends the list", Buffer.concat([whole.subarray(0, -24), Buffer.alloc(0)])],
    ["another head", Buffer.concat([Buffer.from("X"), whole.subarray(1)])],
  ])("F03 are refused where one of them has %s", async (_, bytes) => {
    await expect(differingRows(of([1n, 0, 1]), list(bytes), MANY)).rejects.toMatchObject({ code: "COMMAND_FAILED" });
    await expect(differingRows(list(bytes), of([1n, 0, 1]), MANY)).rejects.toMatchObject({ code: "COMMAND_FAILED" });
  });
});

describe("the sum of a list", () => {
  const max = 2n ** 63n - 1n;
  it.each<readonly [string, readonly bigint[]]>([
    ["no rows", []],
    ["rows of either sign", [1n, -1n, -5n, 2n ** 32n, -(2n ** 32n) - 1n, 2n ** 31n, -(2n ** 31n)]],
    ["the largest and the smallest", [max, max, max, -max - 1n]],
  ])("F04 is that of %s", async (_, hashes) => {
    const found = await sumOfRows(of(...hashes.map((hash, n): Row => [hash, 0, n])));
    expect(found).toEqual({ rows: hashes.length, sum: hashes.reduce((sum, hash) => sum + hash, 0n) });
  });

  it("F04 is exact where a list is long", async () => {
    const hash = (n: number) => (n % 2 === 0 ? -max + BigInt(n) : max - BigInt(n));
    const rows = Array.from({ length: 150_001 }, (_, n): Row => [hash(n), 0, 1]);
    expect(await sumOfRows(list(bytesOf(rows)))).toEqual({
      rows: rows.length,
      sum: rows.reduce((sum, [each]) => sum + each, 0n),
    });
    const same = rows.map((): Row => [-max - 1n, 0, 1]);
    expect((await sumOfRows(list(bytesOf(same)))).sum).toBe(BigInt(rows.length) * (-max - 1n));
  });

  it.each([-2, -10, -26])("F03 is refused where the list ends %i bytes too early", async end => {
    const list_ = list(
      bytesOf([
        [1n, 0, 1],
        [2n, 0, 2],
      ]).subarray(0, end),
    );
    await expect(sumOfRows(list_)).rejects.toMatchObject({ code: "COMMAND_FAILED" });
  });
});
