import type { ListedBackup } from "../../domain/backup-note.ts";
import { bytes, span } from "../../domain/units.ts";
import { surveyBackups } from "../../survey/backups.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";

const HOW: Readonly<Record<"created" | "verify", string>> = { created: "when it was made", verify: "by verify" };

/** Every backup of the home that is there, by its number. */
export async function backupList(session: Session): Promise<void> {
  const { world, home } = session;
  const backups = await surveyBackups(world, home.path);
  if (session.flags.json) return session.print(JSON.stringify({ schema: 1, home: home.path, backups }));
  if (backups.length === 0)
    return session.print(`There is no backup in ${home.path}. This makes one:\n  graph-mgr backup create`);
  const nowMs = world.now().getTime();
  session.print(
    table(
      ["NR", "INSTANCE", "AGE", "SIZE", "VERIFIED", "FILE"],
      backups.map(each => [
        String(each.sequence),
        each.instance,
        span(nowMs - Date.parse(each.createdAt)),
        `${bytes(each.sizeBytes)}${each.withImages ? " with images" : ""}`,
        verifiedText(each, nowMs),
        each.path,
      ]),
    ),
  );
}

function verifiedText({ verified, drilled }: ListedBackup, nowMs: number): string {
  if (verified === null) return "no";
  if (drilled !== null) return `by a drill of ${span(drilled.tookMs)}, ${span(nowMs - Date.parse(drilled.at))} ago`;
  return `${HOW[verified.how]}, ${span(nowMs - Date.parse(verified.at))} ago`;
}
