import { randomBytes } from "node:crypto";
import { Decrypter, Encrypter, type Identity, type Recipient } from "age-encryption";
import { OperatorError } from "../errors.ts";
import { passphraseRecipient } from "./age-passphrase.ts";
import type { BackupBytes } from "./backup-bytes.ts";
import { damaged } from "./tar-fault.ts";

/** The first part of an age file: who can open it, in a text of lines. */
export interface AgeHeader {
  readonly header: Buffer;
  readonly kind: "recipients" | "passphrase";
}

const MAGIC = "age-encryption.org/v1\n";
/** A recipient takes a few lines, and of those that withstand a quantum computer 1.6 kB. */
const MOST_HEADER_BYTES = 2 ** 18;

/** Null for what is not encrypted. @throws ArchiveFault */
export async function headerOf(bytes: BackupBytes): Promise<AgeHeader | null> {
  const start = await upTo(bytes, MAGIC.length);
  if (start.toString("latin1") !== MAGIC) return null;
  const text = (await upTo(bytes, MOST_HEADER_BYTES)).toString("latin1");
  const end = /\n--- [A-Za-z0-9+/]{43}\n/.exec(text);
  if (end === null) throw damaged("the header of its encryption has no end");
  const header = Buffer.from(text.slice(0, end.index + end[0].length), "latin1");
  return { header, kind: /\n-> scrypt /.test(text.slice(0, end.index)) ? "passphrase" : "recipients" };
}

async function upTo(bytes: BackupBytes, most: number): Promise<Buffer> {
  const buffer = Buffer.alloc(Math.min(most, bytes.sizeBytes));
  for (let have = 0; have < buffer.length; ) {
    const { bytesRead } = await bytes.read(buffer, have, buffer.length - have, have);
    if (bytesRead === 0) return buffer.subarray(0, have);
    have += bytesRead;
  }
  return buffer;
}

/** Whom a new archive is for. */
export type Lock = { readonly recipients: readonly string[] } | { readonly passphrase: string };

/**
 * A header for a new file key.
 * @throws OperatorError BAD_RECIPIENT
 */
export async function newHeader(lock: Lock): Promise<AgeHeader & { readonly fileKey: Buffer }> {
  let fileKey = randomBytes(0);
  const encrypter = new Encrypter();
  const others = "passphrase" in lock ? [passphraseRecipient(lock.passphrase)] : lock.recipients;
  for (const recipient of others) add(encrypter, recipient);
  // The package makes the key, and tells it to those that it is wrapped for.
  encrypter.addRecipient({
    wrapFileKey: key => {
      fileKey = Buffer.from(key);
      return [];
    },
  });
  const empty = Buffer.from(await encrypter.encrypt(new Uint8Array(0)));
  const header = empty.subarray(0, empty.length - EMPTY_PAYLOAD_BYTES);
  return { header, fileKey, kind: "passphrase" in lock ? "passphrase" : "recipients" };
}

/** The nonce and the seal of nothing. */
const EMPTY_PAYLOAD_BYTES = 32;

/** @throws OperatorError BAD_RECIPIENT, which shows nothing that may be a secret */
function add(encrypter: Encrypter, recipient: string | Recipient): void {
  try {
    encrypter.addRecipient(recipient);
  } catch (cause) {
    throw badRecipient(recipient, cause);
  }
}

const badRecipient = (recipient: string | Recipient, cause: unknown): OperatorError => {
  const isSecret = typeof recipient === "string" && /^AGE-SECRET-KEY-/i.test(recipient);
  const shown =
    typeof recipient === "string" && /^age1[a-z0-9]*$/.test(recipient) ? `"${recipient.slice(0, 40)}"` : "One of them";
  return new OperatorError(
    "BAD_RECIPIENT",
    isSecret
      ? "What is to be encrypted to is a secret key; it belongs to nobody but who shall open the backup."
      : `${shown} is no recipient of age.`,
    { hint: "--encrypt age1...   (what `age-keygen` prints as the public key)", cause },
  );
};

/** @throws OperatorError BAD_RECIPIENT for the first that is none */
export function refuseRecipients(recipients: readonly string[]): void {
  const encrypter = new Encrypter();
  for (const recipient of recipients) add(encrypter, recipient);
}

/** The identities in a file, as `age-keygen` writes it. Null where it has none, or has something else. */
export function identitiesIn(text: string): readonly string[] | null {
  const lines = text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== "" && !line.startsWith("#"));
  const decrypter = new Decrypter();
  try {
    for (const line of lines) decrypter.addIdentity(line);
  } catch {
    return null;
  }
  return lines.length === 0 ? null : lines;
}

/** The key of a file, or null where none of these opens it. @throws ArchiveFault */
export async function openHeader({ header }: AgeHeader, identities: readonly (string | Identity)[]): Promise<Buffer | null> {
  let isForOthers = false;
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  decrypter.addIdentity({
    // Asked last: nobody before had a key for it.
    unwrapFileKey: () => {
      isForOthers = true;
      return null;
    },
  });
  try {
    return Buffer.from(await decrypter.decryptHeader(header));
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    if (isForOthers) return null;
    throw damaged("the header of its encryption is not what was written");
  }
}
