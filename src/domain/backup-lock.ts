/** Where the secret stands that opens a backup: a file of the operator's, or, when it was typed in, the answers of the operation. */
export type KeyWay = { readonly kind: "identity" | "passphrase"; readonly file: string | null };

/** For whom a backup is encrypted. Recipients are public; of a passphrase a plan knows only where it stands. */
export type BackupLock =
  | { readonly kind: "recipients"; readonly recipients: readonly string[] }
  | { readonly kind: "passphrase"; readonly file: string | null };

/** A secret that opens backups. Never journalled, never shown. */
export interface BackupKey {
  readonly kind: KeyWay["kind"];
  readonly text: string;
  /** Its file; null for what was typed in. */
  readonly file: string | null;
}

/** The key under which a typed passphrase stands among the answers of an operation. */
export const PASSPHRASE_ANSWER = "passphrase";

/** Guessing goes on for ever, away from this machine, once somebody has the archive. */
const SHORTEST = 12;

/** What is wrong with a new passphrase, a sentence; null when it will do. */
export function weakPassphrase(text: string): string | null {
  if (/[\r\n\0]/.test(text)) return "A passphrase is one line.";
  return [...text].length < SHORTEST
    ? `A passphrase needs ${SHORTEST} signs at least; four random words are easy to keep.`
    : null;
}

/** The passphrase in a file: its first line, as editors end it; null when there is another one. */
export function passphraseIn(text: string): string | null {
  const [first = "", ...others] = text.split(/\r?\n/);
  return first === "" || others.some(line => line !== "") ? null : first;
}

/** The recipients in a file, one a line, with `#` before remarks. */
export const recipientsIn = (text: string): readonly string[] =>
  text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== "" && !line.startsWith("#"));
