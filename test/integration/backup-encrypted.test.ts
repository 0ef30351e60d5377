import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Decrypter, generateIdentity, identityToRecipient } from "age-encryption";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { watchArguments } from "./support/arguments.ts";
import { engineSnapshot } from "./support/cli.ts";
import { backupBundle, backupHome, contentOf, RELEASE } from "./support/small-backup.ts";
import type { SmallHome } from "./support/small-home.ts";
import { SmallProduct } from "./support/small-product.ts";

/** Encrypted backups of a small product, on the real engine. */
let small: SmallProduct;
let bundle: string;
let elsewhere: string;
let identity: string;
let recipient: string;
let keyFile: string;
let passphraseFile: string;
const PASSPHRASE = "canary horse battery staple";
const made: SmallHome[] = [];

beforeAll(async () => {
  small = await SmallProduct.make();
  bundle = await backupBundle(small);
  elsewhere = await mkdtemp(join(tmpdir(), "graph-mgr-test-encrypted-"));
  identity = await generateIdentity();
  recipient = await identityToRecipient(identity);
  keyFile = join(elsewhere, "key.txt");
  passphraseFile = join(elsewhere, "passphrase");
  await writeFile(keyFile, `${identity}\n`, { mode: 0o600 });
  await writeFile(passphraseFile, `${PASSPHRASE}\n`, { mode: 0o600 });
});
afterAll(async () => {
  await small?.remove();
  await rm(elsewhere, { recursive: true, force: true });
});
afterEach(async () => {
  for (const each of made.splice(0)) await each.remove();
});

async function installed(): Promise<SmallHome> {
  const own = await backupHome(bundle);
  made.push(own);
  return own;
}

interface Made {
  readonly backup: string;
  readonly sequence: number;
}

it("F74 what was encrypted to a recipient comes back with its key, after everything was removed, and not without", {
  tags: ["usual"],
}, async () => {
  const own = await installed();
  const { home } = own;
  const { backup } = await home.json<Made>("backup", "create", "--encrypt", recipient, "--to", elsewhere);
  expect(backup).toMatch(/\.tar\.age$/);
  expect((await stat(backup)).mode & 0o777).toBe(0o600);
  expect(await readFile(backup, "latin1")).not.toMatch(/POSTGRES|manifest\.json|globals/);
  // Anybody's age reads it: nobody is locked in.
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  await writeFile(join(elsewhere, "plain.tar"), await decrypter.decrypt(await readFile(backup)));
  expect((await execa("tar", ["tf", join(elsewhere, "plain.tar")])).stdout).toContain("manifest.json");
  await rm(join(elsewhere, "plain.tar"));
  const listed = await home.json<{ readonly backups: readonly unknown[] }>("backup", "list");
  expect(listed.backups).toMatchObject([{ path: backup, encrypted: "recipients", verified: { how: "created" } }]);

  // Whoever made it cannot read it; but can tell that it is what was written.
  const compared = await home.ok("backup", "verify", "1");
  expect(compared.stdout).toContain("is byte by byte what was written");
  expect((await home.ok("backup", "verify", "1", "--identity", keyFile)).stdout).toContain("is whole");

  const before = await contentOf(own);
  await home.ok("stop", own.name(RELEASE));
  await home.ok("remove", own.name(RELEASE), "--volumes", "--confirm", own.name(RELEASE), "--current", "--yes");
  const [engine, files] = [await engineSnapshot(home.suffix), await readdir(home.path, { recursive: true })];
  const other = join(elsewhere, "other.txt");
  await writeFile(other, await generateIdentity());
  for (const [args, code] of [
    [[], "BACKUP_LOCKED"],
    [["--identity", other], "BACKUP_KEY"],
    [["--passphrase-file", passphraseFile], "BACKUP_KEY"],
    [["--identity", passphraseFile], "BAD_KEY"],
  ] as const) {
    const refused = await home.run("backup", "restore", "1", "--yes", "--json", ...args);
    expect([refused.code, JSON.parse(refused.stdout)]).toMatchObject([3, { error: { code } }]);
    expect(refused.stdout).not.toContain("canary");
  }
  expect(await engineSnapshot(home.suffix)).toEqual(engine);
  expect(await readdir(home.path, { recursive: true })).toEqual(files);
  const drilled = await home.json<{ readonly outcome: string }>("backup", "verify", "1", "--drill", "--identity", keyFile);
  expect(drilled.outcome).toBe("done");
  await home.ok("backup", "restore", "1", "--identity", keyFile, "--yes");
  expect(await contentOf(own)).toEqual(before);
});

it("F71 F72 with a passphrase, which stands in no argument, environment, plan, journal or log", async () => {
  const own = await installed();
  const { home } = own;
  const watching = watchArguments(PASSPHRASE);
  const { backup } = await home.json<Made>("backup", "create", "--passphrase-file", passphraseFile);
  const before = await contentOf(own);
  await home.ok("backup", "verify", "1", "--passphrase-file", passphraseFile);
  const name = `${home.suffix}b`;
  await home.ok("backup", "restore", backup, "--passphrase-file", passphraseFile, "--name", name, "--yes");
  const { looks, found } = watching.stop();
  expect(looks).toBeGreaterThan(20);
  expect(found).toEqual([]);
  expect((await execa("grep", ["-rlF", PASSPHRASE, home.path], { reject: false })).stdout).toBe("");
  const at = [`${own.slug(RELEASE)}b`, `${own.dir(RELEASE)}b`] as const;
  expect(await contentOf(own, ...at)).toEqual(before);
});
