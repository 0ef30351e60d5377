import { COMPOSE_FILES } from "../domain/bundle.ts";
import { cleanPath, collisionKey, linkDestination } from "./bundle-names.ts";
import { hostile, shown } from "./tar-fault.ts";
import type { TarEntry } from "./tar-reader.ts";

export const IMAGE_ARCHIVES: readonly string[] = ["containers.tar", "containers.tar.gz"];

/** Names that graph-mgr uses in a folder. `graph-mgr.yml`, a bundle's own description of its product, is none of them. */
const RESERVED = /^\.graph-mgr/i;

/** `parent`: a folder that was only named in a path so far. */
type Kind = "file" | "link" | "folder" | "parent";

/** What a bundle has shown of itself so far: which names there are, and whether the next one goes with them. */
export class BundleTree {
  /** By collision key; how a name is written only where that differs, for there can be many. */
  readonly #kinds = new Map<string, Kind>();
  readonly #spellings = new Map<string, string>();
  /** By the link's path. */
  readonly #links = new Map<string, { readonly target: string; readonly destination: string }>();
  readonly #hardLinks = new Map<string, string>();

  /**
   * Takes note of an entry. Returns its path, and of a hard link the path of the file.
   *
   * @throws ArchiveFault hostile when nothing good can come of unpacking it
   */
  admit(entry: Pick<TarEntry, "path" | "type" | "linkTarget">): { readonly path: string; readonly file: string } {
    const path = cleanPath(entry.path);
    if (entry.type !== "folder" && (path === "" || entry.path.endsWith("/"))) {
      throw hostile(`${shown(entry.path)} has the name of a folder and is none`);
    }
    this.#admitParents(path);
    const there = this.#at(path);
    if (there !== null && !(entry.type === "folder" && there.kind === "parent" && there.path === path)) {
      throw hostile(
        there.path === path
          ? `${shown(entry.path)} is in it twice`
          : `${shown(entry.path)} and ${shown(there.path)} are one name on some file systems`,
      );
    }
    let file = path;
    if (entry.type === "link") {
      this.#links.set(path, { target: entry.linkTarget, destination: linkDestination(path, entry.linkTarget) });
    } else if (entry.type === "hardlink") {
      file = cleanPath(entry.linkTarget);
      const place = this.#at(file);
      if (place?.kind !== "file" || place.path !== file) {
        throw hostile(`${shown(entry.path)} is a second name for ${shown(entry.linkTarget)}, which is no file in front of it`);
      }
      file = this.#hardLinks.get(file) ?? file;
      this.#hardLinks.set(path, file);
    }
    this.#put(path, entry.type === "hardlink" ? "file" : entry.type);
    return { path, file };
  }

  /** Folders that are only named in paths count, and none of them may be a file or a link. */
  #admitParents(path: string): void {
    for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1)) {
      const parent = path.slice(0, slash);
      const there = this.#at(parent);
      if (there === null) {
        this.#put(parent, "parent");
        continue;
      }
      if (there.path !== parent) throw hostile(`${shown(parent)} and ${shown(there.path)} are one name on some file systems`);
      if (there.kind === "link") throw hostile(`${shown(path)} goes through the link ${shown(parent)}`);
      if (there.kind === "file") throw hostile(`${shown(path)} lies in ${shown(parent)}, which is a file`);
      // Its own parents were admitted with it.
      return;
    }
  }

  #at(path: string): { readonly path: string; readonly kind: Kind } | null {
    const key = collisionKey(path);
    const kind = this.#kinds.get(key);
    return kind === undefined ? null : { path: this.#spellings.get(key) ?? key, kind };
  }

  #put(path: string, kind: Kind): void {
    const key = collisionKey(path);
    this.#kinds.set(key, kind);
    if (key !== path) this.#spellings.set(key, path);
  }

  *#paths(): Generator<string> {
    for (const key of this.#kinds.keys()) yield this.#spellings.get(key) ?? key;
  }

  /** Whether there is nothing below the top. */
  get isEmpty(): boolean {
    return this.#kinds.size === (this.#kinds.has("") ? 1 : 0);
  }

  /** The only top name there is so far, with a slash; null when there are several, or none, or it is no folder. */
  get onlyTop(): string | null {
    const tops = new Set<string>();
    for (const path of this.#paths()) {
      if (path !== "") tops.add(path.split("/", 1)[0] ?? "");
      if (tops.size > 1) return null;
    }
    const [top] = tops;
    const kind = top === undefined ? undefined : this.#at(top)?.kind;
    return kind === "folder" || kind === "parent" ? `${top}/` : null;
  }

  /** Where the bundle's root lies: the folder with the compose file. Null when there is none. */
  get root(): string | null {
    return (
      [""].concat(this.onlyTop ?? []).find(root => COMPOSE_FILES.some(name => this.#has(root + name, ["file", "link"]))) ?? null
    );
  }

  #has(path: string, kinds: readonly Kind[]): boolean {
    const place = this.#at(path);
    return place !== null && place.path === path && kinds.includes(place.kind);
  }

  /**
   * What can be said when all is known: links stay below `root`, reserved names are free, the image archive is a plain
   * file. Returns the name of the image archive, null without one.
   *
   * @throws ArchiveFault hostile
   */
  settle(root: string): string | null {
    for (const path of this.#paths()) {
      const name = path.startsWith(root) ? path.slice(root.length).split("/", 1)[0] : undefined;
      if (name !== undefined && RESERVED.test(name)) throw hostile(`the name ${shown(path)} is reserved for graph-mgr`);
    }
    const inside = (path: string) => root === "" || path.startsWith(root) || `${path}/` === root;
    for (const [path, { target, destination }] of this.#links) {
      if (!inside(destination)) throw hostile(`the link ${shown(path)} to ${shown(target)} leads out of the bundle`);
    }
    const archives = IMAGE_ARCHIVES.filter(name => this.#has(root + name, ["file", "link", "folder", "parent"]));
    const [archive] = archives;
    if (archive === undefined) return null;
    if (archives.length > 1) throw hostile(`it brings two image archives, ${archives.map(shown).join(" and ")}`);
    if (!this.#has(root + archive, ["file"]) || this.#hardLinks.has(root + archive)) {
      throw hostile(`its image archive ${shown(archive)} is no file of its own`);
    }
    for (const [path, file] of this.#hardLinks) {
      if (file === root + archive) throw hostile(`${shown(path)} is a second name for the image archive`);
    }
    return archive;
  }

  /** The file that a link, or a hard link, stands for in the end; null when it is a folder or nothing. Also for files. */
  fileBehind(path: string): string | null {
    let at = path;
    for (let hops = 0; hops < 16; hops++) {
      const next = this.#links.get(at)?.destination ?? this.#hardLinks.get(at);
      if (next === undefined) return this.#has(at, ["file"]) ? at : null;
      at = next;
    }
    return null;
  }

  /** Everything that is another name for a file. */
  get aliases(): readonly string[] {
    return [...this.#links.keys(), ...this.#hardLinks.keys()];
  }
}
