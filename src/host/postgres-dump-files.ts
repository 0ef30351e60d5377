import { createHash } from "node:crypto";
import { chmod, open, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseProof } from "../domain/database.ts";
import { OperatorError } from "../errors.ts";
import { sha256Of } from "./file-digest.ts";
import { syncFolder } from "./unpack-tree.ts";

/** `dump.json`: what a dump holds. Its own sha256 stands in `dump.sha256`, so that every bit of a dump is accounted for. */
export interface DumpManifest {
  readonly schema: 1;
  /** Of the server that was dumped. */
  readonly version: string;
  readonly major: number;
  readonly systemIdentifier: string;
  /** In the order of the folders `1`, `2`... */
  readonly databases: readonly string[];
  /** Relative path to size and sha256, of all files but these two. */
  readonly files: { readonly [path: string]: { readonly sizeBytes: number; readonly sha256: string } };
}

const MANIFEST = "dump.json";
const SEAL = "dump.sha256";
const PROOF = "proof.json";

/** Writes proof and manifest beside what the helper dumped, all private and all on disk. */
export async function sealDump(
  dir: string,
  manifest: Omit<DumpManifest, "schema" | "files">,
  proof: DatabaseProof,
): Promise<void> {
  await writeFile(join(dir, PROOF), `${JSON.stringify(proof)}\n`, { mode: 0o600 });
  const files: Record<string, { sizeBytes: number; sha256: string }> = {};
  for (const path of await filesBelow(dir)) {
    await chmod(join(dir, path), 0o600);
    files[path] = { sizeBytes: (await stat(join(dir, path))).size, sha256: await sha256Of(join(dir, path)) };
  }
  const whole: DumpManifest = { schema: 1, ...manifest, files };
  const text = `${JSON.stringify(whole, null, 1)}\n`;
  await writeFile(join(dir, MANIFEST), text, { mode: 0o600 });
  await writeFile(join(dir, SEAL), `${createHash("sha256").update(text).digest("hex")}\n`, { mode: 0o600 });
  const folders = new Set([dir]);
  for (const path of await filesBelow(dir)) {
    const file = await open(join(dir, path), "r");
    await file.sync().finally(() => file.close());
    if (path.includes("/")) folders.add(join(dir, path, ".."));
  }
  for (const folder of folders) await syncFolder(folder);
}

/** @throws OperatorError NO_DUMP, DUMP_DAMAGED */
export async function readManifest(dir: string): Promise<DumpManifest> {
  const [text, seal] = await Promise.all([MANIFEST, SEAL].map(name => readFile(join(dir, name), "utf8"))).catch(error => {
    throw new OperatorError("NO_DUMP", `There is no whole database dump in ${dir}.`, { cause: error });
  });
  if (text === undefined || seal !== `${createHash("sha256").update(text).digest("hex")}\n`) throw damaged(dir, MANIFEST);
  const manifest = JSON.parse(text) as DumpManifest;
  if (manifest.schema !== 1) {
    throw new OperatorError("DUMP_UNKNOWN", `The dump in ${dir} was written by a newer graph-mgr.`, { hint: "update graph-mgr" });
  }
  return manifest;
}

/** Reads every byte of a dump. @throws OperatorError NO_DUMP, DUMP_DAMAGED */
export async function verifyDump(dir: string): Promise<DumpManifest> {
  const manifest = await readManifest(dir);
  for (const [path, { sizeBytes, sha256 }] of Object.entries(manifest.files)) {
    const size = await stat(join(dir, path)).then(
      found => found.size,
      () => -1,
    );
    if (size !== sizeBytes || (await sha256Of(join(dir, path))) !== sha256) throw damaged(dir, path);
  }
  return manifest;
}

/** @throws OperatorError NO_DUMP, DUMP_DAMAGED */
export async function readProof(dir: string): Promise<DatabaseProof> {
  const { files } = await readManifest(dir);
  const bytes = await readFile(join(dir, PROOF)).catch(() => Buffer.alloc(0));
  if (createHash("sha256").update(bytes).digest("hex") !== files[PROOF]?.sha256) throw damaged(dir, PROOF);
  return JSON.parse(bytes.toString("utf8")) as DatabaseProof;
}

const damaged = (dir: string, path: string): OperatorError =>
  new OperatorError("DUMP_DAMAGED", `The database dump in ${dir} is damaged: ${path} is not what was written.`, {
    hint: "take the dump again; nothing was restored from this one",
  });

async function filesBelow(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .filter(path => path !== MANIFEST && path !== SEAL)
    .sort();
}
