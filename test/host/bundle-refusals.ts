import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BundleSource } from "../../src/domain/bundle.ts";
import { OperatorError } from "../../src/errors.ts";
import { createBundles } from "../../src/host/bundles.ts";
import { type HostileArchive, hostileArchives } from "./hostile-archives.ts";

const bundles = createBundles({ load: async () => {} });
let sandbox = "";
let incoming = "";
const outside = join(tmpdir(), `gm-outside-${process.pid}`);

beforeAll(async () => {
  sandbox = await mkdtemp(join(tmpdir(), "gm-hostile-"));
  incoming = await mkdtemp(join(tmpdir(), "gm-incoming-"));
  for (const place of [join(sandbox, "canary"), outside]) {
    await mkdir(place);
    await writeFile(join(place, "keep"), "alive");
  }
});
afterAll(async () => {
  for (const place of [sandbox, incoming, outside]) await rm(place, { recursive: true, force: true });
});

/** Everything below, with what would tell a change. */
async function look(path: string): Promise<readonly string[]> {
  const stats = await lstat(path);
  const content = stats.isFile() ? await readFile(path, "latin1") : stats.isSymbolicLink() ? await readlink(path) : "";
  const line = [path, stats.mode, stats.uid, stats.gid, stats.nlink, stats.isFile() ? stats.mtimeMs : "", content].join(" ");
  if (!stats.isDirectory()) return [line];
  const lines = [line];
  for (const name of (await readdir(path)).sort()) lines.push(...(await look(join(path, name))));
  return lines;
}

const refusalOf = async (work: Promise<unknown>): Promise<OperatorError> => {
  const error = await work.then(
    () => new Error("was not refused"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OperatorError);
  return error as OperatorError;
};

/** One test for each archive of the corpus that this chooses. */
export function refusals(isChosen: (archive: HostileArchive) => boolean): void {
  describe("F28 F85 F95 a bundle is refused, and nothing is written, for", () => {
    it.each(hostileArchives(outside).filter(isChosen))(
      "$name",
      async ({ code, bytes, heavy }) => {
        const path = join(incoming, "bundle.tar");
        const made = bytes();
        if (Buffer.isBuffer(made)) await writeFile(path, made);
        else await pipeline(made, createWriteStream(path));
        const before = [...(await look(sandbox)), ...(await look(outside))];

        const read = await refusalOf(bundles.read(path, () => {}));
        expect(`${read.code}: ${read.message}`).toMatch(new RegExp(`^${code}: `));
        expect(read.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        expect(read.message.length).toBeLessThan(2000);
        expect(read.hint).toBeTruthy();

        if (heavy) return;
        // Somebody who put it there after the look.
        const hash = createHash("sha256");
        await pipeline(createReadStream(path), hash);
        const { size, mtimeMs } = await stat(path);
        const forged: BundleSource = {
          path,
          kind: "archive",
          sizeBytes: size,
          modifiedMs: mtimeMs,
          digest: hash.digest("hex"),
          imageArchive: null,
          root: "",
        };
        const to = join(sandbox, "out");
        if (code !== "NO_BUNDLE") await refusalOf(bundles.unpack(forged, to, () => {}));
        else await expect(bundles.unpack(forged, to, () => {})).rejects.toThrow();
        expect(existsSync(to)).toBe(false);
        expect(existsSync(`${to}.part`)).toBe(false);
        expect([...(await look(sandbox)), ...(await look(outside))]).toEqual(before);
        // A few of these are large, and other tests work beside them.
      },
      180_000,
    );
  });
}
