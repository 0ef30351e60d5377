import { dirname, resolve } from "node:path";
import { placeAt } from "../../domain/backup-place.ts";
import { beganAt, isDrillDue } from "../../domain/schedule.ts";
import { span } from "../../domain/units.ts";
import { EXIT, messageOf, OperatorError } from "../../errors.ts";
import type { Arguments } from "../arguments.ts";
import { lockAsked } from "../backup-keys.ts";
import type { Session } from "../session.ts";
import { BACKUP_KINDS, clearAway, patiently } from "../unattended.ts";
import { createBackup } from "./backup-create.ts";
import { drillBackup } from "./backup-drill.ts";
import { keepOf, pruneBackups } from "./backup-prune.ts";
import { takeSizes } from "./doctor.ts";

/**
 * What the timer runs: makes a backup, which counts only when it was read back; restores it for a trial when the last trial is a week ago; and
 * only then deletes older ones. Whatever fails, nothing is deleted.
 * @throws OperatorError of what failed, after the operator's program was told
 */
export async function backupNightly(session: Session, args: Arguments): Promise<void> {
  const alert = args.text("alert");
  try {
    await night(session, args);
  } catch (error) {
    if (alert !== undefined) await tell(session, alert, args.at(1), error);
    throw error;
  }
}

async function night(session: Session, args: Arguments): Promise<void> {
  const keep = keepOf(args);
  const drills = args.text("drills") ?? "weekly";
  const encryption = await lockAsked(session, args);
  await patiently(session, () => clearAway(session, BACKUP_KINDS));
  const made = await patiently(session, () =>
    createBackup(session, {
      instance: args.at(1),
      to: args.text("to"),
      onFailure: "undo",
      compression: null,
      withImages: false,
      stopSource: false,
      ...encryption,
    }),
  );
  // A dry run ends with the plan of its backup: what comes after it rests on that.
  if (!made) return;
  const path = String(made.result?.["backup"]);
  session.note(`Backed up ${made.instance ?? ""}, and read back: ${path}`);
  const isDue =
    drills === "weekly" && isDrillDue(await lastDrill(session, made.instance, path), session.world.now().toISOString());
  const drilled = isDue ? await patiently(session, () => drillBackup(session, path, args)) : null;
  if (drilled) session.note(`It restores: that took ${span(drilled.tookMs)}.`);
  const deleted = keep === null ? [] : await prune(session, keep, made.instance, placeOf(session, args));
  await takeSizes(session);
  if (session.flags.json)
    session.print(
      JSON.stringify({
        schema: 1,
        instance: made.instance,
        backup: path,
        sequence: made.result?.["sequence"] ?? null,
        drill: drilled && { operation: drilled.carried.operation, tookMs: drilled.tookMs },
        deleted,
      }),
    );
  else session.print(`${made.instance ?? ""}: backed up to ${path}${drilled ? ", and restored for a trial" : ""}.`);
}

/** Where its backups go: those that lie elsewhere are not its to delete. */
function placeOf({ cwd, home }: Session, args: Arguments): string {
  const to = args.text("to");
  return to === undefined ? home.backups() : placeAt(to, each => resolve(cwd, each));
}

/** Of what was backed up alone: others' backups are not this schedule's to delete. */
async function prune(session: Session, keep: Parameters<typeof pruneBackups>[1], instance: string | null, place: string) {
  try {
    const pruned = await patiently(session, () => pruneBackups(session, keep, true, each => each.instance === instance, place));
    return pruned?.result?.["deleted"] ?? [];
  } catch (error) {
    if (error instanceof OperatorError && error.code === "NOTHING_TO_PRUNE") return [];
    throw error;
  }
}

/**
 * When one of the backups that lie beside this one was restored: that those of another place come back says nothing of what opens or reads these. By
 * the history and not by the backups, of which those that were restored are deleted in time.
 */
async function lastDrill({ store }: Session, instance: string | null, path: string): Promise<string | null> {
  const drills = (await store.list()).filter(
    ({ plan: { operation, result }, outcome }) =>
      operation === "backup-drill" &&
      outcome === "done" &&
      result?.["from"] === instance &&
      dirname(String(result["backup"])) === dirname(path),
  );
  const last = drills.at(-1);
  return last === undefined ? null : beganAt(last.plan.id);
}

/** What failed goes into the program's environment: no name becomes a part of a command. */
async function tell(session: Session, program: string, instance: string | undefined, error: unknown): Promise<void> {
  const known = error instanceof OperatorError ? error : null;
  try {
    await session.world.systemd.tell(program, {
      GRAPH_MGR_HOME: session.home.path,
      GRAPH_MGR_INSTANCE: instance ?? "",
      GRAPH_MGR_CODE: known?.code ?? "BUG",
      GRAPH_MGR_EXIT: String(known?.exit ?? EXIT.bug),
      GRAPH_MGR_MESSAGE: messageOf(error),
      GRAPH_MGR_HINT: known?.hint ?? "",
    });
  } catch (cause) {
    session.note(`${program} could not be told of it: ${messageOf(cause)}`);
  }
}
