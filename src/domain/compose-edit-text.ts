import { isAlias, isMap, isNode, isPair, isScalar, isSeq, type Node, type Pair, type YAMLMap } from "yaml";
import { OperatorError } from "../errors.ts";
import type { ComposeDocument, Entry } from "./compose-document.ts";

interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export const cannotEdit = (what: string, why: string): OperatorError =>
  new OperatorError("COMPOSE_EDIT", `${what} cannot be changed exactly: ${why}.`, {
    hint: "change it by hand in the compose file, then try again",
  });

/** Own properties only: a volume may be called `constructor`. */
export const lookup = (names: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(names, key) ? names[key] : undefined;

const WORDS = /^(?:true|false|yes|no|on|off|y|n|null|nan|inf)$/i;

/** A string as YAML that every version reads as that string, in block and flow context. */
export function yamlString(text: string, flow: boolean): string {
  const plain = flow ? /^[A-Za-z_][A-Za-z0-9_.-]*$/ : /^[A-Za-z_/][A-Za-z0-9_./-]*(?::[A-Za-z0-9_./-]+)*$/;
  return plain.test(text) && !WORDS.test(text) ? text : JSON.stringify(text);
}

/** Any resolved value on one line, for a value that has to be written anew. */
export function yamlFlow(value: unknown): string {
  if (typeof value === "string") return yamlString(value, true);
  if (Array.isArray(value)) return `[${value.map(yamlFlow).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value).filter(([, each]) => each !== undefined);
    return `{${pairs.map(([key, each]) => `${yamlString(key, true)}: ${yamlFlow(each)}`).join(", ")}}`;
  }
  return JSON.stringify(value ?? null);
}

/** Collects splices into one file's text. Doing the same twice is the same as once; two that contradict are refused. */
export class TextEdits {
  readonly document: ComposeDocument;
  private readonly splices = new Map<string, Splice>();
  /** Keys to add to a mapping, by the entry whose value it is. */
  private readonly additions = new Map<Pair, { readonly entry: Entry; readonly keys: Map<string, string> }>();

  constructor(document: ComposeDocument) {
    this.document = document;
  }

  replace(from: number, to: number, text: string): void {
    const known = this.splices.get(`${from}-${to}`);
    if (known && known.text !== text) {
      throw cannotEdit(`${this.document.path}, line ${this.lineAt(from)},`, "two different texts are needed in one place");
    }
    this.splices.set(`${from}-${to}`, { from, to, text });
  }

  /** A scalar gets this string; the quotes that it is written in stay. */
  setScalar(node: Node, text: string, flow: boolean): void {
    const [from, to] = this.extent(node);
    const quote = isScalar(node) ? { QUOTE_DOUBLE: '"', QUOTE_SINGLE: "'" }[String(node.type)] : undefined;
    this.replace(from, to, quote && !/["'\\]/.test(text) ? `${quote}${text}${quote}` : yamlString(text, flow));
  }

  /** The value of an entry becomes this YAML on the line of its key; anchor, tag and comment of that line stay. */
  setValue(entry: Entry, yaml: string): void {
    const { written } = entry;
    const colon = colonOf(entry.pair);
    if (colon === null) throw cannotEdit(`${entry.key} in ${this.document.path}`, "it has no value");
    if (written?.range && !isBlockCollection(written)) {
      const [from, to] = this.extent(written);
      this.replace(from, to, this.document.text.charAt(from - 1) === ":" ? ` ${yaml}` : yaml);
      return;
    }
    const properties = /^(?:[ ]*[&!][^\s]+)*/.exec(this.document.text.slice(colon + 1))?.[0].length ?? 0;
    const at = colon + 1 + properties;
    this.replace(at, at, ` ${yaml}`);
    if (written) this.replace(this.lineEnd(at), this.extent(written)[1], "");
  }

  /** The value of `entry` gets one more key: in its mapping, or in a mapping that is made of nothing or of an alias. */
  addKey(entry: Entry, key: string, yaml: string): void {
    const addition = this.additions.get(entry.pair) ?? { entry, keys: new Map<string, string>() };
    const known = addition.keys.get(key);
    if (known !== undefined && known !== yaml)
      throw cannotEdit(`${key} in ${this.document.path}`, "two different texts are needed in one place");
    addition.keys.set(key, yaml);
    this.additions.set(entry.pair, addition);
  }

  /** @throws OperatorError COMPOSE_EDIT when splices overlap */
  result(): string {
    for (const { entry, keys } of this.additions.values()) this.writeAddition(entry, [...keys]);
    this.additions.clear();
    const { text } = this.document;
    let result = "";
    let at = 0;
    for (const { from, to, text: replacement } of [...this.splices.values()].sort((a, b) => a.from - b.from || a.to - b.to)) {
      if (from < at) throw cannotEdit(`${this.document.path}, line ${this.lineAt(from)},`, "two changes meet there");
      result += text.slice(at, from) + replacement;
      at = to;
    }
    return result + text.slice(at);
  }

  column(offset: number): number {
    return offset - (this.document.text.lastIndexOf("\n", offset - 1) + 1);
  }

  get newline(): string {
    return this.document.text.includes("\r\n") ? "\r\n" : "\n";
  }

  lineAt(offset: number): number {
    return this.document.text.slice(0, offset).split("\n").length;
  }

  /** Where a node's text stands, without the line ends and comments after it. */
  extent(node: Node): readonly [number, number] {
    const range = node.range;
    if (!range) throw cannotEdit(this.document.path, "a value has no place in the text");
    if (isBlockCollection(node)) return [range[0], this.endOfBlock(node)];
    const isBlockText = isScalar(node) && String(node.type).startsWith("BLOCK");
    const text = this.document.text.slice(range[0], range[1]);
    return [range[0], range[1] - (isBlockText ? text.length - text.trimEnd().length : 0)];
  }

  private endOfBlock(node: Node): number {
    const items = isMap(node) || isSeq(node) ? node.items : [];
    const last = items.at(-1);
    const value = isPair(last) ? (last.value ?? last.key) : last;
    const inner = isNode(value) ? this.extent(value as Node)[1] : (node.range?.[1] ?? 0);
    const colon = isPair(last) ? (colonOf(last) ?? -1) + 1 : 0;
    return Math.max(inner, colon);
  }

  private writeAddition(entry: Entry, keys: readonly (readonly [string, string])[]): void {
    const { written } = entry;
    const flow = keys.map(([key, yaml]) => `${key}: ${yaml}`).join(", ");
    const colon = colonOf(entry.pair);
    const keyRange = isScalar(entry.pair.key) ? entry.pair.key.range : null;
    if (isAlias(written)) this.setValue(entry, `{<<: *${written.source}, ${flow}}`);
    else if (isMap(written)) this.addToMap(written as YAMLMap, keys, flow);
    else if (written !== null && !(isScalar(written) && written.value === null)) {
      throw cannotEdit(`${entry.key} in ${this.document.path}`, "it is not a mapping");
    } else if (colon === null) this.replace(keyRange?.[1] ?? 0, keyRange?.[1] ?? 0, `: {${flow}}`);
    else if (entry.holder.flow || (written !== null && this.document.text.slice(...this.extent(written)) !== "")) {
      this.setValue(entry, `{${flow}}`);
    } else {
      const indent = " ".repeat(this.column(keyRange?.[0] ?? 0) + this.step());
      const lineEnd = this.lineEnd(colon);
      this.replace(lineEnd, lineEnd, keys.map(([key, yaml]) => `${this.newline}${indent}${key}: ${yaml}`).join(""));
    }
  }

  private addToMap(map: YAMLMap, keys: readonly (readonly [string, string])[], flow: string): void {
    const start = map.range?.[0] ?? 0;
    const [first] = map.items;
    if (map.flow) {
      const at = first && isScalar(first.key) ? (first.key.range?.[0] ?? start + 1) : start + 1;
      this.replace(at, at, first ? `${flow}, ` : flow);
      return;
    }
    const column = this.column(start);
    const indent = " ".repeat(column);
    const startsItsLine = this.document.text.slice(start - column, start).trim() === "";
    const at = startsItsLine ? this.aboveComments(start - column) : start;
    const lines = keys.map(([key, yaml]) =>
      startsItsLine ? `${indent}${key}: ${yaml}${this.newline}` : `${key}: ${yaml}${this.newline}${indent}`,
    );
    this.replace(at, at, lines.join(""));
  }

  /** Up over the comments and blank lines that stand in front of a mapping's first key: they are about that key. */
  private aboveComments(lineStart: number): number {
    let at = lineStart;
    while (at > 0) {
      const before = this.document.text.lastIndexOf("\n", at - 2) + 1;
      if (!/^\s*(?:#.*)?$/.test(this.document.text.slice(before, at).trimEnd())) break;
      at = before;
    }
    return at;
  }

  private lineEnd(from: number): number {
    const newline = this.document.text.indexOf("\n", from);
    const end = newline < 0 ? this.document.text.length : newline;
    return this.document.text.charAt(end - 1) === "\r" ? end - 1 : end;
  }

  /** How far the file indents: as its first indented line. */
  private step(): number {
    return /^( +)[^\s#-]/m.exec(this.document.text)?.[1]?.length ?? 2;
  }
}

const isBlockCollection = (node: Node): boolean => (isMap(node) || isSeq(node)) && node.flow !== true;

/** Where the colon between key and value stands; null when there is none. */
export function colonOf(pair: Pair): number | null {
  const token = (pair as { srcToken?: { sep?: readonly { type: string; offset: number }[] } }).srcToken;
  return token?.sep?.find(({ type }) => type === "map-value-ind")?.offset ?? null;
}
