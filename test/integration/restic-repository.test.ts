import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OperatorError } from "../../src/errors.ts";
import { checkBackup } from "../../src/host/backup-check.ts";
import { createBackupPlaces } from "../../src/host/backup-places.ts";
import { localExecutor } from "../../src/host/create-world.ts";
import { type Content, executor, makeTree, packed, writeBackup } from "../host/backup-archives.ts";
import { entry, header } from "../host/tar-writer.ts";
import { until } from "./support/engine.ts";
import { packsOf, Restic, storedBytes } from "./support/restic.ts";

/** Archives in repositories of the real restic, without any engine. */
const NAME = "7-v1.0.0-20261120T101500Z.tar";
let restic: Restic;
let dir: string;
let count = 0;
let repository: string;
let place: string;
const quiet = () => {};
const placesWith = (more: Readonly<Record<string, string>> = {}, by = executor) =>
  createBackupPlaces(by, { remove: async () => undefined }, { ...restic.env, ...more });
const write = (path: string, content: Content = {}) =>
  writeBackup(path, { compression: "none", ...content }, async to => await placesWith().sink(to));
const failing = (work: Promise<unknown>): Promise<OperatorError> =>
  work.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => error as OperatorError,
  );

describe("an archive in a repository of restic", () => {
  beforeAll(async () => {
    restic = await Restic.make();
    dir = restic.dir;
    await mkdir(join(dir, "tree"));
    await makeTree(join(dir, "tree"));
    await writeFile(join(dir, "tree/random"), randomBytes(9_000_000));
  });
  afterAll(() => restic?.remove());
  beforeEach(async () => {
    count += 1;
    repository = join(dir, `repository ${count}`);
    place = `restic:${repository}`;
    await restic.run(repository, ["init"]);
  });

  it("is written hidden, named, listed, read over and removed", async () => {
    const { work, open } = placesWith();
    const [hidden, named] = [`${place}/.${NAME}.unread`, `${place}/${NAME}`];
    await write(hidden, { folder: packed(join(dir, "tree")) });
    expect([await work.exists(hidden), await work.exists(named)]).toEqual([true, false]);
    await work.rename(hidden, named);
    expect([await work.exists(hidden), await work.exists(named)]).toEqual([false, true]);
    expect(await work.names(place)).toEqual([NAME]);
    expect((await checkBackup(executor, named, quiet, open)).texts[".env"]).toBe("POSTGRES_PASSWORD=hush\n");
    await work.remove(named);
    await work.remove(named);
    expect([await work.names(place), await restic.snapshots(repository)]).toEqual([[], []]);
    expect(await failing(open(named))).toMatchObject({ code: "NO_BACKUP" });
  });

  it("comes out byte by byte as it went in", async () => {
    await writeBackup(join(dir, NAME), { compression: "none", folder: packed(join(dir, "tree")) });
    await write(`${place}/${NAME}`, { folder: packed(join(dir, "tree")) });
    const { work } = placesWith();
    expect(await work.print(`${place}/${NAME}`, quiet)).toEqual(await work.print(join(dir, NAME), quiet));
  });

  it("can be unpacked by hand", async () => {
    await write(`${place}/${NAME}`, { folder: packed(join(dir, "tree")) });
    const dumped = async (file: string) => {
      const dump = ["dump", "--tag", NAME, "--path", `/${file}`, "latest", file];
      await writeFile(join(dir, "by-hand.tar"), await restic.run(repository, dump));
      return (await execa("tar", ["tf", join(dir, "by-hand.tar")])).stdout.split("\n");
    };
    expect(await dumped("head.tar")).toEqual(expect.arrayContaining(["README", "instance.json", "database/globals.sql"]));
    expect(await dumped("folder.tar")).toEqual(expect.arrayContaining(["./.env", "./random"]));
    expect(await dumped("tail.tar")).toEqual(["manifest.json", "digest"]);
  });

  it("costs what has changed, wherever that is", async () => {
    const big = randomBytes(40_000_000);
    const folder = async function* (first: number) {
      yield entry("./", "", { type: "5" });
      yield entry("./first", "x".repeat(first));
      yield header("./big", big.length);
      yield big;
      yield Buffer.alloc(512 - (big.length % 512) + 1024);
    };
    await write(`${place}/${NAME}`, { folder: folder(10) });
    const before = await storedBytes(repository);
    expect(before).toBeGreaterThan(big.length);
    // What is large lies elsewhere in the parts of a stream now, and each header has another time.
    await write(`${place}/8-v1.0.0-20261121T101500Z.tar`, { folder: folder(700_000), createdAt: "2026-11-21T10:15:00.000Z" });
    expect((await storedBytes(repository)) - before).toBeLessThan(4_000_000);
  });

  it("lies beside what others have there, which is neither listed nor removed", async () => {
    await restic.run(repository, ["backup", "--stdin", "--stdin-filename", "tail.tar", "--tag", NAME], "theirs");
    await write(`${place}/${NAME}`);
    const { work } = placesWith();
    expect(await work.names(place)).toEqual([NAME]);
    await work.remove(`${place}/${NAME}`);
    await work.reclaim(place);
    expect(await restic.snapshots(repository)).toHaveLength(1);
    expect((await restic.run(repository, ["dump", "latest", "tail.tar"])).toString()).toBe("theirs");
    expect(await storedBytes(repository)).toBeLessThan(2000);
  });

  it("F03 that is damaged there is refused, and so is one of which something is gone", async () => {
    const at = `${place}/${NAME}`;
    await write(at, { folder: packed(join(dir, "tree")) });
    const [largest] = [...(await packsOf(repository))].sort((a, b) => b.sizeBytes - a.sizeBytes);
    const pack = largest?.path ?? "";
    const bytes = await readFile(pack);
    const broken = Buffer.from(bytes);
    broken[300_000] = (broken[300_000] ?? 0) ^ 1;
    // restic makes its files read-only.
    await rm(pack);
    await writeFile(pack, broken);
    const { open, work } = placesWith();
    expect(await failing(checkBackup(executor, at, quiet, open))).toMatchObject({
      code: "BACKUP_DAMAGED",
      message: expect.stringContaining("restic cannot read folder.tar"),
    });
    expect(await failing(work.print(at, quiet))).toMatchObject({ code: "BACKUP_DAMAGED" });
    await writeFile(pack, bytes);
    const [pristine] = await restic.snapshots(repository, "--path", "/pristine.tar");
    await restic.run(repository, ["forget", pristine?.id ?? ""]);
    expect(await failing(checkBackup(executor, at, quiet, open))).toMatchObject({
      code: "BACKUP_DAMAGED",
      message: expect.stringContaining("pristine.tar: its snapshot is not in the repository any more"),
    });
  });

  it("F77 that is given up half-way is none, and what was sent of it is no snapshot", async () => {
    const { sink, work } = placesWith();
    const half = await sink(`${place}/.${NAME}.writing`);
    await half.write(header("README", 9_000_000));
    await half.write(randomBytes(4_000_000));
    await half.close();
    expect([await work.names(place), await restic.snapshots(repository)]).toEqual([[], []]);
  });

  it("F77 that was cut off before its end is none, and is cleared away", async () => {
    const { sink, work } = placesWith();
    const cut = await sink(`${place}/.${NAME}.writing`);
    await cut.write(header("README", 600));
    await cut.write(randomBytes(600));
    await cut.write(Buffer.alloc(424));
    await cut.write(header("folder.tar.00000001", 100));
    await cut.close();
    expect([await work.names(place), (await restic.snapshots(repository)).length]).toEqual([[], 1]);
    await work.remove(`${place}/.${NAME}.writing`);
    expect(await restic.snapshots(repository)).toEqual([]);
  });

  it("says what is wrong with the password, the repository and the program, and no secret", async () => {
    const asked = async (more: Readonly<Record<string, string>>, at = place, by = executor) => {
      const error = await failing(placesWith(more, by).work.names(at));
      expect(`${String(error)} ${error.hint} ${String((error.cause as Error | undefined)?.message)}`).not.toContain("canary");
      return [error.code, error.message, error.hint];
    };
    expect(await asked({ RESTIC_PASSWORD: "canary-other" })).toEqual([
      "RESTIC_PASSWORD",
      `The password does not open the restic repository ${place}.`,
      expect.stringContaining("RESTIC_PASSWORD_FILE"),
    ]);
    expect(await asked({ RESTIC_PASSWORD: "" })).toEqual([
      "RESTIC_PASSWORD",
      `Nobody said the password of the restic repository ${place}.`,
      expect.stringContaining("RESTIC_PASSWORD_FILE"),
    ]);
    expect(await asked({ RESTIC_PASSWORD: "", RESTIC_PASSWORD_FILE: `${dir}/none` })).toEqual([
      "RESTIC_PASSWORD",
      expect.stringContaining("does not open"),
      expect.any(String),
    ]);
    expect(await asked({}, `restic:${dir}/nowhere`)).toEqual([
      "NO_REPOSITORY",
      `There is no restic repository restic:${dir}/nowhere.`,
      `see whether it is spelt right; to make one, once: restic -r ${dir}/nowhere init`,
    ]);
    expect(await asked({}, "restic:rest:http://127.0.0.1:9/x")).toEqual([
      "RESTIC_FAILED",
      expect.stringContaining("refused"),
      "restic -r rest:http://127.0.0.1:9/x snapshots   (must work; then again)",
    ]);
    await mkdir(join(dir, "bin"));
    const setpriv = (await execa("which", ["setpriv"], { reject: false })).stdout;
    if (setpriv !== "") await execa("ln", ["-s", setpriv, join(dir, "bin/setpriv")]);
    expect(await asked({}, place, localExecutor({ PATH: join(dir, "bin") }))).toEqual([
      "NO_PROGRAM",
      "There is no program restic here.",
      expect.stringContaining("apt-get install restic"),
    ]);
  });

  it("is not in the way of a lock that nobody holds any more, and waits for no other", async () => {
    await write(`${place}/.${NAME}.unread`);
    const { work } = placesWith();
    const begun = execa("restic", ["backup", "--stdin", "--stdin-filename", "x"], {
      env: { ...restic.env, RESTIC_REPOSITORY: repository },
      stdin: "pipe",
      reject: false,
    });
    begun.stdin.write("something");
    await until(
      () => readdir(join(repository, "locks")),
      locks => locks.length > 0,
    );
    const rename = () => work.rename(`${place}/.${NAME}.unread`, `${place}/${NAME}`);
    const locked = await failing(rename());
    expect(locked).toMatchObject({ code: "RESTIC_LOCKED", hint: expect.stringContaining("restic -r") });
    expect(locked.message).toMatch(/is locked: .*already locked by PID \d+/);
    begun.kill("SIGKILL");
    await begun;
    // What could take away what somebody is sending just now is not done over a lock.
    expect(await failing(work.reclaim(place))).toMatchObject({ code: "RESTIC_LOCKED" });
    await rename();
    await work.reclaim(place);
    expect(await work.names(place)).toEqual([NAME]);
  });
});
