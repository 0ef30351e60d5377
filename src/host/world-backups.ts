import type { BackupManifest, BackupSource } from "../domain/backup.ts";
import type { Compression } from "../domain/backup-compression.ts";
import type { BackupKey } from "../domain/backup-lock.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import type { Progress } from "./world-files.ts";

/** What goes into a backup. */
export interface BackupJob {
  readonly manifest: Omit<BackupManifest, "streams" | "members">;
  readonly compression: Compression;
  /** Of the instance, as text. */
  readonly record: string;
  /** Folder of a dump that was read back; null for a product without Postgres. */
  readonly dump: string | null;
  readonly trees: readonly {
    readonly stream: "folder" | "pristine";
    readonly path: string;
    /** Names at its top. */
    readonly leaveOut: readonly string[];
  }[];
  readonly volumes: readonly { readonly stream: string; readonly key: string; readonly name: string }[];
  /** Whether the images go along. */
  readonly withImages: boolean;
  /** Runs the helper. */
  readonly helperImage: string;
  /** Whom it is encrypted for; null: it is not. Holds a secret: never journalled. */
  readonly lock: { readonly recipients: readonly string[] } | { readonly passphrase: string } | null;
}

/** A backup as it lies there, encrypted or not. */
export interface BackupPrint {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** What a backup holds, once all of it was read. Holds secrets (texts): never journalled, never shown. */
export interface CheckedBackup {
  readonly source: BackupSource;
  readonly sizeBytes: number;
  readonly manifest: BackupManifest;
  readonly record: InstanceRecord;
  /** Small text files of the instance's folder by their path in it. */
  readonly texts: Readonly<Record<string, string>>;
}

/**
 * Archives of whole instances. Whoever unpacks one has checked it: what changed since is found before it is used. A path is one of this
 * machine, or `ssh://...`; then whatever is asked may also fail with HOST_KEY or REMOTE_FAILED. Or it is `restic:...`, in a repository;
 * then with HOST_KEY, NO_REPOSITORY, RESTIC_PASSWORD, RESTIC_LOCKED or RESTIC_FAILED.
 */
export interface Backups {
  /** Those that this machine has a program for. */
  compressions(): Promise<readonly Compression[]>;
  /**
   * Streams an archive into the file `to`, which must not exist; after an error it may be there, unfinished. `digest` is that of its
   * manifest. What was encrypted can be read by this process, and by others only with their keys.
   * @throws OperatorError BAD_RECIPIENT
   */
  write(job: BackupJob, to: string, progress: Progress): Promise<BackupPrint & { readonly digest: string }>;
  /** From now on it opens whatever it fits. @throws OperatorError BAD_KEY */
  unlock(key: BackupKey): Promise<void>;
  /** What opens it; null for what is not encrypted. @throws OperatorError NO_BACKUP, BACKUP_DAMAGED */
  lockOf(path: string): Promise<"recipients" | "passphrase" | null>;
  /** @throws OperatorError BAD_RECIPIENT for the first that is none */
  refuseRecipients(recipients: readonly string[]): Promise<void>;
  /** What lies there, all of it read where it lies, and nothing decrypted. @throws OperatorError NO_BACKUP */
  print(path: string, progress: Progress): Promise<BackupPrint>;
  exists(path: string): Promise<boolean>;
  /** No error when there is nothing. */
  remove(path: string): Promise<void>;
  /** In one folder, durably. Where it is on another machine, what has the name already stays, and it fails. */
  rename(from: string, to: string): Promise<void>;
  /** Names in a folder, sorted; empty when there is no folder. */
  names(folder: string): Promise<readonly string[]>;
  /** Of the disk of another machine that a folder is on, or will be. */
  freeBytes(folder: string): Promise<number>;
  /** What restic is told by the environment, as far as it may stand in a unit. */
  resticSettings(): Promise<ResticSettings>;
  /** Gives the room back that removed archives took in a repository. @throws OperatorError RESTIC_LOCKED while somebody is at work there */
  reclaim(place: string): Promise<void>;
  /**
   * What an archive says of itself; of the rest only the headers are looked at.
   * @throws OperatorError NO_BACKUP, BACKUP_DAMAGED, BACKUP_UNKNOWN, BACKUP_LOCKED, BACKUP_KEY
   */
  glance(path: string): Promise<{ readonly source: BackupSource; readonly sizeBytes: number; readonly manifest: BackupManifest }>;
  /** Reads every byte and writes none. @throws OperatorError as `glance`, BACKUP_HOSTILE */
  check(path: string, progress: Progress): Promise<CheckedBackup>;
  /** The dump, as a folder that must not exist and appears whole. */
  unpackDump(source: BackupSource, to: string): Promise<void>;
  /** A tree, as a folder that must not exist and appears whole, proven by digest. Null: no helper image is there yet. */
  unpackTree(source: BackupSource, stream: "folder" | "pristine", to: string, helperImage: string | null): Promise<void>;
  /** Into a volume that is emptied first, proven by digest. */
  fillVolume(source: BackupSource, stream: string, volume: string, helperImage: string): Promise<void>;
  /** Feeds the images to the engine. */
  loadImages(source: BackupSource): Promise<void>;
}

/** What restic and its storage are told by the environment. */
export interface ResticSettings {
  /** No secret is in these: where one stands, or how the work is done. */
  readonly open: Readonly<Record<string, string>>;
  /** The names of all others. */
  readonly withheld: readonly string[];
}
