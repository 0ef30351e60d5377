import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Decrypter, Encrypter, generateIdentity, identityToRecipient } from "age-encryption";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import type { Lock } from "../../src/host/age-header.ts";
import { Keyring } from "../../src/host/age-keys.ts";
import { FileSink, openFile } from "../../src/host/backup-bytes.ts";
import { checkBackup } from "../../src/host/backup-check.ts";
import { printOf } from "../../src/host/backup-print.ts";
import { seeded } from "../simulator/random.ts";
import { executor, makeTree, packed, writeBackup } from "./backup-archives.ts";

const PASSPHRASE = "four random words do";
const quiet = () => {};
let dir: string;
let identity: string;
let recipient: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "graph-mgr-encrypted-"));
  identity = await generateIdentity();
  recipient = await identityToRecipient(identity);
  await mkdir(join(dir, "tree"));
  await makeTree(join(dir, "tree"));
  // More than one chunk, compressed or not.
  await writeFile(join(dir, "tree", "random"), randomBytes(400_000));
});
afterAll(() => rm(dir, { recursive: true }));

const keyFile = (text: string) => ({ kind: "identity", text, file: "/keys.txt" }) as const;
const typed = (text: string) => ({ kind: "passphrase", text, file: null }) as const;

async function written(name: string, lock: Lock, keys = new Keyring()): Promise<string> {
  const path = join(dir, name);
  await writeBackup(path, { folder: packed(join(dir, "tree")) }, keys.writing(FileSink.open, lock));
  return path;
}

const check = (path: string, keys: Keyring) => checkBackup(executor, path, quiet, keys.reading(openFile));

describe("an encrypted backup", () => {
  it("is an age file: whoever has age and the key can read it without graph-mgr", async () => {
    const path = await written("to-recipient.tar.age", { recipients: [recipient] });
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const plain = Buffer.from(await decrypter.decrypt(await readFile(path)));
    await writeFile(join(dir, "plain.tar"), plain);
    expect((await checkBackup(executor, join(dir, "plain.tar"), quiet)).manifest.instance).toBe("v1.0.0");
    await writeFile(join(dir, "key.txt"), `# public key: ${recipient}\n${identity}\n`);
    const age = spawnSync("age", ["--decrypt", "--identity", join(dir, "key.txt"), path], { maxBuffer: 2 ** 30 });
    // Where the program is there: the library above is of the same people.
    if (age.error === undefined) expect(age.stdout.equals(plain)).toBe(true);
  });

  it("with a passphrase as well", async () => {
    const path = await written("with-passphrase.tar.age", { passphrase: PASSPHRASE });
    const decrypter = new Decrypter();
    decrypter.addPassphrase(PASSPHRASE);
    await writeFile(join(dir, "plain.tar"), await decrypter.decrypt(await readFile(path)));
    expect((await checkBackup(executor, join(dir, "plain.tar"), quiet)).manifest.instance).toBe("v1.0.0");
  });

  it.each([0, 1, 65_535, 65_536, 65_537, 131_072, 200_000])("of %i bytes, as age cuts it", async bytes => {
    const path = join(dir, `chunks-${bytes}`);
    const content = randomBytes(bytes);
    const keys = new Keyring();
    const sink = await keys.writing(FileSink.open, { recipients: [recipient] })(path);
    for (let at = 0; at < bytes; at += 30_000) await sink.write(content.subarray(at, at + 30_000));
    const end = await sink.finish();
    await sink.close();
    expect(end).toEqual(await printOf(openFile, path, quiet));
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    expect(Buffer.from(await decrypter.decrypt(await readFile(path))).equals(content)).toBe(true);
    const opened = await keys.reading(openFile)(path);
    expect(opened.sizeBytes).toBe(bytes);
    await opened.close();
  });

  it("is read where others encrypted it, with age's own program or library", async () => {
    await writeBackup(join(dir, "theirs.tar"), { folder: packed(join(dir, "tree")) });
    for (const [name, opensWith, encrypter] of [
      ["theirs-1", keyFile(`# created by somebody\n${identity}\n`), (each: Encrypter) => each.addRecipient(recipient)],
      ["theirs-2", typed(PASSPHRASE), (each: Encrypter) => each.setPassphrase(PASSPHRASE)],
    ] as const) {
      const theirs = new Encrypter();
      encrypter(theirs);
      await writeFile(join(dir, name), await theirs.encrypt(await readFile(join(dir, "theirs.tar"))));
      const keys = new Keyring();
      keys.unlock(opensWith);
      expect((await check(join(dir, name), keys)).manifest.instance).toBe("v1.0.0");
    }
  }, 60_000);

  it("F74: has nothing of what it holds in it that can be read", async () => {
    const path = await written("strings.tar.age", { recipients: [recipient] });
    const bytes = await readFile(path, "latin1");
    for (const text of ["hush", "POSTGRES", "v1.0.0", "manifest.json", "graph-mgr", "globals"]) expect(bytes).not.toContain(text);
  });

  it("F73: is for its owner alone, whatever the umask is", async () => {
    const before = process.umask(0);
    try {
      const path = await written("mode.tar.age", { recipients: [recipient] });
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    } finally {
      process.umask(before);
    }
  });
});

describe("who opens it", () => {
  it("the process that wrote it, so that it can be read back", async () => {
    const keys = new Keyring();
    const path = await written("own.tar.age", { recipients: [recipient] }, keys);
    expect((await check(path, keys)).texts[".env"]).toBe("POSTGRES_PASSWORD=hush\n");
  });

  it("nobody without a key", async () => {
    const path = await written("locked.tar.age", { recipients: [recipient] });
    await expect(check(path, new Keyring())).rejects.toMatchObject({
      code: "BACKUP_LOCKED",
      hint: expect.stringContaining("--identity FILE"),
    });
  });

  it("each of its recipients", async () => {
    const other = await generateIdentity();
    const path = await written("two.tar.age", { recipients: [await identityToRecipient(other), recipient] });
    for (const text of [identity, other]) {
      const keys = new Keyring();
      keys.unlock(keyFile(text));
      expect((await check(path, keys)).manifest.sequence).toBe(7);
    }
  });

  it("no other key or passphrase, and the sentence says which, and not what is in it", async () => {
    const other = await generateIdentity();
    const forOther = await written("other.tar.age", { recipients: [await identityToRecipient(other)] });
    const keys = new Keyring();
    keys.unlock(keyFile(identity));
    await expect(check(forOther, keys)).rejects.toMatchObject({
      code: "BACKUP_KEY",
      message: `The backup ${forOther} is not opened by the identity in /keys.txt; nothing was changed.`,
    });
    const withPassphrase = await written("typed.tar.age", { passphrase: PASSPHRASE });
    const wrong = new Keyring();
    wrong.unlock(typed("some other words here"));
    const refused = await check(withPassphrase, wrong).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "BACKUP_KEY" });
    expect(String(refused)).not.toContain("some other words");
  });

  it("F72: what is no key is refused without showing it", () => {
    const keys = new Keyring();
    for (const text of [`${identity}x`, "secret nonsense", "", `${identity}\nand more`]) {
      const refused = (() => {
        try {
          keys.unlock(keyFile(text));
        } catch (error) {
          return error as OperatorError;
        }
        return null;
      })();
      expect(refused).toMatchObject({ code: "BAD_KEY" });
      expect(`${refused?.message} ${refused?.hint}`).not.toMatch(/nonsense|AGE-SECRET-KEY-1[A-Z0-9]{5}/);
    }
  });

  it.each(["age1", "age1nonsense", "ssh-ed25519 AAAA"])("%s is no recipient, and nothing is written", async odd => {
    const path = join(dir, "never.tar.age");
    await expect(written("never.tar.age", { recipients: [odd] })).rejects.toMatchObject({ code: "BAD_RECIPIENT" });
    await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("a secret key is taken for no recipient, and not shown", async () => {
    const refused = await written("never.tar.age", { recipients: [identity] }).catch((error: unknown) => error as OperatorError);
    expect(refused).toMatchObject({ code: "BAD_RECIPIENT" });
    expect(String(refused)).not.toContain(identity.slice(15, 30));
  });
});

describe("a damaged one", () => {
  it("is refused wherever a bit is flipped or it is cut off, as one that is not encrypted is", async () => {
    const path = await written("whole.tar.age", { recipients: [recipient] });
    const whole = await readFile(path);
    const random = seeded(4);
    const somewhere = () => Math.floor(random() * whole.length);
    const places = [0, 10, 30, 100, 180, whole.length - 1, ...Array.from({ length: 150 }, somewhere)];
    const flipped = places.map(at => {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      return bytes;
    });
    const chunk = 65_536 + 16;
    const begin = whole.indexOf("\n--- ") + 1 + 4 + 43 + 1 + 16;
    const cuts = [
      0,
      5,
      22,
      100,
      begin - 16,
      begin,
      begin + 16,
      begin + chunk,
      begin + chunk + 16,
      whole.length - 1,
      whole.length - 16,
    ];
    const cut = [...cuts, ...Array.from({ length: 60 }, somewhere)].map(at => whole.subarray(0, at));
    const more = [Buffer.concat([whole, Buffer.from("x")]), Buffer.concat([whole, Buffer.alloc(chunk)])];
    const swapped = Buffer.from(whole);
    whole.copy(swapped, begin, begin + chunk, begin + 2 * chunk);
    whole.copy(swapped, begin + chunk, begin, begin + chunk);
    const accepted: number[] = [];
    for (const [place, bytes] of [...flipped, ...cut, ...more, swapped].entries()) {
      const at = join(dir, "damaged.tar.age");
      await writeFile(at, bytes);
      const keys = new Keyring();
      keys.unlock(keyFile(identity));
      const error = await check(at, keys).then(
        () => null,
        (refused: unknown) => refused,
      );
      const isRefused = error instanceof OperatorError && ["BACKUP_DAMAGED", "BACKUP_KEY", "NO_BACKUP"].includes(error.code);
      if (!isRefused) accepted.push(place);
    }
    expect(accepted).toEqual([]);
  }, 120_000);

  it("names the part that is damaged", async () => {
    const path = await written("part.tar.age", { recipients: [recipient] });
    const bytes = await readFile(path);
    const at = bytes.length - 70_000;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(path, bytes);
    const keys = new Keyring();
    keys.unlock(keyFile(identity));
    await expect(check(path, keys)).rejects.toMatchObject({
      code: "BACKUP_DAMAGED",
      message: expect.stringContaining("what lies there is not what was encrypted"),
    });
  });
});
