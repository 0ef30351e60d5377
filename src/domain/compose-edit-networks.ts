import { isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap, type YAMLSeq } from "yaml";
import type { Entry } from "./compose-document.ts";
import type { Site } from "./compose-edit-definitions.ts";
import { cannotEdit, type TextEdits, yamlFlow, yamlString } from "./compose-edit-text.ts";
import type { ServiceModel } from "./compose-model.ts";

export type Networks = NonNullable<ServiceModel["networks"]>;

/** The networks on which the service does not yet have the alias. */
export const lacking = (networks: Networks, alias: string): readonly string[] =>
  Object.keys(networks).filter(key => networks[key]?.aliases?.includes(alias) !== true);

export const withAlias = (networks: Networks, alias: string | null): Networks =>
  Object.fromEntries(
    Object.entries(networks).map(([key, options]) => {
      if (alias === null || options?.aliases?.includes(alias)) return [key, options];
      return [key, { ...options, aliases: [...(options?.aliases ?? []), alias] }];
    }),
  );

/**
 * Adds an alias on every network that a service's own `networks:` gives it, item by item.
 *
 * @param networks all that Compose resolves for the service, also from other files
 * @returns false where the way it is written does not allow that; then the whole value has to be written anew
 */
export function addAliases({ definition: { edits }, entry }: Site, networks: Networks, alias: string): boolean {
  const { written } = entry;
  if (isSeq(written)) return intoList(edits, entry, written as YAMLSeq, networks, alias);
  if (isMap(written)) return intoMap(edits, entry, written as YAMLMap, networks, alias);
  return false;
}

/** A list of networks becomes a mapping: each item becomes a key on its line. */
function intoList(edits: TextEdits, entry: Entry, list: YAMLSeq, networks: Networks, alias: string): boolean {
  const lack = lacking(networks, alias);
  const items = list.items as unknown[];
  const keys = items.map(item => edits.document.scalar(item) ?? "");
  const simple = items.every(
    (item, index) => isScalar(item) && !item.anchor && !item.tag && Object.hasOwn(networks, keys[index] ?? ""),
  );
  if (!simple || items.length === 0 || !list.range) return false;
  const options = (key: string): string => (lack.includes(key) ? yamlFlow({ aliases: [alias] }) : "{}");
  const others = lack.filter(key => !keys.includes(key)).map(key => `${yamlString(key, true)}: ${options(key)}`);
  const at = list.range[0];
  if (list.flow) {
    edits.replace(at, at + 1, ["{", ...others.map(other => `${other}, `)].join(""));
    edits.replace(list.range[1] - 1, list.range[1], "}");
    for (const [index, item] of items.entries()) {
      const end = edits.extent(item as Node)[1];
      edits.replace(end, end, `: ${options(keys[index] ?? "")}`);
    }
    return true;
  }
  const dashes = dashesOf(list);
  const keyColumn = isScalar(entry.pair.key) ? edits.column(entry.pair.key.range?.[0] ?? 0) : 0;
  // A list may stand as far left as its key; a mapping may not.
  const shift = edits.column(at) > keyColumn ? "" : "  ";
  const indent = " ".repeat(edits.column(at)) + shift;
  if (dashes.length !== items.length) return false;
  for (const [index, item] of items.entries()) {
    const [from, to] = edits.extent(item as Node);
    const before = index === 0 ? others.map(other => `${other}${edits.newline}${indent}`).join("") : "";
    edits.replace(
      dashes[index] ?? from,
      to,
      `${shift}${before}${edits.document.text.slice(from, to)}: ${options(keys[index] ?? "")}`,
    );
  }
  return true;
}

function intoMap(edits: TextEdits, entry: Entry, map: YAMLMap, networks: Networks, alias: string): boolean {
  const { document } = edits;
  const full = withAlias(networks, alias);
  for (const key of lacking(networks, alias)) {
    const network = document.entry(map, key);
    if (!network || network.holder !== map) edits.addKey(entry, yamlString(key, true), yamlFlow(full[key]));
    else if (isMap(network.written)) intoNetwork(edits, network, network.written as YAMLMap, full[key]?.aliases ?? [], alias);
    else if (isAlias(network.written)) edits.setValue(network, yamlFlow(full[key]));
    else edits.addKey(network, "aliases", yamlFlow([alias]));
  }
  return true;
}

function intoNetwork(edits: TextEdits, network: Entry, map: YAMLMap, all: readonly string[], alias: string): void {
  const { document } = edits;
  const present = document.entry(map, "aliases");
  const list = present?.written;
  const nodes = new Set<Node>([map as Node, ...(isSeq(list) ? [list as Node] : [])]);
  const shared =
    document.isShared(map as Node) && [...document.uses(nodes).values()].some(uses => uses.some(use => use.alias !== null));
  if (shared) throw cannotEdit(`The aliases on the network ${network.key} in ${document.path}`, "they are shared by an anchor");
  if (!present || present.holder !== map) edits.addKey(network, "aliases", yamlFlow(present ? all : [alias]));
  else if (!isSeq(list) || list.items.length === 0 || !list.range) edits.setValue(present, yamlFlow(all));
  else if (list.flow) {
    const at = list.range[0] + (/^\[\s*/.exec(document.text.slice(list.range[0]))?.[0].length ?? 1);
    edits.replace(at, at, `${yamlString(alias, true)}, `);
  } else {
    const indent = " ".repeat(edits.column(list.range[0]));
    edits.replace(list.range[0], list.range[0], `- ${yamlString(alias, false)}${edits.newline}${indent}`);
  }
}

interface Token {
  readonly type: string;
  readonly offset: number;
}

/** Where the dashes of a block list stand. */
function dashesOf(list: YAMLSeq): readonly number[] {
  const token = list.srcToken as { items?: readonly { start: readonly Token[] }[] } | undefined;
  return (token?.items ?? []).flatMap(({ start }) =>
    start.filter(({ type }) => type === "seq-item-ind").map(({ offset }) => offset),
  );
}
