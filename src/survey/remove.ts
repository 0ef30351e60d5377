import type { InstanceRecord } from "../domain/instance.ts";
import type { World } from "../host/world.ts";
import { type InstanceFacts, surveyInstance } from "./instance.ts";

/** What stands against deleting an instance's data, besides what `surveyInstance` finds. */
export async function surveyRemove(world: World, record: InstanceRecord, home: string, current: string | null) {
  const facts: InstanceFacts = await surveyInstance(world, record, home, current, true);
  const own = [...new Set(record.volumes.map(({ name }) => name))];
  const there = new Set((await world.engine.volumes()).map(({ name }) => name));
  const containers = await world.engine.inspect((await world.engine.containers()).map(({ id }) => id));
  const foreign = containers.filter(({ project }) => project !== record.project);
  const foreignUsers = foreign.flatMap(({ name, mounts }) =>
    mounts.flatMap(mount => (mount.name !== null && own.includes(mount.name) ? [{ container: name, volume: mount.name }] : [])),
  );
  const used = new Set(foreign.map(({ image }) => image));
  const shipped = Object.values(record.images).filter(image => image.shipped === true);
  const ids = [...new Set(shipped.map(({ id }) => id))];
  const infos = await world.engine.images(ids);
  const freeImages = ids.filter((id, index) => {
    const tags = infos[index]?.tags ?? [];
    const keptElsewhere = tags.some(tag => tag.startsWith("graph-mgr/") && !tag.startsWith(`graph-mgr/${record.project}/`));
    return infos[index] !== null && !used.has(id) && !keptElsewhere;
  });
  return { ...facts, volumes: own.filter(name => there.has(name)), foreignUsers, freeImages };
}
