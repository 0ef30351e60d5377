import { utf8 } from "./tar-fault.ts";

/**
 * Names of files are bytes, and most are UTF-8. What is not comes from another age or another system, and is as dear to whoever has it: each byte that is
 * part of no UTF-8 becomes one half of a surrogate pair, U+DC80 to U+DCFF, which no UTF-8 has, and becomes that byte again.
 */
const ODD = 0xdc00;
const HAS_ODD = /\p{Cs}/u;

/** Any bytes as text, from which `bytesOf` makes the same bytes. */
export function nameOf(bytes: Uint8Array): string {
  const whole = utf8(bytes);
  if (whole !== null) return whole;
  let name = "";
  for (let at = 0; at < bytes.length; ) {
    const character = [1, 2, 3, 4]
      .map(length => utf8(bytes.subarray(at, at + length)))
      .find(each => each !== null && each !== "");
    if (character === undefined || character === null) name += String.fromCharCode(ODD + (bytes[at++] ?? 0));
    else {
      name += character;
      at += Buffer.byteLength(character);
    }
  }
  return name;
}

export function bytesOf(name: string): Buffer {
  if (!HAS_ODD.test(name)) return Buffer.from(name);
  return Buffer.concat([...name].map(each => (HAS_ODD.test(each) ? Buffer.from([each.charCodeAt(0) - ODD]) : Buffer.from(each))));
}

/** A path for the file system, which takes text only where it is UTF-8. */
export const pathOf = (path: string): string | Buffer => (HAS_ODD.test(path) ? bytesOf(path) : path);
