import { join } from "node:path";
import { bootUnitName, parseBootUnit } from "../domain/boot.ts";
import type { World } from "../host/world.ts";
import { ableOn, type UnitPlace } from "./units.ts";

export interface BootFacts {
  readonly engine: string;
  readonly place: UnitPlace;
  /** Whether a systemd runs that looks there. */
  readonly isRunning: boolean;
  readonly mayWrite: boolean;
  /** What is there under the unit's name already; null where nothing is. */
  readonly there: string | null;
  readonly environment: Readonly<Record<string, string>>;
}

export async function surveyBoot(world: World, place: UnitPlace, home: string): Promise<BootFacts> {
  return {
    engine: (await world.engine.about()).id,
    place,
    ...(await ableOn(world, place)),
    there: await world.files.read(join(place.dir, `${bootUnitName(home)}.service`)),
    environment: world.systemd.environment(),
  };
}

export interface FoundBoot {
  /** `graph-mgr-boot-3f9a00d2.service`. */
  readonly unit: string;
  readonly place: UnitPlace;
  /** Whether systemd starts it with the machine; null where none runs that looks there. */
  readonly isOn: boolean | null;
}

/** In which of these places this home has a unit. */
export async function surveyBoots(world: World, home: string, places: readonly UnitPlace[]): Promise<readonly FoundBoot[]> {
  const { files, systemd } = world;
  const unit = `${bootUnitName(home)}.service`;
  const found: FoundBoot[] = [];
  for (const place of places) {
    const start = parseBootUnit((await files.read(join(place.dir, unit))) ?? "");
    if (start?.home !== home || found.some(each => each.place.dir === place.dir)) continue;
    const { isRunning } = await ableOn(world, place);
    const isOn = isRunning && place.scope !== null ? (await systemd.isOn(unit, place.scope)).enabled : null;
    found.push({ unit, place, isOn });
  }
  return found;
}
