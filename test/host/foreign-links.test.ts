import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FileSink } from "../../src/host/backup-bytes.ts";
import { createCompose } from "../../src/host/compose.ts";
import { createExecutor } from "../../src/host/exec.ts";
import { createFileStore } from "../../src/host/file-store.ts";
import { nodeDisk } from "../../src/host/node-disk.ts";

/** What somebody else may write in as well, as /tmp or the folder of a shared disk, with links to a file of ours where it is known that we shall write. */
let shared: string;
let own: string;
let victim: string;
beforeEach(async () => {
  [shared, own] = (await Promise.all(["shared", "own"].map(name => mkdtemp(join(tmpdir(), `graph-mgr-${name}-`))))) as [
    string,
    string,
  ];
  // Without the sticky bit, for which some kernels refuse to follow links by themselves.
  await chmod(shared, 0o777);
  victim = join(own, "victim");
  await writeFile(victim, "as it was", { mode: 0o600 });
});
afterEach(async () => {
  for (const each of [shared, own]) await rm(each, { recursive: true, force: true });
});

const isRoot = process.getuid?.() === 0;
const linked = async (name: string, to = victim): Promise<string> => {
  const path = join(shared, name);
  await execa("ln", ["-s", to, path], isRoot ? { uid: 65534, gid: 65534 } : {});
  expect((await lstat(path)).uid).toBe(isRoot ? 65534 : process.getuid?.());
  return path;
};
const isAsItWas = async () => {
  expect(await readFile(victim, "utf8")).toBe("as it was");
  expect((await stat(victim)).mode & 0o777).toBe(0o600);
};

it("F70 an archive is not written through a link that is there already", async () => {
  const path = await linked("backup.tar.writing");
  await expect(FileSink.open(path)).rejects.toMatchObject({ code: "EEXIST" });
  const nowhere = await linked("backup.tar.unread", join(own, "made"));
  await expect(FileSink.open(nowhere)).rejects.toMatchObject({ code: "EEXIST" });
  expect(await readdir(own)).toEqual(["victim"]);
  await isAsItWas();
});

it("F70 what it is named in the end takes the place of a link, and not of what that leads to", async () => {
  const [from, to] = [join(shared, "new"), await linked("backup.tar")];
  await writeFile(from, "whole");
  const files = createFileStore(nodeDisk);
  // Without a word for something that is there it is refused; either way nothing goes through the link.
  await files.rename(from, to).catch(() => undefined);
  await nodeDisk.rename(from, to).catch(() => undefined);
  expect((await lstat(to)).isSymbolicLink()).toBe(false);
  await isAsItWas();
});

it("F70 files that are written anew, added to or given a mode are not those behind a link", async () => {
  const files = createFileStore(nodeDisk);
  const path = await linked("note.json");
  await files.write(path, "new", 0o644);
  expect((await lstat(path)).isFile()).toBe(true);
  expect(await readFile(path, "utf8")).toBe("new");
  await isAsItWas();
  for (const write of [nodeDisk.write, nodeDisk.append]) {
    const other = await linked(`direct-${write === nodeDisk.write ? "write" : "append"}`);
    await expect(write(other, Buffer.from("new"), 0o644)).rejects.toMatchObject({ code: "ELOOP" });
    expect(await readlink(other)).toBe(victim);
    await isAsItWas();
  }
});

it("F70 what Compose is shown lies in a folder with a name that nobody knows, which nobody else can enter", async () => {
  const bin = join(own, "bin");
  await mkdir(bin);
  const script = `#!/bin/sh\nfor each in "${shared}"/*; do stat -c '%n %a %u' "$each" >> "${own}/seen"; done\necho '{"services":{}}'\n`;
  await writeFile(join(bin, "docker"), script, { mode: 0o755 });
  const executor = createExecutor({ ...process.env, PATH: `${bin}:${process.env["PATH"]}` }, []);
  const project = { name: "p", dir: own, envFiles: [] };
  await writeFile(join(own, "docker-compose.yml"), "services: {}\n");
  for (let time = 0; time < 2; time++) await createCompose(executor, shared).resolve(project, { A: "b" });
  const seen = (await readFile(join(own, "seen"), "utf8"))
    .trim()
    .split("\n")
    .map(line => line.split(" "));
  expect(seen.length).toBeGreaterThan(1);
  for (const [name, mode, uid] of seen) {
    expect(name).toMatch(/graph-mgr-[A-Za-z0-9]{6}$/);
    expect([mode, uid]).toEqual(["700", String(process.getuid?.())]);
  }
  expect(new Set(seen.map(([name]) => name)).size).toBeGreaterThan(1);
  expect(await readdir(shared)).toEqual([]);
});
