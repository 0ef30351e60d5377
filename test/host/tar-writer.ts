/** A little tar writer that writes what it is told, right or wrong. */

export interface Header {
  readonly type?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** The size field, when it is to differ from the content's. */
  readonly sizeBytes?: number;
  readonly mtime?: number;
  readonly linkName?: string;
  readonly prefix?: string;
  readonly magic?: string;
  /** Put in as they are, before the checksum is counted. */
  readonly raw?: Readonly<Record<number, Buffer | string>>;
  /** Added to the right checksum. */
  readonly checksumOff?: number;
}

export function header(name: string | Buffer, contentBytes: number, options: Header = {}): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, at: number, width: number) =>
    block.write(value.toString(8).padStart(width - 1, "0"), at, "latin1");
  (Buffer.isBuffer(name) ? name : Buffer.from(name)).copy(block, 0, 0, 100);
  octal(options.mode ?? (options.type === "5" ? 0o755 : 0o644), 100, 8);
  octal(options.uid ?? 0, 108, 8);
  octal(options.gid ?? 0, 116, 8);
  octal(options.sizeBytes ?? contentBytes, 124, 12);
  octal(options.mtime ?? 1_700_000_000, 136, 12);
  block.write(options.type ?? "0", 156, "latin1");
  Buffer.from(options.linkName ?? "").copy(block, 157, 0, 100);
  block.write(options.magic ?? "ustar\u000000", 257, "latin1");
  Buffer.from(options.prefix ?? "").copy(block, 345, 0, 155);
  for (const [at, bytes] of Object.entries(options.raw ?? {})) Buffer.from(bytes as string, "latin1").copy(block, Number(at));
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0) + (options.checksumOff ?? 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

export function entry(name: string | Buffer, content: string | Buffer = "", options: Header = {}): Buffer {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content);
  return Buffer.concat([header(name, bytes.length, options), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

export const file = (name: string, content: string | Buffer = "x", mode = 0o644) => entry(name, content, { mode });
export const folder = (name: string, mode = 0o755) => entry(`${name}/`, "", { type: "5", mode });
export const link = (name: string, linkName: string) => entry(name, "", { type: "2", linkName });
export const hardLink = (name: string, linkName: string) => entry(name, "", { type: "1", linkName });
export const longName = (name: string) => entry("././@LongLink", `${name}\0`, { type: "L", magic: "ustar  \0" });
export const longLink = (name: string) => entry("././@LongLink", `${name}\0`, { type: "K", magic: "ustar  \0" });

export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (Buffer.byteLength(`${length}${rest}`) !== length) length = Buffer.byteLength(`${length}${rest}`);
  return `${length}${rest}`;
}

export const pax = (...records: readonly (readonly [key: string, value: string])[]) =>
  paxRaw(records.map(([key, value]) => paxRecord(key, value)).join(""));
export const paxRaw = (text: string | Buffer, type = "x") => entry("PaxHeaders/x", text, { type });

export const END = Buffer.alloc(1024);

/** A whole archive: the entries and the end mark. */
export const tar = (...entries: readonly Buffer[]) => Buffer.concat([...entries, END]);
