import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { checkLimits, unreadable } from "./compose-limits.ts";
import type { ComposeSource } from "./isolation.ts";

/** A key and its value as they count for a mapping: its own, or brought by a merge key (`<<`). */
export interface Entry {
  readonly key: string;
  readonly pair: Pair;
  /** The mapping in which the key is written. */
  readonly holder: YAMLMap;
  /** As written: may be an alias. */
  readonly written: Node | null;
  /** Through aliases. */
  readonly value: Node | null;
}

/** Where a node is in effect: the path from the top, and the alias that stands there, if one does. */
export interface Use {
  readonly path: readonly string[];
  readonly alias: Alias | null;
}

const MAX_ALIASES = 5_000;
/** How many nodes the sections may come to once every alias is followed. */
const MAX_EXPANDED = 500_000;

/**
 * A compose file, parsed to know where things stand in its text. The parser's document is never printed: it would
 * change quoting, comments and tags like `!reset`.
 */
export class ComposeDocument {
  readonly path: string;
  readonly text: string;
  readonly root: YAMLMap | null;
  private readonly targets: ReadonlyMap<Alias, Node>;
  private sharedNodes: ReadonlySet<Node> | null = null;
  private readonly cache = new Map<YAMLMap, ReadonlyMap<string, Entry>>();

  private constructor(source: ComposeSource, root: YAMLMap | null, targets: ReadonlyMap<Alias, Node>) {
    this.path = source.path;
    this.text = source.text;
    this.root = root;
    this.targets = targets;
  }

  /** @throws OperatorError COMPOSE_UNREADABLE: not YAML, duplicate keys, tabs, too large, too many aliases */
  static parse(source: ComposeSource): ComposeDocument {
    checkLimits(source.path, source.text);
    // Duplicate keys are checked below: the parser's own check takes quadratic time.
    const parsed = parseDocument(source.text, {
      uniqueKeys: false,
      keepSourceTokens: true,
      prettyErrors: false,
      logLevel: "error",
    });
    const [error] = parsed.errors;
    if (error?.code === "MULTIPLE_DOCS")
      throw unreadable(source.path, "holds several YAML documents", "put each into a file of its own");
    if (error) throw unreadable(source.path, `is not valid YAML: ${error.message} (line ${lineOf(source.text, error.pos[0])})`);
    const contents = parsed.contents;
    if (contents !== null && !isMap(contents) && !(isScalar(contents) && contents.value === null)) {
      throw unreadable(source.path, "is not a mapping at its top");
    }
    const targets = resolveAliases(source, contents);
    return new ComposeDocument(source, isMap(contents) ? (contents as YAMLMap) : null, targets);
  }

  /** Whether a node is, or stands inside of, something that an alias stands for. */
  isShared(node: Node): boolean {
    this.sharedNodes ??= this.insideOf(new Set(this.targets.values()));
    return this.sharedNodes.has(node);
  }

  private insideOf(roots: ReadonlySet<Node>): ReadonlySet<Node> {
    const found = new Set<Node>();
    const walk = (node: unknown): void => {
      if (!isMap(node) && !isSeq(node) && !isScalar(node)) return;
      if (found.has(node as Node)) return;
      found.add(node as Node);
      if (isSeq(node)) node.items.forEach(walk);
      if (isMap(node)) for (const { value } of node.items) walk(value);
    };
    roots.forEach(walk);
    return found;
  }

  follow(node: unknown): Node | null {
    if (isAlias(node)) return this.targets.get(node) ?? null;
    return isMap(node) || isSeq(node) || isScalar(node) ? (node as Node) : null;
  }

  map(node: unknown): YAMLMap | null {
    const target = this.follow(node);
    return isMap(target) ? (target as YAMLMap) : null;
  }

  list(node: unknown): YAMLSeq | null {
    const target = this.follow(node);
    return isSeq(target) ? (target as YAMLSeq) : null;
  }

  /** The text of a scalar before interpolation; null for anything else, for nothing, and for what `!reset` takes away. */
  scalar(node: unknown): string | null {
    const target = this.follow(node);
    if (!isScalar(target) || target.value === null || isReset(target)) return null;
    return typeof target.value === "string" ? target.value : (target.source ?? String(target.value));
  }

  /** The mapping itself, then what it merges in, strongest first. */
  chain(map: YAMLMap): readonly YAMLMap[] {
    const merged = map.items.filter(isMergeKey).flatMap(pair => {
      const value = this.follow(pair.value);
      return isSeq(value) ? value.items : [value];
    });
    return [map, ...merged.flatMap(each => (this.map(each) ? this.chain(this.map(each) as YAMLMap) : []))];
  }

  /** What counts in a mapping, merge keys followed, in the order of the text; what `!reset` takes away is not in it. */
  entries(map: YAMLMap): ReadonlyMap<string, Entry> {
    const known = this.cache.get(map);
    if (known) return known;
    const found = new Map<string, Entry>();
    const reset = new Set<string>();
    for (const holder of new Set(this.chain(map))) {
      for (const pair of holder.items) {
        if (isMergeKey(pair) || !isScalar(pair.key)) continue;
        const key = keyText(pair);
        if (found.has(key) || reset.has(key)) continue;
        if (isReset(pair.value)) reset.add(key);
        else found.set(key, { key, pair, holder, written: (pair.value ?? null) as Node | null, value: this.follow(pair.value) });
      }
    }
    this.cache.set(map, found);
    return found;
  }

  entry(map: unknown, key: string): Entry | null {
    const target = this.map(map);
    return (target && this.entries(target).get(key)) ?? null;
  }

  /** `services`, `volumes`, `networks`: what the file defines. */
  section(name: string): ReadonlyMap<string, Entry> {
    const map = this.map(this.root && this.entry(this.root, name)?.value);
    return map ? this.entries(map) : new Map();
  }

  /** Every use of a variable in the file's values, as often as it stands there. */
  variables(): readonly string[] {
    const found: string[] = [];
    const walk = (node: unknown): void => {
      if (isScalar(node) && typeof node.value === "string") {
        for (const [, name] of node.value.replaceAll("$$", "").matchAll(/\$\{?([A-Za-z_][A-Za-z0-9_]*)/g)) found.push(name ?? "");
      }
      if (isSeq(node)) node.items.forEach(walk);
      if (isMap(node)) for (const { value } of node.items) walk(value);
    };
    walk(this.root);
    return found;
  }

  /** Every place where these nodes are in effect, extensions (`x-...`) left out. */
  uses(wanted: ReadonlySet<Node>): ReadonlyMap<Node, readonly Use[]> {
    const found = new Map<Node, Use[]>();
    const walk = (written: unknown, path: readonly string[]): void => {
      const node = this.follow(written);
      if (!node) return;
      if (wanted.has(node)) found.set(node, [...(found.get(node) ?? []), { path, alias: isAlias(written) ? written : null }]);
      if (isMap(node)) for (const [key, entry] of this.entries(node as YAMLMap)) walk(entry.written, [...path, key]);
      if (isSeq(node)) for (const [index, item] of node.items.entries()) walk(item, [...path, String(index)]);
    };
    if (this.root) for (const [key, entry] of this.entries(this.root)) if (!key.startsWith("x-")) walk(entry.written, [key]);
    return found;
  }
}

export const isReset = (node: unknown): boolean => (isScalar(node) || isMap(node) || isSeq(node)) && node.tag === "!reset";

export const keyText = (pair: Pair): string => {
  const key = pair.key;
  return isScalar(key) ? (typeof key.value === "string" ? key.value : (key.source ?? String(key.value))) : "";
};

const isMergeKey = (pair: Pair): boolean => isScalar(pair.key) && pair.key.value === "<<" && pair.key.type === "PLAIN";

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;

/** Finds the node of every alias in one pass, and checks on the way that keys are unique and the whole stays small. */
function resolveAliases(source: ComposeSource, contents: unknown): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const open = new Set<Node>();
  const targets = new Map<Alias, Node>();
  const sizes = new Map<Node, number>();
  const visit = (node: unknown): number => {
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      const use = () => `uses the alias *${node.source} in line ${lineOf(source.text, node.range?.[0] ?? 0)}`;
      if (!target) throw unreadable(source.path, `${use()}, which no anchor before it defines`);
      if (open.has(target)) throw unreadable(source.path, `${use()}, inside of what it stands for`);
      targets.set(node, target);
      if (targets.size > MAX_ALIASES) throw unreadable(source.path, `uses more than ${MAX_ALIASES} aliases`);
      return sizes.get(target) ?? 1;
    }
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return 1;
    if (node.anchor) anchors.set(node.anchor, node as Node);
    open.add(node as Node);
    let size = 1;
    if (isMap(node)) {
      checkKeys(source, node as YAMLMap);
      for (const pair of node.items) size += visit(pair.key) + visit(pair.value);
    }
    if (isSeq(node)) for (const item of node.items) size += visit(item);
    open.delete(node as Node);
    if (size > MAX_EXPANDED)
      throw unreadable(source.path, `comes to more than ${MAX_EXPANDED} values once its aliases are followed`);
    sizes.set(node as Node, size);
    return size;
  };
  visit(contents);
  return targets;
}

function checkKeys(source: ComposeSource, map: YAMLMap): void {
  const seen = new Set<string>();
  for (const pair of map.items) {
    if (!isScalar(pair.key) || isMergeKey(pair)) continue;
    const key = keyText(pair);
    if (seen.has(key))
      throw unreadable(source.path, `has the key "${key}" twice (line ${lineOf(source.text, pair.key.range?.[0] ?? 0)})`);
    seen.add(key);
  }
}
