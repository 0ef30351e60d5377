import { type CaddyLine, readCaddyLines } from "./caddyfile-tokens.ts";

/** One address of a site, with the certificate that it is served with. */
export interface CaddySite {
  /** Empty for whatever host is asked for. */
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  /** Files that the Caddyfile names; null where Caddy makes or fetches the certificate itself, or there is none. */
  readonly certificate: { readonly certificate: string; readonly key: string } | null;
}

const MAX_IMPORTS = 8;

/** Caddy puts the environment in before it reads anything else: `{$NAME}`, `{$NAME:default}`. */
const withEnvironment = (text: string, environment: Readonly<Record<string, string>>): string =>
  text.replace(/\{\$([^}:]+)(?::([^}]*))?\}/g, (_, name: string, fallback = "") => (environment[name] ?? "") || String(fallback));

const withArguments = (lines: readonly CaddyLine[], given: readonly string[]): readonly CaddyLine[] =>
  lines.map(({ words, block }) => ({
    words: words.map(word => word.replace(/\{args(?:\.(\d+)|\[(\d+)\])\}/g, (whole, a, b) => given[Number(a ?? b)] ?? whole)),
    block: block && withArguments(block, given),
  }));

/** The lines with the snippets that they import; null where something is imported that stands in another file. */
function expanded(
  lines: readonly CaddyLine[],
  snippets: ReadonlyMap<string | null, readonly CaddyLine[]>,
  depth = 0,
): readonly CaddyLine[] | null {
  const all: CaddyLine[] = [];
  for (const line of lines) {
    const [first, name = "", ...given] = line.words;
    if (first !== "import") {
      all.push(line);
      continue;
    }
    const snippet = snippets.get(name);
    const inner = snippet && depth < MAX_IMPORTS ? expanded(withArguments(snippet, given), snippets, depth + 1) : null;
    if (inner === null) return null;
    all.push(...inner);
  }
  return all;
}

const optionPort = (options: readonly CaddyLine[], name: string, usual: number): number =>
  Number(options.find(({ words }) => words[0] === name)?.words[1] ?? usual);

const snippetName = ({ words: [word = ""], block }: CaddyLine): string | null =>
  block === null ? null : (/^\((.+)\)$/.exec(word)?.[1] ?? null);

/**
 * The sites of a Caddyfile: who is served where, and with which certificate.
 * @param environment of the container that reads it
 * @returns null for what cannot be told from this file alone: it imports others, or is no Caddyfile
 */
export function caddySites(text: string, environment: Readonly<Record<string, string>>): readonly CaddySite[] | null {
  const lines = readCaddyLines(withEnvironment(text, environment));
  if (lines === null) return null;
  const isOptions = (line: CaddyLine | undefined) => line?.words.length === 0;
  const options = (isOptions(lines[0]) ? lines[0]?.block : null) ?? [];
  const snippets = new Map(lines.map(line => [snippetName(line), line.block ?? []] as const));
  const named = lines.filter(line => !isOptions(line) && snippetName(line) === null && !line.words[0]?.startsWith("&("));
  const blocks = blocksOf(expanded(named, snippets));
  if (blocks === null) return null;
  const ports = { http: optionPort(options, "http_port", 80), https: optionPort(options, "https_port", 443) };
  const sites: CaddySite[] = [];
  for (const { addresses, body } of blocks) {
    const directives = expanded(body, snippets);
    const found = addresses.map(address => siteAt(address, directives ?? [], ports));
    if (directives === null || found.includes(null)) return null;
    sites.push(...found.filter(site => site !== null));
  }
  return sites;
}

interface SiteBlock {
  readonly addresses: readonly string[];
  readonly body: readonly CaddyLine[];
}

/** Addresses go on in the next line after a comma. One site alone may stand there without braces. */
function blocksOf(lines: readonly CaddyLine[] | null): readonly SiteBlock[] | null {
  const blocks: SiteBlock[] = [];
  let addresses: readonly string[] = [];
  for (const [at, { words, block }] of (lines ?? []).entries()) {
    addresses = [...addresses, ...words.flatMap(word => word.split(",")).filter(word => word !== "")];
    if (block !== null) {
      blocks.push({ addresses, body: block });
      addresses = [];
    } else if (words.at(-1)?.endsWith(",") !== true) {
      return blocks.length === 0 ? [{ addresses, body: lines?.slice(at + 1) ?? [] }] : null;
    }
  }
  return lines === null || addresses.length > 0 ? null : blocks;
}

const ADDRESS = /^(?:(https?):\/\/)?(\[[0-9A-Fa-f:.]+\]|[\p{L}\p{N}.*_-]*)(?::(\d+))?(?:\/.*)?$/u;

function siteAt(
  address: string,
  directives: readonly CaddyLine[],
  ports: { readonly http: number; readonly https: number },
): CaddySite | null {
  const match = ADDRESS.exec(address);
  if (!match) return null;
  const [, scheme, host = "", given] = match;
  const tls = directives.findLast(({ words }) => words[0] === "tls");
  const port = given === undefined ? (scheme === "http" ? ports.http : ports.https) : Number(given);
  const isTls =
    scheme === "https" ||
    (scheme !== "http" && port !== ports.http && (port === ports.https || tls !== undefined || host !== ""));
  const [, certificate, key] = tls?.words ?? [];
  const isNamed = isTls && certificate !== undefined && key !== undefined && !`${certificate}${key}`.includes("{");
  return { host, port, isTls, certificate: isNamed ? { certificate, key } : null };
}
