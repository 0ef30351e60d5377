import { dirname } from "node:path";
import { isRemote } from "../../domain/backup-place.ts";
import { broken, type Finding, fine, remark, risky } from "../../domain/finding.ts";
import type { InstanceRecord } from "../../domain/instance.ts";
import { isInside } from "../../domain/shared-resources.ts";
import { shellWord } from "../../domain/shell-word.ts";
import { several, span } from "../../domain/units.ts";
import type { BackupsLook, DoctorFacts } from "../../survey/doctor/facts.ts";

/** F59 F62: what a running database says of itself. */
export const judgeDatabases = ({ databases }: DoctorFacts): readonly Finding[] =>
  databases.flatMap(({ instance, server }): readonly Finding[] => {
    if (!("value" in server))
      return [
        // Less than a superuser sees less; that is no fault.
        (server.code === "DATABASE_RIGHTS" ? remark : broken)(
          "database",
          instance,
          `its database cannot be looked at: ${server.unable}`,
          {
            cure: server.hint ?? `graph-mgr logs ${instance}`,
          },
        ),
      ];
    const { version, preparedTransactions, replicationSlots, tablespaces } = server.value;
    const found: Finding[] = [];
    if (preparedTransactions.length > 0)
      found.push(
        risky(
          "database",
          instance,
          `it has ${several(preparedTransactions.length, "prepared transaction")} that nobody ended; that holds locks, and an update is refused`,
          {
            cure: `graph-mgr postgres shell ${instance}   (SELECT * FROM pg_prepared_xacts; then COMMIT PREPARED or ROLLBACK PREPARED)`,
          },
        ),
      );
    if (replicationSlots.length > 0)
      found.push(
        risky(
          "database",
          instance,
          `it has the replication slots ${replicationSlots.join(", ")}: while nobody reads them its log grows until the disk is full`,
          {
            cure: `graph-mgr postgres shell ${instance}   (SELECT pg_drop_replication_slot('NAME') for one that nobody uses)`,
          },
        ),
      );
    if (tablespaces.length > 0)
      found.push(
        remark(
          "database",
          instance,
          `it keeps data outside of its volume (${tablespaces.join(", ")}), which no backup takes along`,
        ),
      );
    return found.length > 0
      ? found
      : [fine("database", instance, `Postgres ${version}, ${several(server.value.databases.length, "database")}`)];
  });

/** F33: where the library that sorts is another one than the indexes were made with, they miss rows in silence. */
export const judgeCollations = ({ databases }: DoctorFacts): readonly Finding[] =>
  databases.flatMap(({ instance, server }): readonly Finding[] => {
    if (!("value" in server)) return [];
    const found = server.value.databases.flatMap(
      ({ name, collationVersion: { recorded, actual }, changedCollations }): readonly Finding[] => {
        const isOther = recorded !== null && actual !== null && recorded !== actual;
        if (!isOther && changedCollations.length === 0) return [];
        const what = isOther
          ? `its database ${name} was made with version ${recorded} of its collation, and the library is ${actual} now`
          : `indexes of its database ${name} were made with another version of ${changedCollations.join(", ")}`;
        return [
          broken("collation", instance, `${what}: indexes may miss rows`, {
            cure: `graph-mgr postgres shell ${instance}   (after a backup: REINDEX DATABASE "${name}"; ALTER DATABASE "${name}" REFRESH COLLATION VERSION)`,
          }),
        ];
      },
    );
    return found.length > 0 ? found : [fine("collation", instance, "its indexes were made with the library that it has now")];
  });

const DAY_MS = 86_400_000;
const OLD = { withScheduleMs: 2 * DAY_MS, withoutMs: 7 * DAY_MS, drillMs: 60 * DAY_MS } as const;

/** F67, and more of what a backup is worth: when, whether it was read back, restored for a trial, and whether it goes on. */
export function judgeBackups({ backups, home, instances, now }: DoctorFacts): readonly Finding[] {
  if (home.records.length === 0) return [];
  if (!("value" in backups))
    return [
      broken("backups", home.path, `the backups cannot be looked at: ${backups.unable}`, {
        cure: backups.hint ?? "graph-mgr backup list",
      }),
    ];
  const look = backups.value;
  const gone = look.noted.filter(({ path }) => !isRemote(path) && !look.here.some(each => each.path === path));
  const missing = [...new Set(gone.map(({ path }) => dirname(path)))].map(folder =>
    goneFrom(
      folder,
      gone.filter(({ path }) => dirname(path) === folder),
      home.path,
    ),
  );
  // What nobody works with needs no backup each day.
  const inUse = instances.filter(({ isCurrent }) => isCurrent || home.current.name === null).map(({ record }) => record);
  return [...missing, ...inUse.flatMap(record => ofInstance(record, look, now)), ...schedules(look, inUse)];
}

/** One finding for each folder: a disk that is put away has many. In the home nobody puts one away. */
function goneFrom(folder: string, gone: BackupsLook["noted"], home: string): Finding {
  const [first, last] = [gone[0], gone.at(-1)];
  const isOne = gone.length === 1;
  const who = isOne ? `backup ${first?.sequence}` : `backups ${first?.sequence} to ${last?.sequence}`;
  const what = isOne ? `${first?.path} is gone` : `${gone.length} of them are gone from ${folder}`;
  return (isInside(folder, home) ? risky : remark)("backups", who, `${what}, or its disk is not mounted`, {
    cure: `graph-mgr prune ${shellWord(folder)}   (where ${isOne ? "it is" : "they are"} gone for good; then nobody asks for ${isOne ? "it" : "them"} again)`,
  });
}

function ofInstance({ name }: InstanceRecord, { here, noted, schedules: timers }: BackupsLook, now: string): readonly Finding[] {
  const there = new Set(here.map(({ path }) => path));
  const own = [...noted.filter(({ path }) => isRemote(path) || there.has(path))]
    .filter(({ instance }) => instance === name)
    .sort((a, b) => b.sequence - a.sequence);
  const cure = `graph-mgr backup create ${name}`;
  const [newest] = own;
  if (newest === undefined) return [risky("backups", name, "there is no backup of it", { cure })];
  const found: Finding[] = [];
  const good = own.find(({ verified }) => verified !== null);
  if (good === undefined)
    return [
      risky("backups", name, `none of its backups (${own.length}) was found whole`, {
        cure: `graph-mgr backup verify ${newest.sequence}`,
      }),
    ];
  if (newest.verified === null)
    found.push(
      risky("backups", name, `its newest backup, ${newest.sequence}, was not found whole`, {
        cure: `graph-mgr backup verify ${newest.sequence}`,
      }),
    );
  const ageMs = Date.parse(now) - Date.parse(good.createdAt);
  const isScheduled = timers.some(({ instance, isOn }) => isOn !== false && (instance === null || instance === name));
  if (ageMs > (isScheduled ? OLD.withScheduleMs : OLD.withoutMs))
    found.push(
      risky("backups", name, `its newest good backup is ${span(ageMs)} old`, {
        cure: isScheduled ? `graph-mgr backup schedule --show   (and: journalctl -u 'graph-mgr-backup-*')` : cure,
      }),
    );
  const drilled = own
    .flatMap(each => (each.drilled === null ? [] : [each.drilled.at]))
    .sort()
    .at(-1);
  if (drilled === undefined || Date.parse(now) - Date.parse(drilled) > OLD.drillMs)
    found.push(
      remark(
        "backups",
        name,
        drilled === undefined
          ? "none of its backups was ever restored for a trial"
          : `none of its backups was restored for a trial since ${drilled.slice(0, 10)}`,
        {
          cure: `graph-mgr backup verify ${good.sequence} --drill`,
        },
      ),
    );
  if (own.every(({ path }) => !isRemote(path)))
    found.push(
      remark("backups", name, `all of its backups are on this machine (${dirname(newest.path)}), and go with it`, {
        cure: `graph-mgr backup create ${name} --to ssh://HOST/FOLDER`,
      }),
    );
  return found.some(({ severity }) => severity === "warning")
    ? found
    : [...found, fine("backups", name, `its newest good backup is ${span(ageMs)} old`)];
}

function schedules({ schedules: timers }: BackupsLook, inUse: readonly InstanceRecord[]): readonly Finding[] {
  const off = timers.flatMap(({ unit, isOn, to }): readonly Finding[] => [
    ...(isOn === false
      ? [
          risky("backups", `${unit}.timer`, "systemd does not keep to this schedule", {
            cure: `systemctl enable --now ${unit}.timer`,
          }),
        ]
      : []),
    ...(isOn === null ? [remark("backups", `${unit}.timer`, "no systemd runs here that would keep to this schedule")] : []),
    // F96
    ...inUse.flatMap(({ name, dir }) =>
      to !== null && (to === dir || to.startsWith(`${dir}/`))
        ? [
            risky("backups", `${unit}.timer`, `its backups go to ${to}, which is in the folder of ${name} itself`, {
              cure: "graph-mgr backup schedule --to FOLDER",
            }),
          ]
        : [],
    ),
  ]);
  if (timers.length > 0 || inUse.length === 0) return off;
  return [
    remark("backups", "schedule", "nothing is backed up by the clock", {
      cure: "graph-mgr backup schedule --at 02:30 --keep-daily 7",
    }),
  ];
}
