import { X509Certificate } from "node:crypto";

/** What a certificate says of itself; nothing of it is secret. */
export interface Certificate {
  /** `CN=example.com` in one line. */
  readonly subject: string;
  readonly issuer: string;
  /** ISO 8601. */
  readonly until: string;
}

const PEM = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED )?CERTIFICATE-----/g;

const line = (text: string): string => text.trim().replaceAll("\n", ", ");

export function certificateIn(source: string | Buffer): Certificate | null {
  try {
    const { subject, issuer, validTo } = new X509Certificate(source);
    return { subject: line(subject), issuer: line(issuer), until: new Date(validTo).toISOString() };
  } catch {
    return null;
  }
}

/** The certificates of a file, its own first and then those that vouch for it; empty for a file that has none. */
export const certificatesIn = (text: string): readonly Certificate[] =>
  [...text.matchAll(PEM)].flatMap(([pem]) => certificateIn(pem) ?? []);

/** Caddy makes these itself, for half a day each, and renews them. */
export const isCaddysOwn = ({ issuer }: Pick<Certificate, "issuer">): boolean => /Caddy Local Authority/.test(issuer);
