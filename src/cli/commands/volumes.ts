import { LABELS } from "../../domain/instance.ts";
import { bytes } from "../../domain/units.ts";
import { surveyHome } from "../../survey/home.ts";
import { surveyRemoved } from "../../survey/removed.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";

/** Every volume that an instance of this home has, or that carries this home's label and belongs to no instance any more (stray). */
export async function volumes(session: Session): Promise<void> {
  const { world, home } = session;
  const [{ records }, all, removed] = await Promise.all([
    surveyHome(world, home.path),
    world.engine.volumes(),
    surveyRemoved(world, home.path),
  ]);
  const owned = records.flatMap(record =>
    record.volumes.map(({ key, name }) => ({ key, name, instance: record.name, attach: null })),
  );
  const keptFor = (volume: string) => removed.find(({ record }) => record.volumes.some(({ name }) => name === volume))?.folder;
  const stray = all
    .filter(({ name, labels }) => labels[LABELS.home] === home.path && !owned.some(each => each.name === name))
    .map(({ name, labels }) => ({
      key: labels["com.docker.compose.volume"] ?? "",
      name,
      instance: null,
      attach: keptFor(name) ?? null,
    }));
  const there = new Set(all.map(({ name }) => name));
  const helper = records.flatMap(record => {
    const database = record.product.postgres;
    return Object.values({ ...(database === null ? {} : { first: record.images[database.service] }), ...record.images }).flatMap(
      image => (image ? [image.id] : []),
    );
  })[0];
  const names = [...new Set([...owned, ...stray].map(({ name }) => name))].filter(name => there.has(name));
  const sizes = helper === undefined || names.length === 0 ? {} : await world.engine.volumeSizeBytes(names, helper);
  const found = [...owned, ...stray].map(each => ({
    ...each,
    exists: there.has(each.name),
    sizeBytes: sizes[each.name] ?? null,
  }));
  if (session.flags.json) return session.print(JSON.stringify({ schema: 1, home: home.path, volumes: found }));
  if (found.length === 0) return session.print(`No instance of ${home.path} has volumes.`);
  session.print(
    table(
      ["VOLUME", "INSTANCE", "SIZE"],
      found.map(({ name, instance, attach, exists, sizeBytes }) => [
        name,
        instance ??
          (attach === null ? "(stray: no instance has it)" : `(kept by remove; \`graph-mgr install --attach ${attach}\`)`),
        exists ? (sizeBytes === null ? "?" : bytes(sizeBytes)) : "not there",
      ]),
      session.printColumns,
    ),
  );
}
