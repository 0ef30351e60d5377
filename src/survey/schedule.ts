import { join } from "node:path";
import { isRestic } from "../domain/restic-place.ts";
import { parseUnit, type Schedule, UNIT_PREFIX } from "../domain/schedule.ts";
import type { ResticSettings, World } from "../host/world.ts";
import { ableOn, type UnitPlace } from "./units.ts";

export interface FoundSchedule {
  readonly schedule: Schedule;
  /** `graph-mgr-backup-v2_22_2`. */
  readonly unit: string;
  readonly place: UnitPlace;
}

export interface ScheduleFacts {
  readonly engine: string;
  readonly place: UnitPlace;
  /** Whether a systemd runs that looks there. */
  readonly isRunning: boolean;
  readonly mayWrite: boolean;
  /** When the time is next; null: never. */
  readonly next: string | null;
  /** What is there under these names already; null where nothing is. */
  readonly there: { readonly service: string | null; readonly timer: string | null };
  readonly environment: Readonly<Record<string, string>>;
  /** Of a schedule whose backups go to a repository; else null. */
  readonly restic: ResticSettings | null;
}

/** @param to where the backups are to go; null for the home's own folder */
export async function surveySchedule(
  world: World,
  place: UnitPlace,
  unit: string,
  { calendar, to }: Pick<Schedule, "calendar" | "to">,
): Promise<ScheduleFacts> {
  const { files, systemd, backups } = world;
  const goesToRestic = to !== null && isRestic(to);
  // Better now than in the night.
  if (goesToRestic) await backups.names(to);
  const read = (kind: string) => files.read(join(place.dir, `${unit}.${kind}`));
  return {
    engine: (await world.engine.about()).id,
    place,
    ...(await ableOn(world, place)),
    next: await systemd.next(calendar),
    there: { service: await read("service"), timer: await read("timer") },
    environment: systemd.environment(),
    restic: goesToRestic ? await backups.resticSettings() : null,
  };
}

/** The schedules of this home in these places. One whose service or timer somebody deleted is one still. */
export async function surveySchedules(
  world: World,
  home: string,
  places: readonly UnitPlace[],
): Promise<readonly FoundSchedule[]> {
  const found: FoundSchedule[] = [];
  for (const place of places) {
    const names = (await world.files.list(place.dir)).filter(
      name => name.startsWith(UNIT_PREFIX) && /\.(service|timer)$/.test(name),
    );
    for (const name of names) {
      const unit = name.replace(/\.\w+$/, "");
      const schedule = parseUnit((await world.files.read(join(place.dir, name))) ?? "");
      if (schedule?.home === home && !found.some(each => each.unit === unit && each.place.dir === place.dir))
        found.push({ schedule, unit, place });
    }
  }
  return found;
}
