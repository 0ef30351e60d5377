import { spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { docker } from "../../src/host/command.ts";
import { type Helper, helperRun } from "../../src/host/helper-container.ts";
import { sweepHelpers } from "../../src/host/helper-sweep.ts";
import { createPostgres } from "../../src/host/postgres.ts";
import { createTrees } from "../../src/host/trees.ts";
import { createVolumeWork } from "../../src/host/volume-copy.ts";
import { executor, helpersOf, Lab, run } from "./support/postgres-servers.ts";

const lab = new Lab();
const scratch = mkdtempSync(join(tmpdir(), "graph-mgr-volumes-"));
const home = join(scratch, "home");
const helpers = helpersOf({ home, operation: lab.prefix });
const work = createVolumeWork(executor, helpers);
const silent = () => undefined;
let image: string;

beforeAll(async () => {
  image = await lab.postgresImage(15);
});

afterAll(async () => {
  await lab.clear();
  rmSync(scratch, { recursive: true, force: true });
});

/** Fills a volume, as root, from a container of our own. */
const fill = (volume: string, script: string): Promise<string> =>
  run("run", "--rm", "--network=none", `--volume=${volume}:/v`, "--workdir=/v", "--entrypoint=sh", image, "-euc", script);

const RICH = `umask 022; mkdir -p 'a b/deep' .hidden; echo one > 'a b/file'; echo two > "odd
name 'q' \\$HOME"; printf 'x%.0s' $(seq 5000) > big; ln big hard; ln -s ../nowhere rel; ln -s /abs 'a b/abs'
mkfifo pipe; echo s > secret; chmod 0600 secret; chown 1234:4321 secret; echo suid > suid; chown 70:70 suid; chmod 6755 suid
node -e 'require("net").createServer().listen("socket", () => process.kill(process.pid, "SIGKILL"))' || [ -S socket ]; mkdir closed; chown 999 closed; chmod 0000 closed
truncate -s 50M sparse; echo ünï > 'ünï cøde'; touch -d '2001-02-03 04:05:06.789' 'a b/file'; touch -- -rf; chmod 1777 .; chown 999:70 .`;

/** What a copy keeps and a digest leaves out. */
const LISTING = "find . -mindepth 1 -printf '%P %T@ %b\\n' | sort | grep -v '^closed'; stat -c %Y .";

it("F34 F68 a volume's copy is equal in owners, modes, links, special files and odd names, and what was in the target is gone", async () => {
  const [from, to] = [await lab.volume(), await lab.volume()];
  await fill(from, RICH);
  await fill(to, "mkdir old; echo stale > old/file; echo stale > secret");
  const before = await work.volumeDigest(from, image);
  expect(before).not.toBe(await work.volumeDigest(to, image));
  const begun = performance.now();
  const took = await work.copyVolume(from, to, image, silent);
  expect(took).toBeLessThan(performance.now() - begun);
  expect(await work.volumeDigest(to, image)).toBe(before);
  expect(await work.volumeDigest(from, image)).toBe(before);
  expect(await fill(to, LISTING)).toBe(await fill(from, LISTING));
  expect(await fill(to, "stat -c '%a %u %g' . suid secret closed; stat -c %h big; stat -c %F socket pipe; readlink rel")).toBe(
    "1777 999 70\n6755 70 70\n600 1234 4321\n0 999 0\n2\nsocket\nfifo\n../nowhere",
  );
  // Run again after a cut, it ends the same.
  await fill(to, "rm big; echo more > more");
  await work.copyVolume(from, to, image, silent);
  expect(await work.volumeDigest(to, image)).toBe(before);
});

const CHANGES: readonly (readonly [what: string, script: string])[] = [
  ["a changed byte", "printf y | dd of=big conv=notrunc status=none"],
  ["a mode", "chmod 0640 secret"],
  ["an owner", "chown 1235 secret"],
  ["a group", "chgrp 1235 secret"],
  ["a link's target", "ln -sfn ../elsewhere rel"],
  ["a name", "mv suid Suid"],
  ["a missing file", "rm Suid"],
  ["an empty folder more", "mkdir more"],
  ["a lost hard link", "cp -p hard copy; mv copy hard"],
  ["the top folder's owner", "chown 998 ."],
  ["a pipe that became a file", "rm pipe; touch pipe; chmod 644 pipe"],
];

it("a digest notices every change of content, name, type, mode, owner, link and hard link", async () => {
  const volume = await lab.volume();
  await fill(volume, RICH);
  const seen = new Set([await work.volumeDigest(volume, image)]);
  const unnoticed: string[] = [];
  for (const [what, script] of CHANGES) {
    await fill(volume, script);
    const digest = await work.volumeDigest(volume, image);
    if (seen.has(digest)) unnoticed.push(what);
    seen.add(digest);
  }
  expect(unnoticed).toEqual([]);
});

it("a digest does not depend on times, and a folder and a volume of equal content have the same", async () => {
  const volume = await lab.volume();
  await fill(volume, RICH);
  const before = await work.volumeDigest(volume, image);
  await fill(volume, "touch big");
  expect(await work.volumeDigest(volume, image)).toBe(before);
  const trees = createTrees(executor, helpers);
  const mountpoint = await run("volume", "inspect", "--format={{.Mountpoint}}", volume);
  if (process.getuid?.() === 0 && existsSync(mountpoint)) expect(await trees.digest(mountpoint, image)).toBe(before);
});

it("F15 a misspelt volume is an error, and none of that name appears", async () => {
  const [typo, target] = [`${lab.prefix}-typo`, await lab.volume()];
  await expect(work.volumeDigest(typo, image)).rejects.toMatchObject({ code: "NO_VOLUME" });
  await expect(work.copyVolume(typo, target, image, silent)).rejects.toMatchObject({ code: "NO_VOLUME" });
  await expect(work.copyVolume(target, typo, image, silent)).rejects.toMatchObject({ code: "NO_VOLUME" });
  expect(await work.volumeSizeBytes([typo], image)).toEqual({});
  expect((await run("volume", "ls", "--quiet")).split("\n")).not.toContain(typo);
});

it("F84 an empty volume stays empty when it is read or copied, and helpers leave no volume behind", async () => {
  // Has a VOLUME of its own, and files where a helper mounts.
  const greedy = await lab.image(
    `FROM ${image}\nRUN mkdir -p /graph-mgr/source /graph-mgr/target /own && touch /graph-mgr/source/a /graph-mgr/target/b /own/c\nVOLUME /own\n`,
    scratch,
  );
  const [empty, to] = [await lab.volume(), await lab.volume()];
  const before = (await run("volume", "ls", "--quiet")).split("\n").filter(name => /^[0-9a-f]{64}$/.test(name));
  await work.volumeDigest(empty, greedy);
  expect(await work.copyVolume(empty, to, greedy, silent)).toBeLessThan(60_000);
  expect(await fill(to, "find . -mindepth 1")).toBe("");
  expect(await fill(empty, "find . -mindepth 1")).toBe("");
  const after = (await run("volume", "ls", "--quiet")).split("\n").filter(name => /^[0-9a-f]{64}$/.test(name));
  expect(after.filter(name => !before.includes(name))).toEqual([]);
});

it("volumes are measured together", async () => {
  const [one, two] = [await lab.volume(), await lab.volume()];
  await fill(one, "head -c 3000000 /dev/urandom > f");
  const sizes = await work.volumeSizeBytes([one, two], image);
  expect(sizes[one]).toBeGreaterThan(2_900_000);
  expect(sizes[one]).toBeLessThan(3_200_000);
  expect(sizes[two]).toBeLessThan(50_000);
});

it("F83 an image that is not there is an error and is not pulled", async () => {
  const volume = await lab.volume();
  await expect(work.volumeDigest(volume, `${lab.prefix}/none:1`)).rejects.toMatchObject({ code: "NO_IMAGE" });
  await expect(work.volumeDigest(volume, `sha256:${"0".repeat(64)}`)).rejects.toMatchObject({ code: "NO_IMAGE" });
});

/** Holds a helper of each purpose open by a script that waits for its lifeline, with the mounts and rights of the real one. */
it("F81 F83 every helper runs without network, rights, writable files and the engine's socket, from an image's id", async () => {
  const caught: Helper[] = [];
  const spy = {
    run: (helper: Helper) => {
      caught.push(helper);
      return Promise.reject(new Error("caught"));
    },
  };
  const server = await (await lab.server(image, "canary")).ready();
  const [from, to] = [await lab.volume(), await lab.volume()];
  const folder = join(scratch, "folder");
  mkdirSync(join(folder, "sub"), { recursive: true });
  const spied = createVolumeWork(executor, spy);
  const trees = createTrees(executor, spy, 1000);
  const postgres = createPostgres(executor, spy);
  const access = server.access(image);
  for (const attempt of [
    () => spied.copyVolume(from, to, image, silent),
    () => spied.volumeDigest(from, image),
    () => spied.volumeSizeBytes([from], image),
    () => spied.volumeFingerprints([from], image),
    () => spied.volumeCountSince(from, "2026-01-01T00:00:00Z", image),
    () => trees.copy(folder, join(scratch, "folder-copy"), [], image),
    () => trees.digest(folder, image),
    () => postgres.check(access),
    () => postgres.prove(access),
    () => postgres.clusterState(from, image),
  ]) {
    await expect(attempt()).rejects.toThrow("caught");
  }
  expect(caught.map(each => each.purpose)).toEqual([
    "copy",
    "digest",
    "size",
    "fingerprint",
    "count",
    "copy-folder",
    "digest-folder",
    "check",
    "prove",
    "cluster-state",
  ]);
  for (const helper of caught) {
    // What was to be copied to is gone after the failed attempt.
    for (const each of helper.folders ?? []) mkdirSync(each.path, { recursive: true });
    const going = helpers
      .run({ ...helper, script: "echo ready; exec sleep 60" }, line => line === "ready" && inspect())
      .catch(() => undefined);
    let inspect: () => void = () => undefined;
    await new Promise<void>(resolve => {
      inspect = resolve;
    });
    // What it prints may be there before the engine calls it running.
    const id = await run("ps", "--all", "--quiet", `--filter=label=graph-mgr.home=${home}`);
    const [found] = JSON.parse(await run("inspect", id));
    expect(found.Config.Labels).toMatchObject({
      "graph-mgr.home": home,
      "graph-mgr.operation": lab.prefix,
      "graph-mgr.helper": helper.purpose,
    });
    expect(found.Name).toMatch(new RegExp(`^/graph-mgr-${lab.prefix}-${helper.purpose}-`));
    const host = found.HostConfig;
    const rights = (host.CapAdd ?? []).map((name: string) => name.replace(/^CAP_/, ""));
    const joined = await run("inspect", "--format={{.Id}}", server.name);
    expect(host.NetworkMode).toBe(helper.joins === undefined ? "none" : `container:${joined}`);
    expect(host).toMatchObject({
      AutoRemove: true,
      Privileged: false,
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      PidsLimit: 256,
      LogConfig: { Type: "none" },
    });
    expect(host.SecurityOpt).toEqual(["no-new-privileges"]);
    expect(host.Memory).toBeGreaterThan(0);
    expect(new Set(rights)).toEqual(new Set(helper.capabilities ?? []));
    for (const right of rights)
      expect(["CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "SETFCAP"]).toContain(right);
    expect(found.Config.Image).toBe(image);
    const mounts = found.Mounts.map((each: { Type: string; Name?: string; Source: string; RW: boolean }) => [
      each.Name ?? each.Source,
      each.RW,
    ]);
    // Nothing but what was asked for: neither the engine's socket nor a volume that the image asks for.
    const asked = [...(helper.volumes ?? []).map(each => each.name), ...(helper.folders ?? []).map(each => each.path)];
    expect(mounts.map(([source]: readonly [string, boolean]) => source).sort()).toEqual(asked.sort());
    for (const [source, writable] of mounts)
      expect([source, writable]).toEqual([source, source === to || source === join(scratch, "folder-copy.part")]);
    for (const each of host.Mounts ?? []) if (each.Type === "volume") expect(each.VolumeOptions.NoCopy).toBe(true);
    await run("rm", "--force", "--volumes", id);
    await going;
  }
}, 120_000);

it("F25 a helper ends by itself when graph-mgr is killed, and the sweep takes what is left of this home only", async () => {
  const [from, to] = [await lab.volume(), await lab.volume()];
  const helper = (script: string): Helper => ({
    purpose: "copy",
    title: "Copying",
    writesTo: to,
    image,
    script,
    volumes: [{ name: from, at: "/graph-mgr/source", writable: false }],
  });
  const command = helperRun(helper("sleep 600"), { home, operation: "cut" }, `${lab.prefix}-cut`, { id: image, volumePaths: [] });
  const child = spawn(command.program, command.args, { stdio: ["pipe", "ignore", "inherit"] });
  await appears(`${lab.prefix}-cut`, true);
  // What a kill does to our end of the pipe, whether or not the client is killed too.
  child.stdin.destroy();
  await appears(`${lab.prefix}-cut`, false);

  const other = `${home}-other`;
  for (const [name, of, operation] of [
    ["swept", home, "cut"],
    ["looking", home, null],
    ["other", other, "cut"],
  ] as const) {
    const { args } = helperRun(helper("sleep 600"), { home: of, operation }, `${lab.prefix}-${name}`, {
      id: image,
      volumePaths: [],
    });
    const kept = spawn("docker", args, { stdio: ["pipe", "ignore", "inherit"] });
    await appears(`${lab.prefix}-${name}`, true);
    kept.unref();
  }
  await lab.container("--entrypoint=sleep", `--label=graph-mgr.home=${home}`, image, "600");
  expect(await sweepHelpers(executor, home)).toEqual([`${lab.prefix}-swept`]);
  const left = (await run("ps", "--all", "--format={{.Names}}", `--filter=label=graph-mgr.helper`)).split("\n");
  expect(left).toEqual(expect.arrayContaining([`${lab.prefix}-looking`, `${lab.prefix}-other`]));
  expect(left).not.toContain(`${lab.prefix}-swept`);
  expect((await run("ps", "--quiet", `--filter=label=graph-mgr.home=${home}`)).split("\n")).toHaveLength(2);
  for (const name of ["looking", "other"]) await run("rm", "--force", "--volumes", `${lab.prefix}-${name}`);
});

async function appears(name: string, wanted: boolean): Promise<void> {
  const deadline = Date.now() + 90_000;
  while (((await executor.run(docker("ps", "--quiet", `--filter=name=${name}`))) !== "") !== wanted) {
    if (Date.now() > deadline) throw new Error(`${name} is ${wanted ? "not " : "still "}there`);
  }
}

it("F68 a helper copies and removes a folder of other owners for somebody who is not root", async () => {
  const trees = createTrees(executor, helpers, 1000);
  const from = join(scratch, 'comma, "quoted" folder');
  mkdirSync(join(from, "keep/inner"), { recursive: true });
  writeFileSync(join(from, "keep/inner/file"), "x", { mode: 0o600 });
  mkdirSync(join(from, "skip"));
  writeFileSync(join(from, "skip/large"), "y");
  if (process.getuid?.() === 0) chownSync(join(from, "keep/inner"), 1234, 4321);
  chmodSync(join(from, "keep"), 0o750);
  const to = join(scratch, "copied, too");
  await trees.copy(from, to, ["skip", "keep/none"], image);
  expect(readdirSync(to)).toEqual(["keep"]);
  rmSync(join(from, "skip"), { recursive: true });
  expect(await trees.digest(to, image)).toBe(await trees.digest(from, image));
  expect(existsSync(`${to}.part`)).toBe(false);
  await expect(trees.copy(from, to, [], image)).rejects.toMatchObject({ code: "EXISTS" });
  await expect(trees.copy(from, join(scratch, "third"), [], null)).rejects.toMatchObject({ code: "NEEDS_ROOT" });
});

it("the copy and the digest work with busybox alone", async () => {
  const busybox = await lab.image(
    `FROM ${image}\nRUN mkdir /bb && cp /bin/busybox /bb/busybox && for tool in sh find sort xargs stat sha256sum readlink cp rm mkdir mktemp chown chmod touch sync du cat kill od sed; do ln -s busybox /bb/$tool; done\nENV PATH=/bb\n`,
    scratch,
  );
  const [from, to] = [await lab.volume(), await lab.volume()];
  await fill(from, RICH);
  await work.copyVolume(from, to, busybox, silent);
  expect(await work.volumeDigest(to, busybox)).toBe(await work.volumeDigest(from, busybox));
  expect(await work.volumeDigest(to, image)).toBe(await work.volumeDigest(from, image));
});
