import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readProof, sealDump, verifyDump } from "../../src/host/postgres-dump-files.ts";

const about = { version: "15.20", major: 15, systemIdentifier: "7", databases: ["app"] };
const proof = {
  schema: 1,
  major: 15,
  entries: { "app/table/public.t": "1 rows, sum 2" },
  sequences: {},
  definitions: {},
} as const;

let dir: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "graph-mgr-dump-"));
  mkdirSync(join(dir, "1"));
  writeFileSync(join(dir, "globals.sql"), "CREATE ROLE app;\n", { mode: 0o644 });
  writeFileSync(join(dir, "1/toc.dat"), Buffer.alloc(3000, "toc"));
  await sealDump(dir, about, proof);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const files = () => readdirSync(dir, { recursive: true, encoding: "utf8" }).filter(name => statSync(join(dir, name)).isFile());

it("F73 a sealed dump is whole and private", async () => {
  expect(await verifyDump(dir)).toMatchObject(about);
  expect(await readProof(dir)).toEqual(proof);
  expect(files().map(name => statSync(join(dir, name)).mode & 0o777)).toEqual(files().map(() => 0o600));
});

it("F03 200 bit flips and 200 cuts anywhere in a dump are all noticed", async () => {
  // A seeded generator, so that a failure comes again.
  let seed = 20_251_121;
  const below = (limit: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed % limit;
  };
  const missed: string[] = [];
  const names = files();
  for (let round = 0; round < 200; round++) {
    const name = names[below(names.length)]!;
    const path = join(dir, name);
    const whole = readFileSync(path);
    const at = below(whole.length);
    const flipped = Buffer.from(whole);
    flipped[at]! ^= 1 << below(8);
    writeFileSync(path, flipped);
    await verifyDump(dir).then(
      () => missed.push(`${name}: bit at ${at}`),
      error => expect(error.code).toBe("DUMP_DAMAGED"),
    );
    writeFileSync(path, whole);
    truncateSync(path, at);
    await verifyDump(dir).then(
      () => missed.push(`${name}: cut at ${at}`),
      error => expect(error.code).toBe("DUMP_DAMAGED"),
    );
    writeFileSync(path, whole);
  }
  expect(missed).toEqual([]);
  await verifyDump(dir);
});

it("F01 a folder without a seal is no dump", async () => {
  rmSync(join(dir, "dump.sha256"));
  await expect(verifyDump(dir)).rejects.toMatchObject({ code: "NO_DUMP" });
  await expect(readProof(join(dir, "nothing"))).rejects.toMatchObject({ code: "NO_DUMP" });
});
