import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { acquireLock } from "../../src/host/lock.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "graph-mgr-lock-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

it("F26 of two who want one lock the second is refused with the first's name and exit 6, and gets it afterwards", async () => {
  const path = join(folder, "lock");
  const first = await acquireLock(path, { pid: 4711, command: "install v1", since: "now" }, 0);
  const refusal = await acquireLock(path, { pid: 4712, command: "copy v1" }, 0).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: "LOCKED", exit: 6, message: expect.stringContaining("install v1") });
  await first.release();
  const second = await acquireLock(path, { pid: 4712, command: "copy v1" }, 0);
  expect(await readFile(path, "utf8")).toContain("copy v1");
  await second.release();
});

it("F27 is free when nobody holds it, whatever stands in the file", async () => {
  const path = join(folder, "lock");
  await writeFile(path, JSON.stringify({ pid: process.pid, command: "install", since: "2020-01-01" }));
  const lock = await acquireLock(path, { pid: 1, command: "copy" }, 0);
  await lock.release();
});

it("refuses a place where no folder can be made, instead of trying for ever", async () => {
  await expect(acquireLock("/proc/graph-mgr/.graph-mgr/lock", { pid: 1 }, 0)).rejects.toThrow(
    expect.objectContaining({ code: "NO_FOLDER", message: "No folder can be made in /proc." }),
  );
});
