import { hash } from "node:crypto";
import { z } from "zod";
import { bootUnitName } from "./boot.ts";
import { commandLine, environmentLines, escaped, readUnitHead, unitHead } from "./unit-text.ts";

const schedule = z.object({
  schema: z.literal(1),
  home: z.string(),
  /** Null: whatever is current when the time comes. */
  instance: z.string().nullable(),
  /** As systemd writes times: `*-*-* 02:30:00`. */
  calendar: z.string(),
  /** The folder for the backups; null: the home's own. */
  to: z.string().nullable(),
  /** Null: nothing is ever deleted. */
  keep: z.object({ last: z.number(), daily: z.number(), weekly: z.number() }).nullable(),
  drills: z.enum(["weekly", "never"]),
  /** For whom the backups are encrypted: recipients of age, or whoever has the passphrase in a file. And the file with the secret key, for drills. Null: for nobody. */
  encryption: z
    .object({ to: z.array(z.string()), passphraseFile: z.string().nullable(), identity: z.string().nullable() })
    .nullable()
    .default(null),
  /** A program that is told of failures. */
  alert: z.string().nullable(),
});

/** When an instance is backed up by itself, and what is done besides. */
export type Schedule = z.infer<typeof schedule>;

export interface UnitTexts {
  readonly service: string;
  readonly timer: string;
}

export const UNIT_PREFIX = "graph-mgr-backup-";

/** `graph-mgr-backup-v2_22_2`. @param project of the instance; null for whatever is current in this home */
export const unitName = (project: string | null, home: string): string =>
  `${UNIT_PREFIX}${project ?? `current-${hash("sha256", home).slice(0, 8)}`}`;

/**
 * Both units. A service that is stopped, also by a shutdown, ends between its steps: the signal goes to graph-mgr alone, not to what a step
 * has started. One that was missed waits until the instance was started with the machine.
 * @param program what starts graph-mgr: absolute paths
 * @param environment what its programs need to find the engine
 */
export function unitTexts(given: Schedule, program: readonly string[], environment: Readonly<Record<string, string>>): UnitTexts {
  const what = escaped(`backup of ${given.instance ?? "the current instance"} by graph-mgr`);
  const command = commandLine(program, nightlyWords(given));
  const head = unitHead("schedule", given, "backup schedule", "which shows it, changes it and removes it");
  return {
    service: `${head}
[Unit]
Description=Scheduled ${what}
After=docker.service network-online.target ${bootUnitName(given.home)}.service

[Service]
Type=oneshot
${environmentLines(environment)}ExecStart=${command}
Nice=10
KillMode=mixed
TimeoutStopSec=5min
`,
    timer: `${head}
[Unit]
Description=Time of the scheduled ${what}

[Timer]
OnCalendar=${given.calendar}
Persistent=true

[Install]
WantedBy=timers.target
`,
  };
}

/** What the timer types. */
function nightlyWords({ home, instance, to, keep, drills, encryption, alert }: Schedule): readonly string[] {
  const kept = keep === null ? [] : (["last", "daily", "weekly"] as const).filter(each => keep[each] > 0);
  return [
    "backup",
    "nightly",
    ...(instance === null ? [] : [instance]),
    "--home",
    home,
    "--yes",
    ...(to === null ? [] : ["--to", to]),
    ...kept.flatMap(each => [`--keep-${each}`, String(keep?.[each])]),
    "--drills",
    drills,
    ...(encryption?.to ?? []).flatMap(each => ["--encrypt", each]),
    ...(["passphrase-file", "identity"] as const).flatMap(option => {
      const file = encryption?.[option === "identity" ? option : "passphraseFile"] ?? null;
      return file === null ? [] : [`--${option}`, file];
    }),
    ...(alert === null ? [] : ["--alert", alert]),
  ];
}

/** What a unit says of itself; null for one that graph-mgr did not write, or a newer one did. */
export const parseUnit = (text: string): Schedule | null => readUnitHead("schedule", text, value => schedule.parse(value));

const DAY_MS = 86_400_000;
/** Less than a week, because one night begins a little earlier than another. */
const DRILL_AFTER_MS = 6.5 * DAY_MS;

/** Whether the last drill is so long ago that another is due; a day that is still to come says nothing. Both ISO 8601. */
export function isDrillDue(last: string | null, now: string): boolean {
  if (last === null) return true;
  const agoMs = Date.parse(now) - Date.parse(last);
  return agoMs < 0 || agoMs > DRILL_AFTER_MS;
}

/** When an operation began (ISO 8601), by its id; null where that says no time. */
export function beganAt(operation: string): string | null {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-/.exec(operation) ?? [];
  return year === undefined ? null : `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}
