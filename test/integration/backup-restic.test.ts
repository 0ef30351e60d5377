import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import { checkBackup } from "../../src/host/backup-check.ts";
import { createBackupPlaces } from "../../src/host/backup-places.ts";
import { localExecutor } from "../../src/host/create-world.ts";
import { makeTree, packed, writeBackup } from "../host/backup-archives.ts";
import { BIN, docker } from "./support/cli.ts";
import { until } from "./support/engine.ts";
import { Restic, storedBytes } from "./support/restic.ts";
import { SecondMachine } from "./support/second-machine.ts";
import { backupBundle, backupHome, contentOf, RELEASE } from "./support/small-backup.ts";
import { type SmallHome, said } from "./support/small-home.ts";
import { SmallProduct } from "./support/small-product.ts";
import { SshHost } from "./support/ssh-host.ts";

/** Backups of instances in repositories of restic: in a folder here, and on other machines by sftp. */
let restic: Restic;
let small: SmallProduct;
let bundle: string;
const made: SmallHome[] = [];

beforeAll(async () => {
  restic = await Restic.make();
  small = await SmallProduct.make();
  bundle = await backupBundle(small);
});
afterEach(async () => {
  for (const each of made.splice(0)) await each.remove();
});
afterAll(async () => {
  await small?.remove();
  await restic?.remove();
});

async function installed(): Promise<SmallHome> {
  const own = await backupHome(bundle);
  made.push(own);
  return own;
}

async function repositoryIn(name: string): Promise<string> {
  const repository = join(restic.dir, name);
  await restic.run(repository, ["init"]);
  return repository;
}

/** Into a file of the volume. */
const fill = (own: SmallHome, name: string, megabytes: number) =>
  docker("exec", own.container(RELEASE, "app"), "dd", "if=/dev/urandom", `of=/media/${name}`, "bs=1M", `count=${megabytes}`);

it("an instance is backed up there again and again for what has changed, and comes back after it was removed", async () => {
  const own = await installed();
  const { home } = own;
  const run = (...args: readonly string[]) => home.runWith(restic.env, ...args);
  const to = `restic:${join(restic.dir, "here")}`;
  const create = ["backup", "create", "--to", to, "--json"];
  const missing = await run(...create);
  expect([missing.code, JSON.parse(missing.stdout)]).toMatchObject([3, { error: { code: "NO_REPOSITORY" } }]);
  const repository = await repositoryIn("here");
  const wrong = await home.runWith({ ...restic.env, RESTIC_PASSWORD: "canary-other" }, ...create);
  expect([wrong.code, JSON.parse(wrong.stdout)]).toMatchObject([3, { error: { code: "RESTIC_PASSWORD" } }]);
  const twice = await run(...create, "--compress", "gzip");
  expect([twice.code, JSON.parse(twice.stdout)]).toMatchObject([2, { error: { code: "USAGE" } }]);
  expect(await restic.snapshots(repository)).toEqual([]);
  await restic.run(repository, ["backup", "--stdin", "--stdin-filename", "tail.tar", "--tag", "theirs"], "theirs");

  await fill(own, "large", 30);
  const first = await run(...create);
  expect(first.code, said(first)).toBe(0);
  const { backup } = JSON.parse(first.stdout) as { readonly backup: string };
  expect(backup).toMatch(/^restic:\/.*\/here\/1-v1\.0\.0-.*\.tar$/);
  const before = await storedBytes(repository);
  expect(before).toBeGreaterThan(30 * 2 ** 20);
  await fill(own, "another", 1);
  await own.write("third");
  const second = await run(...create);
  expect(second.code, said(second)).toBe(0);
  // A file that is cut where its content says so changes by a few pieces of some MiB at most.
  expect((await storedBytes(repository)) - before).toBeLessThan(12 * 2 ** 20);

  const listed = JSON.parse((await run("backup", "list", "--to", to, "--json")).stdout);
  expect(listed.backups).toMatchObject([
    { sequence: 1, path: backup, verified: { how: "created" } },
    { sequence: 2, verified: { how: "created" } },
  ]);
  expect((await run("backup", "verify", "1")).stdout).toContain("is whole");
  // Somebody who has only the repository finds them, too.
  const elsewhere = await execa(process.execPath, [BIN, "--home", join(restic.dir, "bare"), "backup", "list", "--to", to], {
    env: restic.env,
  });
  expect(elsewhere.stdout).toContain(backup);

  const pruned = await run("backup", "prune", "--to", to, "--keep-last", "1", "--yes", "--json");
  expect([pruned.code, JSON.parse(pruned.stdout)]).toMatchObject([0, { deleted: [1] }]);
  expect((await run("backup", "prune", "--to", to, "--keep-last", "0", "--yes")).code).not.toBe(0);
  const left = await restic.snapshots(repository);
  expect(left.filter(({ tags }) => tags?.includes("theirs"))).toHaveLength(1);
  expect(left.filter(({ tags }) => tags?.includes("graph-mgr"))).toHaveLength(5);

  const content = await contentOf(own);
  await home.ok("stop", own.name(RELEASE));
  await home.ok("remove", own.name(RELEASE), "--volumes", "--confirm", own.name(RELEASE), "--current", "--yes");
  const restored = await run("backup", "restore", "2", "--yes");
  expect(restored.code, said(restored)).toBe(0);
  expect(await contentOf(own)).toEqual(content);
  for (const id of await readdir(join(home.path, ".graph-mgr/operations")))
    for (const name of await readdir(join(home.path, ".graph-mgr/operations", id), { recursive: true }))
      expect(await readFile(join(home.path, ".graph-mgr/operations", id, name), "utf8").catch(() => "")).not.toContain("canary");
});

it("F77 a restic that is ended while it sends leaves nothing that is listed, and what is there stays", async () => {
  const own = await installed();
  const repository = await repositoryIn("cut");
  const bin = join(restic.dir, "bin");
  await mkdir(bin);
  const { stdout: program } = await execa("sh", ["-c", "command -v restic"]);
  const pids = join(restic.dir, "pids");
  await writeFile(
    join(bin, "restic"),
    `#!/bin/sh\ncase "$*" in *volume-1.tar*) echo $$ >> ${pids} ;; esac\nexec ${program} "$@"\n`,
  );
  await chmod(join(bin, "restic"), 0o755);
  const env = { ...restic.env, PATH: `${bin}:${process.env["PATH"] ?? ""}` };
  await fill(own, "large", 60);
  const cutOff = own.home.runWith(env, "backup", "create", "--to", `restic:${repository}`, "--json");
  const pid = await until(
    async () => Number(await readFile(pids, "utf8").catch(() => "0")),
    seen => seen > 0,
    150_000,
  );
  process.kill(pid, "SIGKILL");
  const failed = await cutOff;
  expect([failed.code, JSON.parse(failed.stdout)]).toMatchObject([5, { error: { code: "RESTIC_FAILED" } }]);
  expect(await restic.snapshots(repository)).toEqual([]);
  expect((await own.home.runWith(env, "backup", "list", "--to", `restic:${repository}`)).stdout).toContain("There is no backup");
});

it("F72 a schedule finds the password where the unit says, and its nights delete what is not kept", async () => {
  const own = await installed();
  const repository = await repositoryIn("nights");
  const units = await mkdtemp(join(tmpdir(), "graph-mgr-test-units-"));
  const to = `restic:${repository}`;
  const schedule = ["backup", "schedule", "--unit-dir", units, "--to", to, "--keep-last", "1", "--drills", "never", "--yes"];
  const untold = await own.home.runWith(restic.env, ...schedule);
  expect([untold.code, untold.stderr]).toEqual([3, expect.stringContaining("RESTIC_PASSWORD_FILE=/path")]);
  expect(await readdir(units)).toEqual([]);
  const { RESTIC_PASSWORD: password = "", ...others } = restic.env;
  const file = join(restic.dir, "password");
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  const told = { ...others, RESTIC_PASSWORD_FILE: file, AWS_SECRET_ACCESS_KEY: "canary-key" };
  const scheduled = await own.home.runWith(told, ...schedule);
  expect(scheduled.code, said(scheduled)).toBe(0);
  expect(`${scheduled.stdout}${scheduled.stderr}`).toContain("AWS_SECRET_ACCESS_KEY");
  const name = (await readdir(units)).find(each => each.endsWith(".service")) ?? "";
  const text = await readFile(join(units, name), "utf8");
  expect(text).toContain(`Environment=RESTIC_PASSWORD_FILE=${file}\n`);
  expect(text).not.toContain("canary");
  const env = Object.fromEntries(
    [...text.matchAll(/^Environment=([^=]*)=(.*)$/gm)].map(([, key = "", value = ""]) => [key, value]),
  );
  const [program = "", ...args] = (/^ExecStart=(.*)$/m.exec(text)?.[1] ?? "").split(" ");
  for (let night = 1; night <= 2; night++) {
    const ended = await execa(program, args, { reject: false, stdin: "ignore", extendEnv: false, env });
    expect(ended.exitCode, ended.stderr).toBe(0);
  }
  const { backups } = JSON.parse((await own.home.runWith(told, "backup", "list", "--to", to, "--json")).stdout);
  expect(backups).toMatchObject([{ sequence: 2 }]);
  await rm(units, { recursive: true });
});

it("F75 a machine that is reached by sftp is one whose host key is known", async () => {
  const host = await SshHost.make();
  try {
    const name = "7-v1.0.0-20261120T101500Z.tar";
    const executor = localExecutor({ ...process.env, ...host.env });
    const { open, sink, work } = createBackupPlaces(executor, { remove: async () => undefined }, restic.env);
    await restic.run(join(host.dir, "repository"), ["init"]);
    await mkdir(join(host.dir, "tree"));
    await makeTree(join(host.dir, "tree"));
    const at = `restic:sftp://root@127.0.0.1:${host.port}/${host.dir}/repository`;
    const codeOf = (error: unknown) => (error instanceof OperatorError ? [error.code, error.message, error.hint] : error);
    await writeFile(join(host.dir, "known"), "");
    expect(await work.names(at).catch(codeOf)).toEqual([
      "HOST_KEY",
      expect.stringContaining("127.0.0.1 is not known here"),
      expect.stringContaining(`ssh -p ${host.port} root@127.0.0.1`),
    ]);
    await host.trust();
    const content = { compression: "none", folder: packed(join(host.dir, "tree")) } as const;
    await writeBackup(`${at}/.${name}.unread`, content, async path => await sink(path));
    await work.rename(`${at}/.${name}.unread`, `${at}/${name}`);
    expect((await checkBackup(executor, `${at}/${name}`, () => {}, open)).texts[".env"]).toBe("POSTGRES_PASSWORD=hush\n");
    expect(await work.names(`${at}-none`).catch(codeOf)).toEqual(["NO_REPOSITORY", expect.any(String), expect.any(String)]);
    await host.stop();
    expect(await work.names(at).catch(codeOf)).toEqual(["RESTIC_FAILED", expect.any(String), expect.any(String)]);
  } finally {
    await host.remove();
  }
});

it("an instance comes up on a bare second machine, from a repository that both reach by sftp", async () => {
  const second = await SecondMachine.up();
  try {
    const own = await installed();
    const content = await contentOf(own);
    // What the operator of either has set up once.
    const settings = `IdentityFile ${second.dir}/key\nIdentitiesOnly yes\nUserKnownHostsFile ${second.dir}/known_hosts\n`;
    const bin = join(second.dir, "bin");
    await mkdir(bin);
    await writeFile(join(second.dir, "config"), settings);
    await writeFile(join(bin, "ssh"), `#!/bin/sh\nexec /usr/bin/ssh -F ${second.dir}/config "$@"\n`);
    await chmod(join(bin, "ssh"), 0o755);
    const env = { ...restic.env, PATH: `${bin}:${process.env["PATH"] ?? ""}` };
    const words = Object.entries(env).map(([key, value]) => `${key}=${value}`);
    await second.run("env", ...words, "restic", "-r", "/srv/repository", "init");
    const to = `restic:sftp:${second.target}:/srv/repository`;
    const created = await own.home.runWith(env, "backup", "create", "--to", to, "--with-images", "--json");
    expect(created.code, said(created)).toBe(0);
    const { backup } = JSON.parse(created.stdout) as { readonly backup: string };

    expect(await second.run("docker", "images", "-q")).toBe("");
    const there = (...args: readonly string[]) =>
      second.run("env", ...words, "HOME=/root", process.execPath, BIN, "--home", "/srv/home", ...args);
    expect(await there("backup", "list", "--to", to)).toContain(backup);
    await there("backup", "restore", backup, "--yes");
    const { instances } = JSON.parse(await there("list", "--json"));
    expect(instances).toMatchObject([{ name: own.name(RELEASE), state: "running", health: "healthy" }]);
    const rows = await second.run(
      ...["docker", "exec", `${own.slug(RELEASE)}-postgres-1`, "psql", "-XqAt", "-U", "small", "-d", "small"],
      ...["-c", "select json_agg(n order by id) from notes n"],
    );
    expect(rows).toBe(content.rows);
    await there("stop", own.name(RELEASE));
    await there("remove", own.name(RELEASE), "--volumes", "--confirm", own.name(RELEASE), "--current", "--yes");
  } finally {
    await second.down();
  }
});
