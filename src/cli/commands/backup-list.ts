import { basename, resolve } from "node:path";
import { sequenceIn } from "../../domain/backup-name.ts";
import type { ListedBackup } from "../../domain/backup-note.ts";
import { placeAt } from "../../domain/backup-place.ts";
import { shellWord } from "../../domain/shell-word.ts";
import { age, bytes, span } from "../../domain/units.ts";
import { surveyBackups } from "../../survey/backups.ts";
import type { Arguments } from "../arguments.ts";
import { unlockGiven } from "../backup-keys.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";

const HOW: Readonly<Record<"created" | "verify" | "compared", string>> = {
  created: "when it was made",
  verify: "by verify",
  compared: "by comparing",
};

/** Every backup of the home that is there, by its number. */
export async function backupList(session: Session, args: Arguments): Promise<void> {
  const { world, home } = session;
  await unlockGiven(session, args);
  const given = args.text("to");
  const place = given === undefined ? null : placeAt(given, each => resolve(session.cwd, each));
  const backups = await surveyBackups(world, home.path, place);
  if (session.flags.json) return session.print(JSON.stringify({ schema: 1, home: home.path, backups }));
  await noteUnread(session, place ?? home.backups(), backups);
  if (backups.length === 0)
    return session.print(
      `There is no backup in ${place ?? home.path}. This makes one:\n  graph-mgr backup create${place === null ? "" : ` --to ${shellWord(place)}`}`,
    );
  const nowMs = world.now().getTime();
  session.print(
    table(
      ["NR", "INSTANCE", "AGE", "SIZE", "VERIFIED", "FILE"],
      backups.map(each => [
        String(each.sequence),
        each.instance,
        age(nowMs - Date.parse(each.createdAt)),
        `${bytes(each.sizeBytes)}${each.withImages ? " with images" : ""}${each.encrypted === null ? "" : ", encrypted"}`,
        verifiedText(each, nowMs),
        each.path,
      ]),
      session.printColumns,
    ),
  );
}

/** Encrypted ones that somebody put there: what they are only says who opens them. */
async function noteUnread({ world, note }: Session, folder: string, backups: readonly ListedBackup[]): Promise<void> {
  const names = (await world.backups.names(folder)).filter(name => sequenceIn(name) !== null && name.endsWith(".age"));
  const unread = names.filter(name => !backups.some(({ path }) => basename(path) === name));
  if (unread.length === 0) return;
  note(
    `Not listed, because nobody here opened it yet: ${unread.join(", ")}\n  graph-mgr backup list --identity FILE   (or --passphrase-file FILE)`,
  );
}

function verifiedText({ verified, drilled, damaged }: ListedBackup, nowMs: number): string {
  if (verified === null) return damaged ? "DAMAGED" : "no";
  if (drilled !== null) return `by a drill of ${span(drilled.tookMs)}, ${age(nowMs - Date.parse(drilled.at))} ago`;
  return `${HOW[verified.how]}, ${age(nowMs - Date.parse(verified.at))} ago`;
}
