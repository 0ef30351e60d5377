import { dirname, resolve } from "node:path";
import type { Compression } from "../../domain/backup-compression.ts";
import { placeAt } from "../../domain/backup-place.ts";
import { chooseInstance } from "../../domain/instances.ts";
import { type BackupRequest, planBackup } from "../../operations/backup.ts";
import { askedOnce } from "../../survey/asked-once.ts";
import { surveyBackup } from "../../survey/backup.ts";
import { surveyHome } from "../../survey/home.ts";
import { surveyInstance } from "../../survey/instance.ts";
import type { Arguments } from "../arguments.ts";
import { lockAsked } from "../backup-keys.ts";
import { carryOut } from "../carry-out.ts";
import { reportFinished } from "../report.ts";
import type { Carried, OnFailure } from "../run-or-undo.ts";
import type { Session } from "../session.ts";

export interface CreateRequest extends BackupRequest {
  /** The current one unless named. */
  readonly instance: string | undefined;
  /** The home's own folder unless given. */
  readonly to: string | undefined;
  readonly onFailure: OnFailure;
  /** Secrets that its steps need. */
  readonly answers: Readonly<Record<string, string>>;
}

/** request -> facts -> plan -> run */
export async function createBackup(session: Session, request: CreateRequest): Promise<Carried | null> {
  const { world, home, cwd } = session;
  const { instance: word, to, onFailure, answers, ...how } = request;
  const begun = world.now();
  return await carryOut(session, {
    command: "backup create",
    answers,
    claimsEngine: false,
    // Nobody notices it, unless the instance is stopped for it.
    isRoutine: !how.stopSource,
    onFailure,
    makePlan: async () => {
      const look = askedOnce(world);
      const { records, current } = await surveyHome(look, home.path);
      const record = chooseInstance(records, current, word);
      const instance = await surveyInstance(look, record, home.path, current, { asksReplaced: false });
      const place = to === undefined ? home.backups() : placeAt(to, each => resolve(cwd, each));
      const facts = await surveyBackup(look, instance, place);
      return planBackup(facts, how, { now: begun, random: world.random(4) });
    },
  });
}

export async function backupCreate(session: Session, args: Arguments): Promise<void> {
  const carried = await createBackup(session, {
    instance: args.at(1),
    to: args.text("to"),
    onFailure: (args.text("on-failure") as "undo" | "stop" | undefined) ?? "ask",
    compression: (args.text("compress") as Compression | undefined) ?? null,
    withImages: args.flag("with-images"),
    stopSource: args.flag("stop-source"),
    ...(await lockAsked(session, args)),
  });
  if (!carried) return;
  await reportFinished(session, carried);
  const path = carried.result?.["backup"];
  if (session.flags.json || typeof path !== "string") return;
  session.print(`  ${path}`);
  if (carried.result?.["madeFolder"] === true)
    session.print(`  ${dirname(path)} was not there, and was made: is the disk mounted that was meant?`);
  for (const each of (carried.result?.["leftOut"] ?? []) as readonly string[]) session.print(`  not in it: ${each}`);
}
