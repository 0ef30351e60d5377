import { createCipheriv, createDecipheriv, randomBytes, type ScryptOptions, scrypt } from "node:crypto";
import { promisify } from "node:util";
import { type Identity, type Recipient, Stanza } from "age-encryption";

/**
 * age's passphrases (https://c2sp.org/age, "scrypt"), with Node's own scrypt: the package's needs three times the memory that the key
 * derivation is meant to take, and more time. A factor of 16 takes 64 MB; age's own default of 18 takes 256, which a backup must not.
 */
const LOG_FACTOR = 16;
/** What others may have chosen. */
const MOST_LOG_FACTOR = 18;
const SALT_BYTES = 16;
const CIPHER = "chacha20-poly1305";
const LABEL = "age-encryption.org/v1/scrypt";

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

const keyFrom = (passphrase: string, salt: Buffer, logFactor: number): Promise<Buffer> =>
  derive(passphrase, Buffer.concat([Buffer.from(LABEL), salt]), 32, {
    N: 2 ** logFactor,
    r: 8,
    p: 1,
    maxmem: 2 ** (logFactor + 11),
  });

export const passphraseRecipient = (passphrase: string): Recipient => ({
  async wrapFileKey(fileKey) {
    const salt = randomBytes(SALT_BYTES);
    const key = await keyFrom(passphrase, salt, LOG_FACTOR);
    const cipher = createCipheriv(CIPHER, key, Buffer.alloc(12), { authTagLength: 16 });
    const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
    return [new Stanza(["scrypt", salt.toString("base64").replace(/=+$/, ""), String(LOG_FACTOR)], body)];
  },
});

/** Opens nothing that somebody else's key would open as well: a passphrase is always alone. */
export const passphraseIdentity = (passphrase: string): Identity => ({
  async unwrapFileKey([stanza, ...others]) {
    const [kind, salt = "", factor = ""] = stanza?.args ?? [];
    if (stanza === undefined || kind !== "scrypt" || others.length > 0) return null;
    const isKnown = stanza.args.length === 3 && /^[A-Za-z0-9+/]{22}$/.test(salt) && /^[1-9][0-9]?$/.test(factor);
    if (!isKnown || Number(factor) > MOST_LOG_FACTOR || stanza.body.length !== 32) throw new Error("an odd scrypt stanza");
    const key = await keyFrom(passphrase, Buffer.from(salt, "base64"), Number(factor));
    const decipher = createDecipheriv(CIPHER, key, Buffer.alloc(12), { authTagLength: 16 });
    decipher.setAuthTag(stanza.body.subarray(16));
    try {
      return Buffer.concat([decipher.update(stanza.body.subarray(0, 16)), decipher.final()]);
    } catch {
      return null;
    }
  },
});
