import { resolve } from "node:path";
import { choosePath } from "../../domain/backup-note.ts";
import { span } from "../../domain/units.ts";
import { drillName, planDrill } from "../../operations/drill.ts";
import { surveyNotes, surveyNumbered } from "../../survey/backups.ts";
import { surveyRestore } from "../../survey/restore.ts";
import type { Arguments } from "../arguments.ts";
import { checkUnlocked } from "../backup-keys.ts";
import { carryOut } from "../carry-out.ts";
import { reportFinished } from "../report.ts";
import type { Carried } from "../run-or-undo.ts";
import type { Session } from "../session.ts";

interface Drilled {
  readonly carried: Carried;
  /** Of what was backed up. */
  readonly instance: string;
  readonly tookMs: number;
}

/**
 * The whole archive, checked -> facts -> plan -> run; asks nothing, because what serves is not touched.
 * @param args with what opens it, and the vendor's bundle, for images that are nowhere else
 */
export async function drillBackup(session: Session, path: string, args: Arguments): Promise<Drilled | null> {
  const { world, home, cwd } = session;
  const [begun, begunMs] = [world.now(), world.elapsedMs()];
  const { checked, answers } = await checkUnlocked(session, path, args);
  const given = args.text("bundle");
  const bundle = given === undefined ? null : await world.bundles.read(resolve(cwd, given), session.noteInPlace);
  const random = world.random(4);
  const carried = await carryOut(session, {
    command: "backup verify --drill",
    answers,
    claimsEngine: true,
    isRoutine: true,
    // Whatever fails, the trial is of no use to anybody.
    onFailure: "undo",
    makePlan: async () => {
      const ports = { http: undefined, https: undefined, ports: [] };
      const facts = await surveyRestore(world, { home: home.path, checked, name: drillName(random), ports, bundle });
      const known = (await surveyNotes(world, home)).find(each => each.path === path && each.digest === checked.source.digest);
      return planDrill(facts, known === undefined ? null : home.backupNote(known.sequence), { now: begun, random });
    },
  });
  return carried && { carried, instance: checked.manifest.instance, tookMs: world.elapsedMs() - begunMs };
}

export async function backupDrill(session: Session, word: string, args: Arguments): Promise<void> {
  const { world, home, cwd } = session;
  const path = choosePath(await surveyNumbered(world, home), word, given => resolve(cwd, given));
  const drilled = await drillBackup(session, path, args);
  if (!drilled) return;
  const { carried, instance, tookMs } = drilled;
  if (session.flags.json) return await reportFinished(session, carried, { tookMs });
  session.print(`${path} restores: ${instance} came up with all of its data, and was removed again, in ${span(tookMs)}.`);
}
