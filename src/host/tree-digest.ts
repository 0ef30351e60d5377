import { createHash, type Hash } from "node:crypto";
import type { TreeEntry } from "./backup-tree.ts";
import { bytesOf, pathOf } from "./name-bytes.ts";
import { entriesIn } from "./tree-entries.ts";

const FORMAT: Readonly<Record<TreeEntry["type"], number>> = {
  file: 0o100000,
  hardlink: 0o100000,
  link: 0o120000,
  folder: 0o40000,
};

/** What a file is, whatever names it has. */
interface Content {
  readonly sha256: string;
  readonly attributes: string;
  names: number;
}

/**
 * What DIGEST_TREE (`tree-scripts.ts`) will print of a tree once its entries are written, so that it can be told whether they were.
 * It goes along: entries pass through, and `digests` answers when all have.
 */
export class TreeDigest {
  readonly #attributes = new Map<string, string>();
  readonly #files = new Map<string, Content>();
  readonly #targets = new Map<string, string>();

  async *along(entries: AsyncIterable<TreeEntry>): AsyncGenerator<TreeEntry> {
    for await (const entry of entries) {
      const path = entry.path === "" ? "." : `./${entry.path}`;
      if (entry.type === "hardlink") this.#another(path, `./${entry.linkTarget}`);
      else {
        const hash = createHash("sha256");
        yield entry.type === "file" ? { ...entry, content: hashed(entry.content, hash) } : entry;
        this.#add(path, entry, hash);
        continue;
      }
      yield entry;
    }
  }

  #add(path: string, { type, mode, uid, gid, linkTarget }: TreeEntry, hash: Hash): void {
    const bits = FORMAT[type] | (type === "link" ? 0o777 : mode);
    const attributes = `${bits.toString(16)} ${uid} ${gid} 0 0`;
    this.#attributes.set(path, attributes);
    if (type === "link") this.#targets.set(path, linkTarget);
    if (type === "file") this.#files.set(path, { sha256: hash.digest("hex"), attributes, names: 1 });
  }

  #another(path: string, target: string): void {
    const content = this.#files.get(target);
    if (content === undefined) return;
    content.names += 1;
    this.#files.set(path, content);
    this.#attributes.set(path, content.attributes);
  }

  /** As coreutils print it, which escape odd names, and as busybox does, which does not: mostly twice the same. */
  digests(): readonly string[] {
    return [sumLine, plainSumLine].map(line => this.#digest(line));
  }

  #digest(line: typeof sumLine): string {
    const all = sorted(this.#attributes.keys());
    const files = sorted(this.#files.keys());
    const lists = {
      all: all.map(path => `${path}\0`),
      attributes: all.map(path => `${this.#attributes.get(path)}\n`),
      names: files.map(path => `${this.#files.get(path)?.names}\n`),
      contents: files.map(path => line(this.#files.get(path)?.sha256 ?? "", path)),
      targets: sorted(this.#targets.keys()).map(path => `${this.#targets.get(path)}\n`),
    };
    const digests = Object.entries(lists).map(([name, lines]) => sumLine(sha256(lines), name));
    return sha256(digests);
  }
}

async function* hashed(content: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const piece of content) {
    hash.update(piece);
    yield piece;
  }
}

/** As `LC_ALL=C sort` does it: by bytes. */
const sorted = (paths: Iterable<string>): readonly string[] => [...paths].sort((a, b) => Buffer.compare(bytesOf(a), bytesOf(b)));

function sha256(lines: readonly string[]): string {
  const hash = createHash("sha256");
  for (const line of lines) hash.update(pathOf(line));
  return hash.digest("hex");
}

/** As sha256sum prints it: a name with a line break or a backslash is escaped, and the line says so. */
function sumLine(sum: string, path: string): string {
  const escaped = path.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  return `${escaped === path ? "" : "\\"}${sum}  ${escaped}\n`;
}

const plainSumLine = (sum: string, path: string): string => `${sum}  ${path}\n`;

/** The same of a tree that is there. By our own hand, which is five times as fast as the program sha256sum where it cannot use what the processor has for it. */
export async function digestHere(root: string): Promise<string> {
  const seen = new TreeDigest();
  for await (const { content } of seen.along(entriesIn(root))) for await (const _ of content);
  return seen.digests()[0] ?? "";
}
