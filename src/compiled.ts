import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { cachedDataVersionTag } from "node:v8";
import { Script } from "node:vm";

/** A file of the program. What it is cached as bears its name, which says its content. */
interface Compiled {
  readonly script: Script;
  /** It came out of the cache, and is not to be written there once more. */
  readonly isKept: boolean;
}

const DIGEST_BYTES = 32;
const digestOf = (data: Buffer): Buffer => createHash("sha256").update(data).digest();

/**
 * From now on the files in `chunks` are read as V8 compiled them the last time, which a short command spends a tenth of its time with. Node 20 has nothing for it.
 * The cache is only a cache: what is missing, damaged, of another Node or of somebody else's is not used, and where none can be written there is none.
 * V8 believes what it is given, and a wrong byte would end the process; so a digest stands before it, and nobody else may write where it lies.
 * @param chunks - the program's own files, CommonJS, with names that change with what is in them
 * @param folder - the cache, in a folder for this program in the user's own for caches; null: without one
 * @returns what keeps the files that were compiled anew; to be called at the end of the process
 */
export function readCompiled(chunks: string, folder: string | null): () => void {
  if (folder === null) return () => {};
  const above = dirname(folder);
  const caches = dirname(above);
  const isPrivate = (): boolean => [folder, above, caches].every(isOurs);
  const require = createRequire(join(chunks, "index.js"));
  const { extensions } = require;
  const asBefore = extensions[".js"];
  const tag = cachedDataVersionTag();
  const fileOf = (path: string): string => join(folder, `${basename(path)}.${process.arch}-${tag}`);
  const seen = new Map<string, Compiled>();
  const mayRead = isPrivate();

  extensions[".js"] = (module, path) => {
    if (dirname(path) !== chunks) return asBefore?.(module, path);
    const cachedData = mayRead ? whole(fileOf(path)) : undefined;
    const source = `(function (exports, require, module, __filename, __dirname) { ${readFileSync(path, "utf8")}\n})`;
    const script = new Script(source, { filename: path, ...(cachedData && { cachedData }) });
    seen.set(path, { script, isKept: cachedData !== undefined && script.cachedDataRejected !== true });
    const run = script.runInThisContext() as (...parts: unknown[]) => void;
    run.call(module.exports, module.exports, createRequire(path), module, path, chunks);
  };

  return () => {
    const anew = [...seen].filter(([, { isKept }]) => !isKept);
    // What was compiled under flags that were set meanwhile is of no use to who begins without them.
    if (anew.length === 0 || cachedDataVersionTag() !== tag) return;
    try {
      if (isOurs(existsSync(caches) ? caches : dirname(caches))) mkdirSync(folder, { recursive: true, mode: 0o700 });
      if (!isPrivate()) return;
      for (const [path, { script }] of anew) keep(fileOf(path), script.createCachedData());
      dropOthers(chunks, folder);
    } catch {
      // A disk that is full or cannot be written to: the next command compiles as this one did.
    }
  };
}

/** Whole, or not at all: whoever reads meanwhile finds what was there before. */
function keep(path: string, data: Buffer): void {
  const part = `${path}.${process.pid}`;
  try {
    writeFileSync(part, Buffer.concat([digestOf(data), data]), { mode: 0o600 });
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

/** The folder of this very user, whom nobody else can put anything there. */
function isOurs(folder: string): boolean {
  try {
    const entry = lstatSync(folder);
    return entry.isDirectory() && entry.uid === process.getuid?.() && (entry.mode & 0o022) === 0;
  } catch {
    return false;
  }
}

/** @returns what was kept, as long as it is what was written; undefined: nothing of use */
function whole(path: string): Buffer | undefined {
  try {
    const kept = readFileSync(path);
    const data = kept.subarray(DIGEST_BYTES);
    return digestOf(data).equals(kept.subarray(0, DIGEST_BYTES)) ? data : undefined;
  } catch {
    return undefined;
  }
}

/** Of programs that have been replaced since. */
function dropOthers(chunks: string, folder: string): void {
  const names = new Set(readdirSync(chunks));
  for (const kept of readdirSync(folder)) {
    if (!names.has(`${kept.split(".js.")[0]}.js`)) unlinkSync(join(folder, kept));
  }
}
