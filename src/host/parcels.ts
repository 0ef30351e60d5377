import { existsSync } from "node:fs";
import { link, open, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { OperatorError } from "../errors.ts";
import { isCode } from "./node-disk.ts";
import { decompressed } from "./tar-gunzip.ts";
import { readTar } from "./tar-reader.ts";
import { END_BLOCKS, entryHeader, paddingFor } from "./tar-write.ts";
import type { ParcelMember, Parcels } from "./world.ts";

/** Its members have no times: what they tell has its own. */
const NO_TIME = 0;

export function createParcels(): Parcels {
  return {
    async write(path, members, inspect) {
      const folder = dirname(path);
      if (!existsSync(folder))
        throw new OperatorError("NO_FOLDER", `There is no folder ${folder}.`, { hint: "make it, or give another --to" });
      refuseTaken(path, existsSync(path));
      const part = join(folder, `.${basename(path)}.graph-mgr-part`);
      await rm(part, { force: true });
      try {
        const file = await open(part, "wx", 0o600);
        try {
          await file.writeFile(gzipSync(packed(members)));
          await file.sync();
        } finally {
          await file.close();
        }
        inspect(await readBack(part));
        // Unlike a rename, a link never takes the place of what came meanwhile; a stick's file system may have none.
        await link(part, path).catch(async error => {
          refuseTaken(path, isCode(error, "EEXIST"));
          if (!["EPERM", "ENOTSUP", "ENOSYS"].some(code => isCode(error, code))) throw error;
          await rename(part, path);
        });
      } finally {
        await rm(part, { force: true });
      }
      const folderFile = await open(folder);
      await folderFile.sync().finally(() => folderFile.close());
      return (await stat(path)).size;
    },
  };
}

function refuseTaken(path: string, isTaken: boolean): void {
  if (isTaken) throw new OperatorError("EXISTS", `${path} is there already.`, { hint: "give another name with --to" });
}

function packed(members: readonly ParcelMember[]): Buffer {
  const parts = members.flatMap(({ name, text }) => {
    const bytes = Buffer.from(text);
    const entry = { path: name, type: "file", mode: 0o600, uid: 0, gid: 0, linkTarget: "", modifiedSeconds: NO_TIME } as const;
    return [entryHeader({ ...entry, sizeBytes: bytes.length }), bytes, paddingFor(bytes.length)];
  });
  return Buffer.concat([...parts, END_BLOCKS]);
}

async function readBack(path: string): Promise<readonly ParcelMember[]> {
  const bytes = await readFile(path);
  const whole = (async function* () {
    yield bytes;
  })();
  const members: ParcelMember[] = [];
  for await (const entry of readTar(decompressed(whole))) {
    const pieces: Buffer[] = [];
    for await (const piece of entry.content) pieces.push(Buffer.from(piece));
    members.push({ name: entry.path, text: Buffer.concat(pieces).toString("utf8") });
  }
  return members;
}
