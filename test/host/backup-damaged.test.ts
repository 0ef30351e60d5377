import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BackupManifest } from "../../src/domain/backup.ts";
import { OperatorError } from "../../src/errors.ts";
import { checkBackup } from "../../src/host/backup-check.ts";
import { memberHeader } from "../../src/host/backup-members.ts";
import { seeded } from "../simulator/random.ts";
import { CREATED, executor, makeTree, membersIn, packed, writeBackup } from "./backup-archives.ts";

/** Damage of every kind, by a seed: none of it is accepted, each says which part it is, and nothing is changed. */
let folder: string;
let path: string;
let whole: Buffer;
let members: ReturnType<typeof membersIn>;
const random = seeded(20261120);
const below = (bound: number) => Math.floor(random() * bound);
const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const SECONDS = Date.parse(CREATED) / 1000;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "graph-mgr-damaged-"));
  path = join(folder, "damaged.tar");
  await mkdir(join(folder, "tree"));
  await makeTree(join(folder, "tree"));
  const sound = join(folder, "sound.tar");
  await writeBackup(sound, { folder: packed(join(folder, "tree")) });
  whole = await readFile(sound);
  members = membersIn(whole);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Where each member's bytes lie in an archive that has these, so that what is named can be held against what was damaged. */
const memberAt = (at: number) => members.findLast(each => each.at <= at)?.name ?? "";

async function refused(bytes: Buffer): Promise<OperatorError> {
  await writeFile(path, bytes);
  const before = await stat(path);
  const files = await readdir(folder);
  const error = await checkBackup(executor, path, () => {}).then(
    () => null,
    (cause: unknown) => cause,
  );
  if (!(error instanceof OperatorError)) throw new Error(`accepted, or a bug: ${String(error)}`);
  expect(["BACKUP_DAMAGED", "BACKUP_HOSTILE", "BACKUP_UNKNOWN", "NO_BACKUP"]).toContain(error.code);
  expect(error.hint).toBeDefined();
  expect(await readdir(folder)).toEqual(files);
  expect((await stat(path)).mtimeMs).toBe(before.mtimeMs);
  return error;
}

/** The archive made anew of these members, with a digest that fits. */
function sealed(parts: readonly Buffer[], digest?: string): Buffer {
  const before = Buffer.concat(parts);
  const last = membersIn(Buffer.concat([before, Buffer.alloc(512)])).at(-1)!;
  const own = sha256(last.bytes.subarray(512, 512 + last.sizeBytes));
  const text = digest ?? `${sha256(before)}\n${own}\n`;
  const member = Buffer.concat([memberHeader("digest", text.length, SECONDS), Buffer.from(text.padEnd(512, "\0"))]);
  return Buffer.concat([before, member, Buffer.alloc(1024)]);
}
const member = (name: string, text: string): Buffer => {
  const bytes = Buffer.from(text);
  return Buffer.concat([memberHeader(name, bytes.length, SECONDS), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
};
const body = () => members.slice(0, -2).map(each => each.bytes);
const manifestText = () => {
  const { at, sizeBytes } = members.at(-2)!;
  return whole.toString("utf8", at + 512, at + 512 + sizeBytes);
};

it("the sound one is accepted", async () => {
  await writeFile(path, whole);
  await checkBackup(executor, path, () => {});
  expect(sealed([...body(), member("manifest.json", manifestText())])).toEqual(whole);
});

describe("cut off", () => {
  it("at 500 places of every kind", { timeout: 120_000 }, async () => {
    const edges = members.flatMap(({ at, sizeBytes, bytes }) => [
      at,
      at + 1,
      at + 511,
      at + 512,
      at + 512 + sizeBytes,
      at + bytes.length,
    ]);
    const ends = [
      whole.length - 1,
      whole.length - 511,
      whole.length - 512,
      whole.length - 513,
      whole.length - 1023,
      whole.length - 1024,
    ];
    const anywhere = Array.from({ length: 500 - edges.length - ends.length }, () => below(whole.length));
    for (const at of [...edges, ...ends, ...anywhere].filter(place => place < whole.length)) {
      const error = await refused(whole.subarray(0, at));
      if (at < 512) expect(error.code).toBe("NO_BACKUP");
      else expect(error.facts["part"]).toBeDefined();
    }
  });
});

describe("what is no file", () => {
  it("is told at once: a folder, and a pipe to which nobody writes", async () => {
    const [pipe, inside] = [join(folder, "pipe.tar"), join(folder, "folder.tar")];
    execFileSync("mkfifo", [pipe]);
    await mkdir(inside);
    for (const at of [pipe, inside]) {
      const check = checkBackup(executor, at, () => {});
      await expect(check).rejects.toMatchObject({ code: "NO_BACKUP", message: `${at} is no file.` });
    }
    await Promise.all([pipe, inside].map(at => rm(at, { recursive: true })));
  });
});

describe("with flipped bits", () => {
  it("at 1200 places, and says in which part", { timeout: 240_000 }, async () => {
    for (let count = 0; count < 1200; count++) {
      const bytes = Buffer.from(whole);
      const at = below(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
      const error = await refused(bytes);
      const place = members.findIndex(each => each.name === memberAt(at));
      // A broken header cannot say its own name; then it is what follows the one before. All else is named.
      const named = [memberAt(at), members[place - 1]?.name, "digest", "manifest.json"];
      if (error.code === "BACKUP_DAMAGED" && error.facts["part"] !== undefined) expect(named).toContain(error.facts["part"]);
      const inContent = at >= members[place]!.at + 512 && at < members[place]!.at + 512 + members[place]!.sizeBytes;
      if (inContent && !["manifest.json", "digest"].includes(memberAt(at))) expect(error.facts["part"]).toBe(memberAt(at));
    }
  });

  it("in every byte of the last two kilobytes", { timeout: 240_000 }, async () => {
    for (let at = whole.length - 2048; at < whole.length; at += 3) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      await refused(bytes);
    }
  });
});

describe("put together anew, with a digest that fits", () => {
  it("with parts swapped, taken out or doubled", { timeout: 120_000 }, async () => {
    const manifest = member("manifest.json", manifestText());
    for (let one = 0; one < members.length - 2; one++) {
      const without = body().filter((_, place) => place !== one);
      await refused(sealed([...without, manifest]));
      await refused(sealed([...body().slice(0, one + 1), body()[one]!, ...body().slice(one + 1), manifest]));
      for (let other = one + 1; other < members.length - 2; other++) {
        const swapped = body();
        [swapped[one], swapped[other]] = [swapped[other]!, swapped[one]!];
        await refused(sealed([...swapped, manifest]));
      }
    }
    await refused(sealed([...body(), member("more", "more"), manifest]));
    await refused(sealed([...body(), manifest, manifest]));
    await refused(sealed(body()));
    await refused(Buffer.concat([...body(), manifest, Buffer.alloc(1024)]));
  });

  it("with another digest, or one that only looks right", async () => {
    const parts = [...body(), member("manifest.json", manifestText())];
    const [all, manifest] = [sha256(Buffer.concat(parts)), sha256(Buffer.from(manifestText()))];
    await writeFile(path, sealed(parts, `${all}\n${manifest}\n`));
    await checkBackup(executor, path, () => {});
    for (const [first, second] of [
      ["0".repeat(64), manifest],
      [all, "0".repeat(64)],
      [all.toUpperCase(), manifest],
      [manifest, all],
    ])
      await refused(sealed(parts, `${first}\n${second}\n`));
    for (const text of [`${all}\n`, `${all}\n${manifest}`, `${all} ${manifest} `, "\n", `${all}\n${manifest}\n\n`])
      await refused(sealed(parts, text));
  });

  it("with something behind its end", async () => {
    for (const more of [Buffer.alloc(1), Buffer.alloc(512), Buffer.alloc(10_240), Buffer.from("x"), whole])
      expect((await refused(Buffer.concat([whole, more]))).facts["part"]).toBe("digest");
  });

  it("with something in the padding", async () => {
    for (const [place, { at, sizeBytes, bytes, name }] of members.entries()) {
      if (at + 512 + sizeBytes === at + bytes.length || place >= members.length - 2) continue;
      const parts = members.slice(0, -1).map(each => Buffer.from(each.bytes));
      parts[place]![512 + sizeBytes] = 1;
      expect((await refused(sealed(parts))).facts["part"]).toBe(name);
    }
  });

  const wrong: Readonly<Record<string, (manifest: BackupManifest) => unknown>> = {
    "no object": () => [],
    "no JSON": () => undefined,
    "another size": m => ({ ...m, members: m.members.map(each => ({ ...each, sizeBytes: each.sizeBytes + 1 })) }),
    "another digest": m => ({
      ...m,
      members: m.members.map((each, n) => (n === 1 ? { ...each, sha256: "0".repeat(64) } : each)),
    }),
    "a member less": m => ({ ...m, members: m.members.slice(1) }),
    "a member more": m => ({ ...m, members: [...m.members, m.members[0]] }),
    "members in another order": m => ({ ...m, members: m.members.toReversed() }),
    "no members": m => ({ ...m, members: [] }),
    "a stream less": m => ({ ...m, streams: m.streams.slice(1) }),
    "a stream twice": m => ({ ...m, streams: [...m.streams, m.streams[0]] }),
    "a stream with more parts": m => ({ ...m, streams: m.streams.map(each => ({ ...each, parts: each.parts + 1 })) }),
    "a stream of another size": m => ({ ...m, streams: m.streams.map(each => ({ ...each, sizeBytes: each.sizeBytes - 1 })) }),
    "a stream with another digest": m => ({ ...m, streams: m.streams.map(each => ({ ...each, sha256: "1".repeat(64) })) }),
    "another compression": m => ({ ...m, streams: m.streams.map(each => ({ ...each, compression: "none" })) }),
    "a compression that is none": m => ({ ...m, streams: m.streams.map(each => ({ ...each, compression: "xz" })) }),
    "a stream that is none": m => ({ ...m, streams: m.streams.map(each => ({ ...each, name: "../folder" })) }),
    "another instance": m => ({ ...m, instance: "v2.0.0" }),
    "another release": m => ({ ...m, release: "v2.0.0" }),
    "another time": m => ({ ...m, createdAt: "2026-11-21T10:15:00.000Z" }),
    "no time": m => ({ ...m, createdAt: "yesterday" }),
    "no proof": m => ({ ...m, postgres: null }),
    "a proof elsewhere": m => ({ ...m, postgres: { ...m.postgres, proof: "instance.json" } }),
    "an older format": m => ({ ...m, schema: 0 }),
    "a newer format": m => ({ ...m, schema: 2 }),
    "an unknown key": m => ({ ...m, run: "rm" }),
    "no sequence": m => ({ ...m, sequence: 0 }),
    "an image that is none": m => ({ ...m, images: [{ service: "a", reference: "b", id: "../x", layers: [] }] }),
  };
  it.each(Object.entries(wrong))("with a manifest that has %s", async (_, make) => {
    const text = JSON.stringify(make(JSON.parse(manifestText()) as BackupManifest)) ?? "{";
    await refused(sealed([...body(), member("manifest.json", text)]));
  });
});
