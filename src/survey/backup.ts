import { dirname, join } from "node:path";
import { withoutControls } from "../domain/backup.ts";
import type { Compression } from "../domain/backup-compression.ts";
import { isRemote } from "../domain/backup-place.ts";
import { isUp } from "../domain/health.ts";
import { Home } from "../domain/home.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import type { PostgresImage } from "../domain/postgres-facts.ts";
import { isRestic, resticFolder } from "../domain/restic-place.ts";
import { externalVolumes, isInside, outsideBinds } from "../domain/shared-resources.ts";
import { OperatorError } from "../errors.ts";
import type { World } from "../host/world.ts";
import { nextSequence } from "./backups.ts";
import { surveyHome } from "./home.ts";
import type { InstanceFacts } from "./instance.ts";
import { databaseAccess } from "./postgres.ts";
import { realFolder } from "./real-folder.ts";

/** What a backup's plan is made of. No secrets. */
export interface BackupFacts {
  readonly instance: InstanceFacts;
  readonly architecture: string;
  /** Null for a product without Postgres. */
  readonly postgres: {
    readonly service: string;
    readonly image: PostgresImage;
    readonly isUp: boolean;
    /** What its databases take on the disk; with the log, where it is off. */
    readonly sizeBytes: number;
  } | null;
  readonly helperImage: string;
  /** Its named volumes but the database's. */
  readonly volumes: readonly { readonly key: string; readonly name: string; readonly writers: readonly string[] }[];
  readonly images: readonly {
    readonly service: string;
    readonly reference: string;
    readonly id: string;
    readonly layers: readonly string[];
  }[];
  /** `containers.tar[.gz]` that lie in the instance's folder. */
  readonly imageArchives: readonly string[];
  readonly hasPristine: boolean;
  /** What it uses and a backup does not hold, a sentence each. */
  readonly leftOut: readonly string[];
  /** Of that, what it writes to and others may use as well: folders of the machine and external volumes. */
  readonly outside: readonly string[];
  readonly sequence: number;
  /** Folder of the archive. */
  readonly to: string;
  /** What it would lie in, and must not: an instance's folder, or what graph-mgr keeps in the home. */
  readonly inside: string | null;
  /** That folder is not there, and is made: nobody has mounted a disk there. */
  readonly isMade: boolean;
  /** What stands in the way of that folder, because it is none itself. */
  readonly inTheWay: string | null;
  readonly compressions: readonly Compression[];
  /** What the backup takes at most, its dump included, before it is compressed; and what is free, and where. */
  readonly room: { readonly at: string; readonly neededBytes: number; readonly freeBytes: number };
}

/** @param to absolute */
export async function surveyBackup(world: World, instance: InstanceFacts, to: string): Promise<BackupFacts> {
  const { record } = instance;
  const { engine, files } = world;
  const folder = isRestic(to) ? resticFolder(to) : to;
  // Whether it opens is seen before anything is begun.
  const there = await world.backups.names(to);
  const database = record.product.postgres;
  const service = database !== null && record.images[database.service] !== undefined ? database.service : null;
  const helperImage = (service === null ? undefined : record.images[service]?.id) ?? Object.values(record.images)[0]?.id;
  if (helperImage === undefined)
    throw new OperatorError("NO_IMAGE", `${record.name} has no image that a helper could use.`, { hint: "graph-mgr status" });
  const layersOf = await layersIn(world, record);
  const volumes = namesOnce(record.volumes.filter(({ key }) => service === null || key !== database?.volume));
  // Each of them waits for another container or program.
  const [model, image, about, names, hasPristine, sequence, compressions, { databaseBytes, ...room }] = await Promise.all([
    world.compose.resolve({ name: record.project, dir: record.dir, envFiles: record.envFiles }),
    service === null ? null : world.postgres.describeImage(helperImage),
    engine.about(),
    files.list(record.dir),
    files.isFolder(record.pristine),
    nextSequence(world, instance.home, there),
    world.backups.compressions(),
    roomFor(world, instance, { helperImage, to, service, volumes: volumes.map(({ name }) => name) }),
  ]);
  const outside = [
    ...new Set(
      outsideBinds(model, record.dir).flatMap(({ kind, readOnly, source }) =>
        kind === "path" && !readOnly ? [`${source} of this machine, which it writes to`] : [],
      ),
    ),
    ...externalVolumes(model).map(({ name }) => `the volume ${name}, which is external`),
    ...instance.linked.map(({ path, target }) => `${target} of this machine, which ${path} is a link to`),
  ];
  return {
    instance,
    architecture: about.architecture,
    postgres:
      service === null || image === null
        ? null
        : {
            service,
            image,
            isUp: instance.containers.some(each => each.service === service && each.state === "running"),
            sizeBytes: databaseBytes,
          },
    helperImage,
    volumes: volumes.map(({ key, name }) => ({
      key,
      name,
      writers: instance.containers
        .filter(each => isUp(each) && each.mounts.some(mount => mount.name === name && mount.writable))
        .map(({ service: writer, name: container }) => writer ?? container),
    })),
    images: Object.entries(record.images).map(([name, { reference, id }]) => ({
      service: name,
      reference,
      id,
      layers: layersOf.get(id) ?? [],
    })),
    imageArchives: names.filter(name => /^containers\.tar(\.gz)?$/.test(name)),
    hasPristine,
    leftOut: [
      ...outside,
      ...instance.anonymous.map(({ service: owner, target }) => `${target} of ${owner}, which is in a volume without a name`),
    ].map(withoutControls),
    outside,
    sequence,
    to,
    ...(folder === null || isRemote(folder)
      ? { inside: null, inTheWay: null, isMade: false }
      : await lieOf(world, instance.home, folder)),
    compressions,
    room,
  };
}

/** Where a folder lies that may have to be made. */
async function lieOf(
  { files }: World,
  home: string,
  folder: string,
): Promise<Pick<BackupFacts, "inside" | "inTheWay" | "isMade">> {
  const { records } = await surveyHome({ files }, home);
  const real = await realFolder(files, folder);
  const isIn = await Promise.all(
    [...records.map(({ dir }) => dir), join(home, ".graph-mgr")].map(async dir =>
      isInside(real, await realFolder(files, dir)) ? dir : null,
    ),
  );
  let there = real;
  while (!(await files.exists(there)) && dirname(there) !== there) there = dirname(there);
  return {
    inside: isIn.find(dir => dir !== null) ?? null,
    inTheWay: (await files.isFolder(there)) ? null : there,
    isMade: there !== real && folder !== new Home(home).backups(),
  };
}

/** Layers of its images, by id. @throws OperatorError IMAGE_MISSING */
async function layersIn({ engine }: World, { name, images }: InstanceRecord): Promise<ReadonlyMap<string, readonly string[]>> {
  const ids = [...new Set(Object.values(images).map(({ id }) => id))];
  const found = new Map((await engine.images(ids)).flatMap((image, index) => (image ? [[ids[index] ?? "", image.layers]] : [])));
  const gone = Object.entries(images).find(([, { id }]) => !found.has(id));
  if (gone)
    throw new OperatorError("IMAGE_MISSING", `The image of ${gone[0]} (${gone[1].reference}) of ${name} is gone.`, {
      hint: `graph-mgr status ${name}`,
    });
  return found;
}

const namesOnce = <V extends { readonly name: string }>(volumes: readonly V[]): readonly V[] =>
  volumes.filter(({ name }, place) => volumes.findIndex(each => each.name === name) === place);

async function roomFor(
  world: World,
  instance: InstanceFacts,
  {
    helperImage,
    to,
    service,
    volumes,
  }: { readonly helperImage: string; readonly to: string; readonly service: string | null; readonly volumes: readonly string[] },
): Promise<BackupFacts["room"] & { readonly databaseBytes: number }> {
  const { record, containers, missingVolumes } = instance;
  const cluster =
    service === null ? [] : record.volumes.filter(({ key }) => key === record.product.postgres?.volume).map(({ name }) => name);
  const there = [...volumes, ...cluster].filter(name => !missingVolumes.includes(name));
  const isRunning = containers.some(each => each.service === service && each.state === "running");
  const [sizes, checked, folderBytes] = await Promise.all([
    world.engine.volumeSizeBytes(there, helperImage),
    isRunning && service !== null ? databaseAccess(world, record).then(access => world.postgres.check(access)) : null,
    isRestic(to) ? 0 : world.room.treeBytes(record.dir, helperImage),
  ]);
  const databaseBytes = checked?.sizeBytes ?? cluster.reduce((sum, name) => sum + (sizes[name] ?? 0), 0);
  // What a repository takes depends on what is in it already. The dump lies here until then, and has more signs than the database has bytes.
  if (isRestic(to))
    return {
      at: instance.home,
      neededBytes: 2 * databaseBytes,
      freeBytes: await world.room.freeBytes(instance.home),
      databaseBytes,
    };
  const fileBytes = volumes.reduce((sum, name) => sum + (sizes[name] ?? 0), folderBytes);
  // The dump lies beside the archive until that is whole.
  return {
    at: to,
    neededBytes: fileBytes + 2 * databaseBytes,
    freeBytes: await (isRemote(to) ? world.backups : world.room).freeBytes(to),
    databaseBytes,
  };
}
