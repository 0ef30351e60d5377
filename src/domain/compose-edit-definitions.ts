import { isAlias, isMap, type YAMLMap } from "yaml";
import { ComposeDocument, type Entry } from "./compose-document.ts";
import { cannotEdit, TextEdits } from "./compose-edit-text.ts";
import type { ComposeModel } from "./compose-model.ts";
import { folderOf, joinPath } from "./compose-paths.ts";
import type { ComposeSource } from "./isolation.ts";

export type Section = "services" | "volumes" | "networks";

/** One place that defines a service, volume or network: `services.web` in a file. */
export interface Definition {
  readonly edits: TextEdits;
  readonly entry: Entry;
}

/** Where an attribute of a definition is written. */
export interface Site {
  readonly definition: Definition;
  readonly entry: Entry;
}

interface Sharing {
  readonly sharing: ReadonlyMap<YAMLMap, readonly Entry[]>;
  readonly defined: ReadonlyMap<Entry, readonly string[]>;
}

/** A project's files together with what Compose makes of them: who is defined where, and who takes over whose definition. */
export class Definitions {
  readonly model: ComposeModel;
  readonly files: readonly TextEdits[];
  private readonly named: ReadonlySet<string>;
  private readonly extendedOnly: ReadonlySet<TextEdits>;
  private readonly cache = new Map<string, readonly Definition[]>();
  private readonly shared = new Map<Section, Sharing>();

  constructor(sources: readonly ComposeSource[], model: ComposeModel) {
    this.model = model;
    this.files = sources.map(source => new TextEdits(ComposeDocument.parse(source)));
    this.named = this.namedByOthers();
    this.extendedOnly = this.onlyExtended();
  }

  /** What Compose makes of the project has these: `services` keys and so on. */
  names(section: Section): readonly string[] {
    return Object.keys(this.model[section] ?? {});
  }

  /** Weakest first: what is extended, then the files in their order. */
  of(section: Section, name: string): readonly Definition[] {
    const id = `${section}/${name}`;
    const known = this.cache.get(id);
    if (known) return known;
    const found: Definition[] = [];
    for (const edits of this.files) {
      if (this.extendedOnly.has(edits)) continue;
      const entry = edits.document.section(section).get(name);
      if (!entry) continue;
      if (section === "services") found.push(...this.extended(edits, entry, 0));
      found.push({ edits, entry });
    }
    this.cache.set(id, found);
    return found;
  }

  /** Where new keys of this name go: the last file that defines it. */
  home(section: Section, name: string): Definition {
    const home = this.of(section, name).at(-1);
    if (!home) throw cannotEdit(`${section}.${name}`, "none of the compose files defines it");
    return home;
  }

  /** Whether a site is written, without an alias, right where new keys of this name would go. */
  isHome(section: Section, name: string, site: Site): boolean {
    return isOwn(site) && !isAlias(site.entry.written) && site.definition.entry === this.home(section, name).entry;
  }

  /** Where an attribute is written, weakest first. */
  sites(section: Section, name: string, attribute: string): readonly Site[] {
    return this.of(section, name).flatMap(definition => {
      const entry = definition.edits.document.entry(definition.entry.value, attribute);
      return entry ? [{ definition, entry }] : [];
    });
  }

  /**
   * Who else takes over keys that are written into this definition's own mapping: by aliases and merge keys, which own
   * keys beat, or (`extending`) by `extends` and from another file, where lists and mappings are put together.
   */
  heirs(section: Section, name: string): readonly { readonly name: string; readonly extending: boolean }[] {
    const { entry } = this.home(section, name);
    const own = ownMap(entry);
    const { sharing, defined } = this.sharing(section);
    const heirs = new Map<string, boolean>();
    for (const place of new Set([entry, ...((own && sharing.get(own)) ?? [])])) {
      for (const heir of defined.get(place) ?? []) {
        if (heir !== name) heirs.set(heir, (heirs.get(heir) ?? true) && this.home(section, heir).entry !== place);
      }
    }
    return [...heirs].map(([heir, extending]) => ({ name: heir, extending }));
  }

  /** Which entries have a mapping in them, and who is defined by an entry, directly or by extending it. */
  private sharing(section: Section): Sharing {
    const known = this.shared.get(section);
    if (known) return known;
    const sharing = new Map<YAMLMap, Entry[]>();
    for (const { document } of this.files) {
      for (const entry of document.section(section).values()) {
        const map = document.map(entry.value);
        for (const each of new Set(map ? document.chain(map) : [])) append(sharing, each, entry);
      }
    }
    const defined = new Map<Entry, string[]>();
    for (const name of this.names(section)) {
      for (const { entry } of this.of(section, name)) append(defined, entry, name);
    }
    const found = { sharing, defined };
    this.shared.set(section, found);
    return found;
  }

  private extended(edits: TextEdits, entry: Entry, depth: number): readonly Definition[] {
    const extending = edits.document.entry(entry.value, "extends");
    if (!extending || depth > 100) return [];
    const { document } = edits;
    const service = document.scalar(extending.value) ?? document.scalar(document.entry(extending.value, "service")?.value);
    const file = document.scalar(document.entry(extending.value, "file")?.value);
    const target = file === null ? edits : this.fileAt(edits, file);
    const base = service === null ? undefined : target?.document.section("services").get(service);
    if (!target || !base || base === entry) return [];
    return [...this.extended(target, base, depth + 1), { edits: target, entry: base }];
  }

  /** A path in a file that is named by another is relative to its own folder, else to the first file's, the project's. */
  private fileAt({ document }: TextEdits, path: string): TextEdits | undefined {
    const own = folderOf(document.path);
    const main = folderOf(this.files[0]?.document.path ?? "");
    const folders = this.named.has(document.path) ? [own, main] : [main, own];
    return folders
      .map(folder => this.files.find(each => each.document.path === joinPath(folder, path)))
      .find(each => each !== undefined);
  }

  private extendedPaths({ document }: TextEdits): readonly string[] {
    return [...document.section("services").values()].flatMap(({ value }) => {
      const file = document.scalar(document.entry(document.entry(value, "extends")?.value, "file")?.value);
      return file === null ? [] : [file];
    });
  }

  /** Paths of files that other files include or extend. */
  private namedByOthers(): ReadonlySet<string> {
    const main = folderOf(this.files[0]?.document.path ?? "");
    const paths = this.files.flatMap(edits => {
      const named = [...this.extendedPaths(edits), ...includes(edits.document).flatMap(each => each.paths)];
      return named.flatMap(path => [joinPath(folderOf(edits.document.path), path), joinPath(main, path)]);
    });
    return new Set(paths);
  }

  /** Files that are only there to be extended: their services are not the project's. */
  private onlyExtended(): ReadonlySet<TextEdits> {
    const extended = new Set<TextEdits>();
    const included = new Set<TextEdits>(this.files.slice(0, 1));
    for (const edits of this.files) {
      for (const path of this.extendedPaths(edits)) {
        const target = this.fileAt(edits, path);
        if (target) extended.add(target);
      }
      for (const path of includes(edits.document).flatMap(each => each.paths)) {
        const target = this.fileAt(edits, path);
        if (target) included.add(target);
      }
    }
    return new Set([...extended].filter(each => !included.has(each) && !/\boverride\.ya?ml$/.test(each.document.path)));
  }
}

function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** The mapping that is written right at this entry, not somewhere else and aliased; null when there is none. */
export const ownMap = (entry: Entry): YAMLMap | null =>
  isMap(entry.written) && !isAlias(entry.written) ? (entry.written as YAMLMap) : null;

/** Whether a key is written in the definition's own mapping, and not brought by a merge key or an alias. */
export const isOwn = ({ definition, entry }: Site): boolean => entry.holder === ownMap(definition.entry);

/** What a file's `include:` names, as it is written; `folder` where it says `project_directory`. */
export function includes(
  document: ComposeDocument,
): readonly { readonly paths: readonly string[]; readonly folder: string | null }[] {
  const list = document.list(document.root && document.entry(document.root, "include")?.value);
  return (list?.items ?? []).map((item: unknown) => {
    const plain = document.scalar(item);
    if (plain !== null) return { paths: [plain], folder: null };
    const path = document.entry(item, "path")?.value;
    const one = document.scalar(path);
    const paths = one !== null ? [one] : (document.list(path)?.items ?? []).map((each: unknown) => document.scalar(each) ?? "");
    return { paths, folder: document.scalar(document.entry(item, "project_directory")?.value) };
  });
}
