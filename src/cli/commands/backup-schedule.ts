import { resolve } from "node:path";
import { placeAt } from "../../domain/backup-place.ts";
import { chooseInstance } from "../../domain/instances.ts";
import { isRestic } from "../../domain/restic-place.ts";
import { type Schedule, unitName } from "../../domain/schedule.ts";
import { shellWord } from "../../domain/shell-word.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { planSchedule, planUnschedule } from "../../operations/schedule.ts";
import { placeWords } from "../../operations/units.ts";
import { surveyHome } from "../../survey/home.ts";
import { type FoundSchedule, surveySchedule, surveySchedules } from "../../survey/schedule.ts";
import { ableOn } from "../../survey/units.ts";
import type { Arguments } from "../arguments.ts";
import { lockAsked, unlockGiven } from "../backup-keys.ts";
import { carryOut } from "../carry-out.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";
import { unitPlaces } from "../unit-places.ts";
import { keepOf } from "./backup-prune.ts";

const usage = (message: string, hint: string) => new OperatorError("USAGE", message, { exit: EXIT.usage, hint });

/** `backup schedule`: writes, shows or removes what backs up by the clock. */
export async function backupSchedule(session: Session, args: Arguments): Promise<void> {
  unitPlaces(session, args);
  if (args.flag("show") && args.flag("remove")) throw usage("--show and --remove are two wishes.", "give one of them");
  const settings = [
    "at",
    "calendar",
    "keep-last",
    "keep-daily",
    "keep-weekly",
    "drills",
    "alert",
    "to",
    "encrypt",
    "passphrase-file",
    "identity",
  ];
  const odd = settings.find(each => args.isGiven(each));
  if ((args.flag("show") || args.flag("remove")) && odd !== undefined)
    throw usage(`--${odd} is for writing a schedule.`, "leave --show or --remove out");
  if (args.flag("show")) return await show(session, args);
  if (args.flag("remove")) return await remove(session, args);
  await write(session, args);
}

async function write(session: Session, args: Arguments): Promise<void> {
  const { world, home, program } = session;
  const [place] = unitPlaces(session, args);
  const word = args.at(1);
  const request = await scheduleOf(session, args);
  const carried = await carryOut(session, {
    command: "backup schedule",
    answers: {},
    claimsEngine: false,
    isRoutine: false,
    onFailure: "undo",
    makePlan: async () => {
      const { records, current } = await surveyHome(world, home.path);
      const record = chooseInstance(records, current, word);
      const isNamed = word !== undefined && word !== "current";
      const schedule = { ...request, instance: isNamed ? record.name : null };
      const project = isNamed ? record.project : null;
      const facts = await surveySchedule(world, place, unitName(project, home.path), schedule);
      return planSchedule(facts, { schedule, project, program }, { now: world.now(), random: world.random(4) });
    },
  });
  if (!carried) return;
  await reportFinished(session, carried);
  const { unit, next, enabled } = carried.result ?? {};
  if (session.flags.json) return;
  if (enabled === true)
    return session.print(`  next at ${String(next)}\n  systemctl${placeWords(place)} list-timers ${String(unit)}.timer`);
  const units = `${shellWord(place.dir)}/${String(unit)}.*`;
  session.print(
    place.scope === null
      ? `Nothing is enabled. Where its systemd runs, this does it:\n  cp ${units} /etc/systemd/system/ && systemctl daemon-reload && systemctl enable --now ${String(unit)}.timer`
      : `No systemd runs here, so nothing is enabled. Once it runs, this does it:\n  systemctl${placeWords(place)} daemon-reload && systemctl${placeWords(place)} enable --now ${String(unit)}.timer`,
  );
}

/** All but the instance, which is looked for when the plan is made. @throws OperatorError USAGE, NO_FILE */
async function scheduleOf(session: Session, args: Arguments): Promise<Schedule> {
  const { world, home, cwd } = session;
  const [at, calendar, to, alert] = ["at", "calendar", "to", "alert"].map(each => args.text(each));
  if (at !== undefined && calendar !== undefined) throw usage("--at and --calendar are two times.", "give one of them");
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(at ?? "02:30") ?? [];
  if (hour === undefined) throw usage(`--at takes a time of day, not "${(at ?? "").slice(0, 40)}".`, "--at 02:30");
  if (calendar !== undefined && !/^[\w ,:*.~/+-]+$/.test(calendar))
    throw usage("--calendar takes a time as systemd writes it.", "--calendar 'Mon..Fri 02:30'   (`man systemd.time`)");
  const program = alert === undefined ? null : resolve(cwd, alert);
  if (program !== null && (((await world.files.mode(program)) ?? 0) & 0o111) === 0)
    throw new OperatorError("NO_FILE", `${program} is no program that could be run.`, {
      hint: "--alert takes a program without arguments; what failed stands in its environment",
    });
  const keep = keepOf(args);
  const drills = (args.text("drills") as Schedule["drills"] | undefined) ?? "weekly";
  return {
    schema: 1,
    home: home.path,
    instance: null,
    calendar: calendar ?? `*-*-* ${hour.padStart(2, "0")}:${minute}:00`,
    to: to === undefined ? null : placeAt(to, each => resolve(cwd, each)),
    keep: keep !== null && keep.last + keep.daily + keep.weekly === 0 ? { ...keep, last: 1 } : keep,
    drills,
    encryption: await encryptionOf(session, args, drills),
    alert: program,
  };
}

/** Recipients are public and go into the unit as they are; a key or a passphrase stays in its file. At night nobody is asked. */
async function encryptionOf(session: Session, args: Arguments, drills: Schedule["drills"]): Promise<Schedule["encryption"]> {
  const [passphraseFile, identity] = ["passphrase-file", "identity"].map(each => args.text(each));
  if (args.list("encrypt").includes("passphrase") && passphraseFile === undefined)
    throw usage(
      "Nobody is there at night to type a passphrase.",
      "write it into a file that only its user can read: --passphrase-file FILE",
    );
  const { lock } = await lockAsked(session, args);
  if (lock === null) {
    if (identity === undefined) return null;
    throw usage("--identity opens what is encrypted, and nothing would be.", "--encrypt age1...");
  }
  if (isRestic(args.text("to") ?? "")) throw usage("restic encrypts by itself.", "leave --encrypt and --passphrase-file out");
  await unlockGiven(session, args);
  if (lock.kind === "recipients" && identity === undefined && drills !== "never")
    throw usage(
      "A drill restores the backup, and what is encrypted to recipients needs one of their secret keys.",
      "--identity FILE, or --drills never",
    );
  return {
    to: lock.kind === "recipients" ? [...lock.recipients] : [],
    passphraseFile: lock.kind === "passphrase" ? lock.file : null,
    identity: identity === undefined ? null : resolve(session.cwd, identity),
  };
}

/** `encrypted to 2 recipients` */
const lockWords = ({ encryption }: Pick<Schedule, "encryption">): string =>
  encryption === null
    ? ""
    : encryption.passphraseFile === null
      ? `; encrypted to ${encryption.to.length} recipient${encryption.to.length === 1 ? "" : "s"}`
      : `; encrypted with the passphrase in ${encryption.passphraseFile}`;

const nameOf = ({ schedule }: FoundSchedule): string => schedule.instance ?? "current";

/** Also of an instance that is removed: so it is told by what the units say. */
async function foundOf(session: Session, args: Arguments): Promise<readonly FoundSchedule[]> {
  const { world, home } = session;
  const word = args.at(1);
  const all = await surveySchedules(world, home.path, unitPlaces(session, args));
  return word === undefined ? all : all.filter(each => [nameOf(each), nameOf(each).replace(/^v/, ""), each.unit].includes(word));
}

async function show(session: Session, args: Arguments): Promise<void> {
  const found = await foundOf(session, args);
  const { systemd } = session.world;
  const shown = [];
  for (const { schedule, unit, place } of found) {
    const isRunning = place.scope !== null && (await systemd.isRunning(place.scope));
    const isOn = isRunning && place.scope !== null ? await systemd.isOn(`${unit}.timer`, place.scope) : null;
    const { schema: _, home: _home, ...rest } = schedule;
    shown.push({
      unit,
      folder: place.dir,
      ...rest,
      next: await systemd.next(schedule.calendar),
      enabled: isOn === null ? null : isOn.enabled && isOn.active,
    });
  }
  if (session.flags.json) return session.print(JSON.stringify({ schema: 1, home: session.home.path, schedules: shown }));
  if (shown.length === 0)
    return session.print(
      "Nothing is backed up by the clock here. This does it:\n  graph-mgr backup schedule --at 02:30 --keep-daily 7",
    );
  for (const each of shown) {
    const kept =
      each.keep && (["last", "daily", "weekly"] as const).flatMap(how => (each.keep?.[how] ? [`${each.keep[how]} ${how}`] : []));
    session.print(
      [
        `${each.instance ?? "current"}: ${each.calendar}${each.next === null ? "" : `, next at ${each.next}`}`,
        `  ${each.enabled === true ? "on" : each.enabled === false ? "OFF: systemd does not keep to it" : "no systemd runs here that looks there"}; ${each.folder}/${each.unit}.timer`,
        `  kept: ${kept === null || kept.length === 0 ? "all" : kept.join(", ")}; restored for a trial: ${each.drills}${lockWords(each)}${each.to === null ? "" : `; to ${each.to}`}${each.alert === null ? "" : `; failures to ${each.alert}`}`,
      ].join("\n"),
    );
  }
}

async function remove(session: Session, args: Arguments): Promise<void> {
  const { world } = session;
  const found = await foundOf(session, args);
  const [one] = found;
  if (one === undefined)
    throw new OperatorError(
      "NO_SCHEDULE",
      `Nothing of this home is backed up by the clock${args.at(1) === undefined ? "" : " under this name"}.`,
      {
        hint: "graph-mgr backup schedule --show",
      },
    );
  if (found.length > 1)
    throw usage(
      `There are ${found.length} schedules: ${found.map(each => `${nameOf(each)} in ${each.place.dir}`).join(", ")}.`,
      "name the one that is meant, or its place",
    );
  const carried = await carryOut(session, {
    command: "backup schedule --remove",
    answers: {},
    claimsEngine: false,
    isRoutine: true,
    onFailure: "undo",
    makePlan: async () =>
      planUnschedule(one, await ableOn(world, one.place), (await world.engine.about()).id, {
        now: world.now(),
        random: world.random(4),
      }),
  });
  if (carried) await reportFinished(session, carried);
}
