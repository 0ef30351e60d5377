import { damaged, hostile, shown, utf8 } from "./tar-fault.ts";

/** What an extended header says about the entry after it (or, a global one, about all entries after it). */
export interface PaxRecords {
  readonly path?: string;
  readonly linkpath?: string;
  readonly sizeBytes?: number;
  readonly modifiedSeconds?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** Written by GNU tar, bsdtar, star and Go for attributes that are not kept here. None changes a name or the content. */
const IGNORED =
  /^(atime|ctime|uname|gname|comment|RHT\.security\.selinux|SCHILY\.(xattr\..+|acl\..+|dev|ino|nlink|fflags)|LIBARCHIVE\.(xattr\..+|creationtime))$/;

const WHOLE = /^\d{1,16}$/;
const SECONDS = /^-?\d{1,16}(\.\d+)?$/;

/**
 * Every record, or an error: tars disagree about what to do with broken, unknown and repeated ones, and such a
 * disagreement is how an archive shows one thing to a check and another to what unpacks it.
 */
export function parsePax(bytes: Buffer, scope: "entry" | "global"): PaxRecords {
  const records: { -readonly [Key in keyof PaxRecords]: PaxRecords[Key] } = {};
  const seen = new Set<string>();
  for (const [key, value] of split(bytes)) {
    if (seen.has(key)) throw hostile(`an extended header says ${shown(key)} twice`);
    seen.add(key);
    if (scope === "global" && ["path", "linkpath", "size"].includes(key)) {
      throw hostile(`a global header gives all entries one ${key}`);
    }
    if (key === "path") records.path = textual(key, value);
    else if (key === "linkpath") records.linkpath = textual(key, value);
    else if (key === "size") records.sizeBytes = matching(key, value, WHOLE);
    else if (key === "mtime") records.modifiedSeconds = matching(key, value, SECONDS);
    else if (key === "uid") records.uid = matching(key, value, WHOLE);
    else if (key === "gid") records.gid = matching(key, value, WHOLE);
    else if (key.startsWith("GNU.sparse.") || key === "SCHILY.realsize")
      throw hostile("it has sparse files, which cannot be checked");
    else if (key === "hdrcharset" && utf8(value) === "ISO-IR 10646 2000 UTF-8") continue;
    else if (!IGNORED.test(key)) throw hostile(`an extended header has the unknown key ${shown(key)}`);
  }
  return records;
}

/** Records are `LENGTH KEY=VALUE\n`, where the length counts itself. */
function* split(bytes: Buffer): Generator<readonly [key: string, value: Buffer]> {
  for (let at = 0; at < bytes.length; ) {
    const digits = /^[1-9]\d{0,7} /.exec(bytes.toString("latin1", at, at + 9))?.[0];
    if (digits === undefined) throw damaged("an extended header has no length");
    const end = at + Number(digits);
    const equals = bytes.indexOf(0x3d, at + digits.length);
    if (end > bytes.length || bytes[end - 1] !== 0x0a || equals < 0 || equals >= end)
      throw damaged("an extended header has a wrong length");
    const key = utf8(bytes.subarray(at + digits.length, equals));
    if (key === null || key === "") throw hostile("an extended header has no valid key");
    yield [key, bytes.subarray(equals + 1, end - 1)];
    at = end;
  }
}

function textual(key: string, value: Buffer): string {
  const decoded = utf8(value);
  if (decoded === null) throw hostile(`the ${key} in an extended header is not valid UTF-8`);
  return decoded;
}

function matching(key: string, value: Buffer, form: RegExp): number {
  const digits = value.toString("latin1");
  if (!form.test(digits) || !Number.isSafeInteger(Math.trunc(Number(digits)))) {
    throw hostile(`the ${key} in an extended header is ${shown(digits)}`);
  }
  return Number(digits);
}
