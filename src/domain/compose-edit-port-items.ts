import { isScalar, type Node, type YAMLSeq } from "yaml";
import { type Entry, isReset } from "./compose-document.ts";
import { keepForOthers } from "./compose-edit-scalars.ts";
import { cannotEdit, type TextEdits } from "./compose-edit-text.ts";
import type { PortModel } from "./compose-model.ts";
import { type PortText, readPort, readRange, writeRange } from "./compose-port-text.ts";

/** One item of a `ports:` list, short or long. */
export interface PortItem {
  readonly edits: TextEdits;
  readonly list: YAMLSeq;
  /** Through aliases. */
  readonly node: Node;
  readonly address: string | null;
  /** The published part as written; null when there is none. */
  readonly host: string | null;
  /** Null when a variable stands in it. */
  readonly container: readonly number[] | null;
  readonly protocol: string;
}

/** What a `ports:` entry lists. */
export function portItems(edits: TextEdits, entry: Entry): readonly PortItem[] {
  const { document } = edits;
  const list = document.list(entry.value);
  return (list?.items ?? []).flatMap((written: unknown): PortItem[] => {
    const node = document.follow(written);
    if (!list || !node || isReset(node)) return [];
    const text = document.scalar(node);
    if (text !== null) {
      const { address, host, container, protocol } = readPort(text);
      return [{ edits, list, node, address, host, container: readRange(container), protocol }];
    }
    const target = document.scalar(document.entry(node, "target")?.value);
    return [
      {
        edits,
        list,
        node,
        address: document.scalar(document.entry(node, "host_ip")?.value),
        host: document.scalar(document.entry(node, "published")?.value),
        container: target === null ? null : readRange(target),
        protocol: document.scalar(document.entry(node, "protocol")?.value) ?? "tcp",
      },
    ];
  });
}

/** Publishes what an item stands for (`ports`, as they are resolved) on these hosts, one for each. */
export function rewrite(item: PortItem, ports: readonly PortModel[], hosts: readonly string[]): void {
  const { edits, node, container } = item;
  const text = edits.document.scalar(node);
  if (text === null) {
    rewriteLong(item, hosts);
    return;
  }
  keepForOthers(edits, node, ([section, , attribute]) => section === "services" && attribute === "ports");
  const short = readPort(text);
  const range = hosts.length === 1 ? (hosts[0] ?? null) : writeRange(hosts.map(Number));
  if (container === null || (ports.length !== container.length && hosts.length > 1)) {
    writeItems(
      item,
      ports.map((port, index) => fullText(port, hosts[index] ?? "")),
    );
  } else if (range !== null) writeHost(item, text, short, range);
  else {
    const address = text.slice(0, short.hostFrom);
    const end = text.slice(short.hostFrom + (short.host === null ? 0 : short.host.length + 1) + short.container.length);
    const one = (host: string, target: number) => `${address}${host === "" && address === "" ? "" : `${host}:`}${target}${end}`;
    writeItems(
      item,
      ports.map(({ target }, index) => one(hosts[index] ?? "", target)),
    );
  }
}

function fullText(port: PortModel, host: string): string {
  const address = port.host_ip === undefined ? "" : `${port.host_ip.includes(":") ? `[${port.host_ip}]` : port.host_ip}:`;
  return `${address}${host}:${port.target}${(port.protocol ?? "tcp") === "tcp" ? "" : `/${port.protocol}`}`;
}

/** Only the host part's characters change, where the source says literally what the value is. */
function writeHost({ edits, node }: PortItem, text: string, { hostFrom, host: old }: PortText, host: string): void {
  const [start, end] = edits.extent(node);
  const quote = isScalar(node) && String(node.type).startsWith("QUOTE") ? 1 : 0;
  const from = start + quote + hostFrom;
  if (old !== null && edits.document.text.slice(start + quote, end - quote) === text)
    edits.replace(from, from + old.length, host);
  else
    edits.replace(
      start,
      end,
      JSON.stringify(`${text.slice(0, hostFrom)}${host}:${text.slice(hostFrom + (old === null ? 0 : old.length + 1))}`),
    );
}

/** One item becomes several, each on its line in a block list. */
function writeItems({ edits, node, list }: PortItem, texts: readonly string[]): void {
  if (!list.items.includes(node) || (isScalar(node) && node.anchor)) {
    throw cannotEdit(
      `The port in line ${edits.lineAt(node.range?.[0] ?? 0)} of ${edits.document.path}`,
      "it is shared by an anchor",
    );
  }
  const separator = list.flow ? ", " : `${edits.newline}${" ".repeat(edits.column(list.range?.[0] ?? 0))}- `;
  const [from, to] = edits.extent(node);
  edits.replace(from, to, texts.map(text => JSON.stringify(text)).join(separator));
}

function rewriteLong({ edits, node }: PortItem, hosts: readonly string[]): void {
  const map = edits.document.map(node);
  const [host] = hosts;
  if (!map) throw cannotEdit(`A port in ${edits.document.path}`, "it is neither a text nor a mapping");
  const what = `The port in line ${edits.lineAt(map.range?.[0] ?? 0)} of ${edits.document.path}`;
  if (host === undefined || hosts.length > 1) throw cannotEdit(what, "it publishes several ports at once");
  const published = edits.document.entry(node, "published");
  if (!published) {
    const start = map.range?.[0] ?? 0;
    const between = map.flow ? ", " : `${edits.newline}${" ".repeat(edits.column(start))}`;
    edits.replace(start + (map.flow ? 1 : 0), start + (map.flow ? 1 : 0), `published: "${host}"${between}`);
    return;
  }
  const { value } = published;
  if (published.holder !== map || !isScalar(value)) throw cannotEdit(what, "its published port comes from somewhere else");
  keepForOthers(edits, value, path => path[0] === "services" && path[2] === "ports");
  const [from, to] = edits.extent(value);
  const quote =
    { QUOTE_DOUBLE: '"', QUOTE_SINGLE: "'" }[String(value.type)] ??
    (/^\d+$/.test(host) && readRange(edits.document.text.slice(from, to)) ? "" : '"');
  edits.replace(from, to, `${quote}${host}${quote}`);
}
