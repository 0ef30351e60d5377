/** `notTar`: there is no archive at all. `damaged`: it broke on the way. `hostile`: somebody could use it against this host. `changed`: it is another one than before. */
export type FaultKind = "notTar" | "damaged" | "hostile" | "tooLarge" | "changed";

/** What is wrong with an archive. Whoever knows which archive it is turns this into a sentence for the operator. */
export class ArchiveFault extends Error {
  override name = "ArchiveFault";
  readonly kind: FaultKind;

  /** @param what Half a sentence without a full stop, safe to print: "it ends too early". */
  constructor(kind: FaultKind, what: string) {
    super(what);
    this.kind = kind;
  }
}

export const notTar = (what: string) => new ArchiveFault("notTar", what);
export const damaged = (what: string) => new ArchiveFault("damaged", what);
export const hostile = (what: string) => new ArchiveFault("hostile", what);
export const changed = (what: string) => new ArchiveFault("changed", what);
export const tooLarge = (what: string) => new ArchiveFault("tooLarge", what);

/** Characters that cannot be seen or that change how a terminal shows what follows: controls, joiners, direction marks; and bytes that are no text. */
export const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** Of bytes that are no text (`name-bytes.ts`) the byte. */
const escaped = (character: string) => {
  const code = character.codePointAt(0) ?? 0;
  return code >= 0xdc80 && code <= 0xdcff ? `\\x${(code - 0xdc00).toString(16)}` : `\\u{${code.toString(16)}}`;
};

/** A name from an archive as it may appear on a terminal: in quotes, cut, with unseen characters spelt out. */
export function shown(name: string): string {
  const characters = [...name.slice(0, 2000)];
  const cut = characters.length > 100 ? [...characters.slice(0, 100), "..."] : characters;
  return `"${cut.map(each => (UNSEEN.test(each) ? escaped(each) : each)).join("")}"`;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Null when the bytes are not valid UTF-8. A byte order mark stays. */
export function utf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}
