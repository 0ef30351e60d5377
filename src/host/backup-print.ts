import { createHash } from "node:crypto";
import { headerOf } from "./age-header.ts";
import type { OpenBytes } from "./backup-bytes.ts";
import { faultIn } from "./backup-errors.ts";
import { exactly } from "./backup-members.ts";
import { reporter } from "./bundle-archive.ts";
import type { BackupPrint, Progress } from "./world.ts";

const READ_BYTES = 2 ** 20;

/** What lies there, all of it read, and nothing decrypted. @throws OperatorError NO_BACKUP, BACKUP_DAMAGED */
export async function printOf(open: OpenBytes, path: string, progress: Progress): Promise<BackupPrint> {
  const bytes = await open(path);
  try {
    const report = reporter("reading the backup back", bytes.sizeBytes, progress);
    const hash = createHash("sha256");
    for (let at = 0; at < bytes.sizeBytes; ) {
      const piece = await exactly(path, bytes, "what lies there", at, Math.min(READ_BYTES, bytes.sizeBytes - at));
      hash.update(piece);
      at += piece.length;
      report(at);
    }
    return { sizeBytes: bytes.sizeBytes, sha256: hash.digest("hex") };
  } finally {
    await bytes.close();
  }
}

/** @throws OperatorError NO_BACKUP, BACKUP_DAMAGED */
export async function lockOf(open: OpenBytes, path: string): Promise<"recipients" | "passphrase" | null> {
  const bytes = await open(path);
  try {
    return (await headerOf(bytes))?.kind ?? null;
  } catch (error) {
    throw faultIn(path, "its encryption", error);
  } finally {
    await bytes.close();
  }
}
