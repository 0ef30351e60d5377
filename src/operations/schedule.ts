import { join } from "node:path";
import { parseUnit, type Schedule, type UnitTexts, unitName, unitTexts } from "../domain/schedule.ts";
import { OperatorError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import type { PlannedStep } from "../plan/step.ts";
import { placeUnits, turnTimer } from "../steps/index.ts";
import type { FoundSchedule, ScheduleFacts } from "../survey/schedule.ts";
import type { UnitPlace } from "../survey/units.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";
import { placeNotes, placeWords, refuseForeignUnit, refuseUnable } from "./units.ts";

export interface ScheduleRequest {
  readonly schedule: Schedule;
  /** Of the instance that it is for; null for whatever is current. */
  readonly project: string | null;
  /** What starts graph-mgr. */
  readonly program: readonly string[];
}

const whatOf = ({ instance }: Schedule): string => `scheduled backup of ${instance ?? "the current instance"}`;

/**
 * Writes a timer and its service, and turns the timer on where a systemd runs that would keep to it.
 * @throws OperatorError USAGE, NO_PERMISSION, EXISTS
 */
export function planSchedule(facts: ScheduleFacts, request: ScheduleRequest, occasion: Occasion): Plan {
  const { schedule, project, program } = request;
  const { place, isRunning, next } = facts;
  const unit = unitName(project, schedule.home);
  if (next === null)
    throw new OperatorError("USAGE", `The time "${schedule.calendar}" never comes.`, { exit: 2, hint: "--at 02:30" });
  refuseUnable(facts, `backup schedule${schedule.instance === null ? "" : ` ${schedule.instance}`}`);
  refuseForeign(facts, unit, schedule);
  refuseUntold(facts, schedule);
  const texts = unitTexts(schedule, program, { ...facts.environment, ...facts.restic?.open });
  const wayBack = `graph-mgr backup schedule${schedule.instance === null ? "" : ` ${schedule.instance}`} --remove${placeWords(place)}`;
  return newPlan({
    id: operationId("backup-schedule", occasion),
    operation: "backup-schedule",
    instance: schedule.instance,
    home: schedule.home,
    engine: facts.engine,
    summary: `Back up ${schedule.instance ?? "the current instance"} by the clock: ${schedule.calendar}`,
    notes: [...notesOf(facts, schedule), ...withheldNotes(facts, unit)],
    wayBack,
    steps: [
      placeUnits.step({ what: whatOf(schedule), files: filesOf(place, unit, texts), scope: isRunning ? place.scope : null }),
      ...(isRunning && place.scope !== null ? [turnTimer.step({ timer: `${unit}.timer`, on: true, scope: place.scope })] : []),
    ],
    result: { unit, folder: place.dir, next, enabled: isRunning },
  });
}

/** @param able what `ableOn` found of the place */
export function planUnschedule(
  found: FoundSchedule,
  able: { readonly isRunning: boolean; readonly mayWrite: boolean },
  engine: string,
  occasion: Occasion,
): Plan {
  const { schedule, unit, place } = found;
  refuseUnable({ ...able, place }, `backup schedule${schedule.instance === null ? "" : ` ${schedule.instance}`} --remove`);
  return newPlan({
    id: operationId("backup-unschedule", occasion),
    operation: "backup-unschedule",
    instance: schedule.instance,
    home: schedule.home,
    engine,
    summary: `Back up ${schedule.instance ?? "the current instance"} by the clock no more`,
    notes: ["the backups that were made stay"],
    wayBack: null,
    steps: unscheduleSteps(found, able.isRunning),
    result: { unit, folder: place.dir },
  });
}

/** The timer first: a service that is gone is a failure every night. */
export function unscheduleSteps({ schedule, unit, place }: FoundSchedule, isRunning: boolean): readonly PlannedStep[] {
  const gone = { service: null, timer: null };
  return [
    ...(isRunning && place.scope !== null ? [turnTimer.step({ timer: `${unit}.timer`, on: false, scope: place.scope })] : []),
    placeUnits.step({ what: whatOf(schedule), files: filesOf(place, unit, gone), scope: isRunning ? place.scope : null }),
  ];
}

const filesOf = ({ dir }: UnitPlace, unit: string, texts: UnitTexts | Record<keyof UnitTexts, null>) =>
  (["service", "timer"] as const).map(kind => ({ path: join(dir, `${unit}.${kind}`), text: texts[kind] }));

/** What somebody else wrote, or another home did, is not overwritten. */
function refuseForeign({ there, place }: ScheduleFacts, unit: string, { home, instance }: Schedule): void {
  for (const kind of ["service", "timer"] as const) {
    const text = there[kind];
    const own = text === null ? null : parseUnit(text);
    if (text === null || (own?.home === home && own.instance === instance)) continue;
    refuseForeignUnit(join(place.dir, `${unit}.${kind}`), own);
  }
}

/** A unit can be read by everybody, and what it runs has the operator's environment no more. */
function refuseUntold({ restic }: ScheduleFacts, { to }: Schedule): void {
  if (restic === null || restic.open["RESTIC_PASSWORD_FILE"]?.startsWith("/")) return;
  throw new OperatorError("RESTIC_PASSWORD", `What the unit runs would not find the password of ${to}.`, {
    hint: "write it into a file that only its user can read, and set RESTIC_PASSWORD_FILE=/path/of/it for this command",
  });
}

function withheldNotes({ restic, place }: ScheduleFacts, unit: string): readonly string[] {
  const names = (restic?.withheld ?? []).filter(name => !name.startsWith("RESTIC_PASSWORD"));
  if (names.length === 0) return [];
  const edit = `systemctl${place.scope === "user" ? " --user" : ""} edit ${unit}.service`;
  return [
    `not in the unit, which everybody can read: ${names.join(", ")}; put them into a file, and \`EnvironmentFile=FILE\` under [Service] (${edit})`,
  ];
}

function notesOf(
  { place, isRunning, next }: ScheduleFacts,
  { instance, keep, drills, encryption, alert, to }: Schedule,
): readonly string[] {
  const kept = (["last", "daily", "weekly"] as const).flatMap(each => (keep && keep[each] > 0 ? [`${keep[each]} ${each}`] : []));
  return [
    `next at ${next}; one that is missed while the machine is off is made when it is on again`,
    instance === null
      ? "it goes along with `current`: after an update the new release is backed up"
      : `it stays with ${instance}, also after an update; without a name it would go along with \`current\``,
    ...(to === null ? [] : [`the backups go to ${to}`]),
    ...(encryption === null
      ? []
      : encryption.passphraseFile === null
        ? [`they are encrypted to ${encryption.to.join(", ")}`]
        : [`they are encrypted with the passphrase in ${encryption.passphraseFile}`]),
    drills === "weekly"
      ? "every week the new backup is restored for a trial, in a throw-away instance that nobody reaches"
      : "no backup is ever restored for a trial, so nobody knows whether they would be",
    kept.length > 0
      ? `older backups of what is backed up are deleted each time (kept: ${kept.join(", ")}), but never the newest that was verified`
      : "nothing is ever deleted, so the disk fills in time: --keep-daily 7 --keep-weekly 4 would delete",
    `a failure stands in the journal${alert === null ? "" : `, and ${alert} is told of it`}`,
    ...placeNotes(isRunning, place),
  ];
}
