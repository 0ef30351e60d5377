import { createHash, randomBytes } from "node:crypto";
import type { Identity } from "age-encryption";
import type { BackupKey } from "../domain/backup-lock.ts";
import { passphraseIn } from "../domain/backup-lock.ts";
import { OperatorError } from "../errors.ts";
import { AgeSink, openAge } from "./age-bytes.ts";
import { type AgeHeader, headerOf, identitiesIn, type Lock, newHeader, openHeader } from "./age-header.ts";
import { passphraseIdentity } from "./age-passphrase.ts";
import { NONCE_BYTES } from "./age-stream.ts";
import type { BackupSink, OpenBytes } from "./backup-bytes.ts";
import { faultIn } from "./backup-errors.ts";

const HEADER_PART = "its encryption";

/**
 * The keys that this process was told, and those of the files that it wrote or opened. None of them ever lies on a disk or goes to another
 * program; so what was written for others can be read back by whoever wrote it, and by nobody afterwards.
 */
export class Keyring {
  readonly #identities: (string | Identity)[] = [];
  readonly #told: BackupKey[] = [];
  readonly #fileKeys = new Map<string, Buffer>();

  /** @throws OperatorError BAD_KEY */
  unlock(key: BackupKey): void {
    if (this.#told.some(({ kind, text }) => kind === key.kind && text === key.text)) return;
    this.#identities.push(...identitiesOf(key));
    this.#told.push(key);
  }

  /** Reads what `open` opens, decrypted where it is encrypted. @throws OperatorError BACKUP_LOCKED, BACKUP_KEY, BACKUP_DAMAGED */
  reading(open: OpenBytes): OpenBytes {
    return async path => {
      const bytes = await open(path);
      try {
        const header = await headerOf(bytes);
        return header === null ? bytes : await openAge(bytes, header, await this.#fileKey(path, header));
      } catch (error) {
        await bytes.close();
        throw faultIn(path, HEADER_PART, error);
      }
    };
  }

  /** Writes into what `open` opens, encrypted where there is a lock. @throws OperatorError BAD_RECIPIENT */
  writing(open: (path: string) => Promise<BackupSink>, lock: Lock | null): (path: string) => Promise<BackupSink> {
    if (lock === null) return open;
    return async path => {
      const header = await newHeader(lock);
      this.#fileKeys.set(idOf(header), header.fileKey);
      const sink = await open(path);
      try {
        return await AgeSink.open(sink, header, header.fileKey, randomBytes(NONCE_BYTES));
      } catch (error) {
        await sink.close();
        throw error;
      }
    };
  }

  async #fileKey(path: string, header: AgeHeader): Promise<Buffer> {
    const known = this.#fileKeys.get(idOf(header));
    if (known !== undefined) return known;
    if (this.#told.length === 0) throw locked(path, header);
    const fileKey = await openHeader(header, this.#identities);
    if (fileKey === null) throw wrongKey(path, header, this.#told);
    this.#fileKeys.set(idOf(header), fileKey);
    return fileKey;
  }
}

const idOf = ({ header }: AgeHeader): string => createHash("sha256").update(header).digest("hex");

/** @throws OperatorError BAD_KEY, which shows nothing of it */
function identitiesOf({ kind, text, file }: BackupKey): readonly (string | Identity)[] {
  if (kind === "passphrase") {
    const passphrase = file === null ? text : passphraseIn(text);
    if (passphrase !== null) return [passphraseIdentity(passphrase)];
    throw new OperatorError("BAD_KEY", `${file} is not one line with a passphrase.`, { hint: "--passphrase-file FILE" });
  }
  const identities = identitiesIn(text);
  if (identities !== null) return identities;
  throw new OperatorError("BAD_KEY", `${file} holds no identity of age.`, {
    hint: "--identity FILE   (what `age-keygen` wrote: a line AGE-SECRET-KEY-1...; one with a passphrase has to be decrypted first)",
  });
}

const KEY_HINT = {
  recipients: "--identity FILE   (the file with the secret key of one of its recipients)",
  passphrase: "--passphrase-file FILE   (at a terminal you are asked for it)",
} as const;

const locked = (path: string, { kind }: AgeHeader): OperatorError =>
  new OperatorError(
    "BACKUP_LOCKED",
    `The backup ${path} is encrypted ${kind === "passphrase" ? "with a passphrase" : "to recipients"}, and nothing that opens it was given.`,
    { hint: KEY_HINT[kind] },
  );

function wrongKey(path: string, { kind }: AgeHeader, told: readonly BackupKey[]): OperatorError {
  const what = told.map(each => (each.file === null ? "the passphrase" : `the ${each.kind} in ${each.file}`)).join(" or ");
  return new OperatorError("BACKUP_KEY", `The backup ${path} is not opened by ${what}; nothing was changed.`, {
    hint: KEY_HINT[kind],
  });
}
