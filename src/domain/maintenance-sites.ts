import type { CaddySite } from "./caddyfile.ts";

/** Caddy is to ask nobody for a certificate while the product is away. */
const NO_CERTIFICATES = ["auto_https off"];
const OWN_CERTIFICATES = ["auto_https disable_redirects", "local_certs", "skip_install_trust", "storage file_system /tmp/caddy"];

/** How the page is served on one port. */
export interface PageBlock {
  readonly text: string;
  readonly note: string | null;
  /** Caddy makes the certificate itself. */
  readonly isOwn: boolean;
}

/** Caddy's global options, as lines. */
export const siteOptions = (blocks: readonly PageBlock[]): string =>
  (blocks.some(({ isOwn }) => isOwn) ? OWN_CERTIFICATES : NO_CERTIFICATES).map(line => `\t${line}`).join("\n");

const word = (text: string): string => (/^[\w./@%+=:,*-]+$/.test(text) ? text : `"${text.replaceAll('"', '\\"')}"`);

export const plainBlock = (port: number): PageBlock => ({
  text: `\nhttp://:${port} {\n\timport page\n}\n`,
  note: null,
  isOwn: false,
});

/** Each host with its own certificate, and whoever asks for another host with the first. */
export function tlsBlocks(port: number, sites: readonly CaddySite[]): PageBlock {
  const named = new Map(sites.flatMap(({ host, certificate }) => (certificate ? [[host, certificate] as const] : [])));
  const [first] = named.values();
  const without = sites.filter(({ isTls: tls, certificate }) => tls && !certificate).map(({ host }) => host || "any host");
  if (!first) {
    const text = `\nhttps://:${port} {\n\ttls internal {\n\t\ton_demand\n\t}\n\timport page\n}\n`;
    const note = `has a certificate of its own on https (port ${port} of its container), which browsers warn of: the Caddyfile names no files of one there`;
    return { text, note, isOwn: true };
  }
  const hosts = new Map([...named, ["", named.get("") ?? first]]);
  const text = [...hosts].map(
    ([host, { certificate, key }]) => `\nhttps://${host}:${port} {\n\ttls ${word(certificate)} ${word(key)}\n\timport page\n}\n`,
  );
  const note =
    without.length > 0 ? `has another's certificate for ${without.join(", ")}, because the Caddyfile names none` : null;
  return { text: text.join(""), note, isOwn: false };
}
