import { z } from "zod";
import { OperatorError } from "../errors.ts";
import { COMPRESSIONS, type Compression, SUFFIX } from "./backup-compression.ts";
import type { KeyWay } from "./backup-lock.ts";

export const BACKUP_FORMAT = 1;

/** Where things stand in the archive (docs/formats.md). */
export const MEMBERS = {
  readme: "README",
  record: "instance.json",
  manifest: "manifest.json",
  digest: "digest",
  database: "database/",
  /** Of the database's dump. */
  proof: "database/proof.json",
} as const;

export const partName = (stream: string, compression: Compression, part: number): string =>
  `${stream}${SUFFIX[compression]}.${String(part).padStart(8, "0")}`;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.number().int().nonnegative();
const streamName = z.string().regex(/^(folder|pristine|images|volume-[0-9]{1,3})$/);

const stream = z.strictObject({
  name: streamName,
  /** Of a volume: its key in the compose file. */
  key: z.string().max(255).nullable(),
  compression: z.enum(COMPRESSIONS),
  parts: z.number().int().positive(),
  /** Of the tar below the compression. */
  sizeBytes: bytes,
  sha256,
});

const manifest = z.strictObject({
  schema: z.literal(BACKUP_FORMAT),
  sequence: z.number().int().positive(),
  createdAt: z.iso.datetime(),
  instance: z.string().max(200),
  release: z.string().max(120),
  product: z.string().max(120),
  layout: z.string().max(120),
  /** Of the engine that it was made on: images of another architecture do not run. */
  architecture: z.string().max(40),
  /** Null for a product without one. */
  postgres: z
    .strictObject({
      major: z.number().int().positive(),
      version: z.string().max(40),
      libc: z.strictObject({ name: z.enum(["glibc", "musl", "unknown"]), version: z.string().max(40).nullable() }),
      /** The proof of what the databases hold: a member of the dump. */
      proof: z.literal(MEMBERS.proof),
      /** What the databases took on the disk; with the log, where the server was off. */
      sizeBytes: bytes,
    })
    .nullable(),
  images: z.array(
    z.strictObject({
      service: z.string().max(255),
      reference: z.string().max(512),
      id: z.string().regex(/^sha256:[0-9a-f]{64}$/),
      layers: z.array(z.string().regex(/^sha256:[0-9a-f]{64}$/)),
    }),
  ),
  /** `still`: nobody wrote. `live`: every row has its file, unless that was deleted or rewritten while the files were read. */
  guarantee: z.enum(["still", "live"]),
  /** What the instance uses and this does not hold, a sentence each. */
  leftOut: z.array(z.string().max(1000)),
  streams: z.array(stream).max(300),
  /** Every member before this one, in their order. */
  members: z.array(z.strictObject({ name: z.string().max(100), sizeBytes: bytes, sha256 })),
});

/** What a backup says of itself. No secrets. */
export type BackupManifest = z.infer<typeof manifest>;
export type BackupStream = BackupManifest["streams"][number];

/** @throws OperatorError BACKUP_UNKNOWN for a newer format, BACKUP_DAMAGED */
export function parseManifest(text: string, path: string): BackupManifest {
  const damaged = (cause?: unknown) =>
    new OperatorError("BACKUP_DAMAGED", `The backup ${path} is damaged: ${MEMBERS.manifest} is not what a backup has.`, {
      hint: "take another backup (`graph-mgr backup list`); nothing was changed",
      ...(cause === undefined ? {} : { cause }),
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(cause);
  }
  const schema = z.object({ schema: z.number() }).safeParse(value).data?.schema;
  if (schema !== undefined && schema > BACKUP_FORMAT) {
    throw new OperatorError("BACKUP_UNKNOWN", `The backup ${path} has format ${schema}; this graph-mgr knows ${BACKUP_FORMAT}.`, {
      hint: "use the newer graph-mgr that made it",
    });
  }
  const parsed = manifest.safeParse(value);
  if (!parsed.success) throw damaged(parsed.error);
  if (hasControls(parsed.data)) throw damaged();
  const { streams, members, postgres } = parsed.data;
  const isWhole = ["folder", "pristine"].every(name => streams.some(each => each.name === name));
  const database = members.filter(({ name }) => name.startsWith(MEMBERS.database));
  if (!isWhole || (postgres === null ? database.length > 0 : !database.some(({ name }) => name === postgres.proof)))
    throw damaged();
  return parsed.data;
}

/** Signs that a terminal takes for commands, or for lines of somebody else: what is shown of an archive comes from whoever made it. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;
/** The same as a sentence may be kept. */
export const withoutControls = (text: string): string => text.replaceAll(new RegExp(CONTROLS, "gu"), "?");

/** @param mayBreak lines and tabs are part of texts */
export function hasControls(value: unknown, mayBreak = false): boolean {
  if (typeof value === "string") return CONTROLS.test(mayBreak ? value.replaceAll(/[\n\t]/g, "") : value);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, each]) => CONTROLS.test(key) || hasControls(each, mayBreak));
}

/** Every name that a backup of this manifest has before the manifest, in their order. */
export function expectedMembers({ streams, members }: BackupManifest): readonly string[] {
  const database = members.map(({ name }) => name).filter(name => name.startsWith(MEMBERS.database));
  const parts = streams.flatMap(({ name, compression, parts: count }) =>
    Array.from({ length: count }, (_, index) => partName(name, compression, index + 1)),
  );
  return [MEMBERS.readme, MEMBERS.record, ...database, ...parts];
}

/** A backup as it was when it was looked at; compared again whenever it is read. */
export interface BackupSource {
  /** Absolute. */
  readonly path: string;
  /** sha256 of its manifest, which has the digests of everything else. */
  readonly digest: string;
  /** Where the secret stands that opens it; none where it is not encrypted. */
  readonly key?: KeyWay | null;
}
