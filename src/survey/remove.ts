import type { InstanceRecord } from "../domain/instance.ts";
import { maintenanceName } from "../domain/maintenance.ts";
import type { ContainerDetail, World } from "../host/world.ts";
import { type InstanceFacts, surveyInstance } from "./instance.ts";
import { surveySchedules } from "./schedule.ts";
import { ableOn, placeOf } from "./units.ts";

/** What stands against deleting an instance's data, besides what `surveyInstance` finds. */
export async function surveyRemove(world: World, record: InstanceRecord, home: string, current: string | null) {
  const facts: InstanceFacts = await surveyInstance(world, record, home, current, { mayLackFolder: true });
  const own = [...new Set(record.volumes.map(({ name }) => name))];
  const there = new Set((await world.engine.volumes()).map(({ name }) => name));
  const containers = await world.engine.inspect((await world.engine.containers()).map(({ id }) => id));
  const foreign = containers
    .filter(({ project }) => project !== record.project)
    .filter(each => facts.leftPages.length === 0 || each.name !== maintenanceName(record.project));
  const foreignUsers = foreign.flatMap(({ name, mounts }) =>
    mounts.flatMap(mount => (mount.name !== null && own.includes(mount.name) ? [{ container: name, volume: mount.name }] : [])),
  );
  const freeImages = await freeImagesOf(world, record, foreign);
  const schedules = await schedulesOf(world, home, record.name);
  return { ...facts, volumes: own.filter(name => there.has(name)), foreignUsers, freeImages, schedules };
}

/** Of the images that came with an instance's bundle, those that nobody else keeps or uses. @param foreign containers of others */
export async function freeImagesOf(
  { engine }: Pick<World, "engine">,
  record: InstanceRecord,
  foreign: readonly ContainerDetail[],
): Promise<readonly string[]> {
  const used = new Set(foreign.map(({ image }) => image));
  const shipped = Object.values(record.images).filter(image => image.shipped === true);
  const ids = [...new Set(shipped.map(({ id }) => id))];
  const infos = await engine.images(ids);
  return ids.filter((id, index) => {
    const tags = infos[index]?.tags ?? [];
    const keptElsewhere = tags.some(tag => tag.startsWith("graph-mgr/") && !tag.startsWith(`graph-mgr/${record.project}/`));
    return infos[index] !== null && !used.has(id) && !keptElsewhere;
  });
}

/** What backs up this very instance by the clock, and would fail every night without it. */
async function schedulesOf(world: World, home: string, name: string) {
  const all = await surveySchedules(world, home, [placeOf(world, "system"), placeOf(world, "user")]);
  const own = all.filter(({ schedule }) => schedule.instance === name);
  return await Promise.all(own.map(async found => ({ ...found, ...(await ableOn(world, found.place)) })));
}
