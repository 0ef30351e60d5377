import type { ListedBackup } from "../../domain/backup-note.ts";
import { isUp } from "../../domain/health.ts";
import { Home } from "../../domain/home.ts";
import type { PostgresServer } from "../../domain/postgres-facts.ts";
import type { World } from "../../host/world.ts";
import { surveyBackups, surveyNotes } from "../backups.ts";
import { helperImageOf, runningDatabase } from "../instance-details.ts";
import { surveySchedules } from "../schedule.ts";
import { placeOf } from "../units.ts";
import { type CertificatesLook, lookAtCertificates } from "./certificates.ts";
import { type EngineLook, lookAtEngine } from "./engine.ts";
import { type HomeLook, lookAtHome, type Operations } from "./home.ts";
import { type InstanceLook, lookAtInstance } from "./instances.ts";
import { attempt, type Looked, orNull } from "./looked.ts";
import { lookAtPermissions, type PermissionsLook } from "./permissions.ts";

export interface MachineLook {
  /** File systems by path: of the home, and of the engine where that can be seen from here. */
  readonly disks: readonly { readonly path: string; readonly what: string; readonly room: DiskRoom | null }[];
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number } | null;
  readonly isSynchronized: boolean | null;
  /** A device of NVIDIA's driver. */
  readonly hasGpu: boolean;
  readonly hosts: readonly {
    readonly instance: string;
    readonly host: string;
    readonly addresses: readonly string[] | "unknown" | null;
  }[];
}
type DiskRoom = NonNullable<Awaited<ReturnType<World["surroundings"]["disk"]>>>;

export interface BackupsLook {
  /** Those that are on this machine. */
  readonly here: readonly ListedBackup[];
  /** All that are known, also elsewhere; of those here, also those whose file is gone. */
  readonly noted: readonly Pick<ListedBackup, "sequence" | "path" | "instance" | "createdAt" | "verified" | "drilled">[];
  readonly schedules: readonly {
    readonly unit: string;
    readonly instance: string | null;
    readonly to: string | null;
    /** Null where no systemd runs that would keep to it. */
    readonly isOn: boolean | null;
  }[];
}

export interface DatabaseLook {
  readonly instance: string;
  readonly server: Looked<PostgresServer>;
}

/** Everything that `doctor` judges. No secrets. */
export interface DoctorFacts {
  /** ISO 8601. */
  readonly now: string;
  readonly home: HomeLook;
  readonly engine: Looked<EngineLook>;
  readonly compose: Looked<string>;
  readonly instances: readonly InstanceLook[];
  readonly machine: MachineLook;
  readonly permissions: PermissionsLook;
  readonly certificates: CertificatesLook;
  readonly backups: Looked<BackupsLook>;
  readonly databases: readonly DatabaseLook[];
  /** Sizes of the instances' volumes; null where they cannot be measured. */
  readonly volumeSizes: Readonly<Record<string, number>> | null;
  /** Names of graph-mgr's own tags, `graph-mgr/<project>/<service>:pinned`, with the image. */
  readonly ownTags: readonly { readonly name: string; readonly id: string }[];
}

export async function surveyDoctor(world: World, homePath: string, operations: Operations): Promise<DoctorFacts> {
  const home = await lookAtHome(world, homePath, operations);
  const { engine, compose } = await lookAtEngine(world);
  const instances: InstanceLook[] = [];
  for (const record of home.records) instances.push(await lookAtInstance(world, record, homePath, home.current.name));
  const there = orNull(engine);
  return {
    now: world.now().toISOString(),
    home,
    engine,
    compose,
    instances,
    machine: await lookAtMachine(world, homePath, there, instances),
    permissions: await lookAtPermissions(world, home),
    certificates: await lookAtCertificates(world, instances),
    backups: await attempt(() => lookAtBackups(world, homePath)),
    databases: there === null ? [] : await lookAtDatabases(world, instances),
    volumeSizes: there === null ? null : await sizesOf(world, instances, there),
    ownTags: (there?.images ?? []).flatMap(({ id, tags }) =>
      tags.filter(name => name.startsWith("graph-mgr/")).map(name => ({ name, id })),
    ),
  };
}

async function lookAtMachine(
  { surroundings }: World,
  home: string,
  engine: EngineLook | null,
  instances: readonly InstanceLook[],
): Promise<MachineLook> {
  const root = engine?.diagnosis.root ?? null;
  const wanted = [{ path: home, what: "the home" }, ...(root === null ? [] : [{ path: root, what: "the Docker Engine" }])];
  const disks = [];
  for (const { path, what } of wanted) {
    // Before the first installation the home is not there yet.
    let room: DiskRoom | null = null;
    for (let at = path; room === null; at = at.slice(0, Math.max(1, at.lastIndexOf("/")))) {
      room = await surroundings.disk(at);
      if (at === "/" || what !== "the home") break;
    }
    disks.push({ path, what, room });
  }
  const hosts = [];
  for (const { record, files } of instances) {
    const named = (orNull(files)?.sites ?? []).map(({ host }) => host).filter(isName);
    for (const host of new Set(named)) hosts.push({ instance: record.name, host, addresses: await surroundings.addresses(host) });
  }
  const devices = await Promise.all(
    ["/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg"].map(path => attempt(() => surroundings.entry(path))),
  );
  return {
    disks,
    memory: await surroundings.memory(),
    isSynchronized: await surroundings.isSynchronized(),
    hasGpu: devices.some(each => orNull(each) !== null),
    hosts,
  };
}

/** Neither an address, nor a pattern, nor this machine itself. */
const isName = (host: string): boolean =>
  host.includes(".") && !host.includes("*") && !/^[\d.]+$|^\[/.test(host) && !host.endsWith(".localhost");

async function lookAtBackups(world: World, homePath: string): Promise<BackupsLook> {
  const noted = await surveyNotes(world, new Home(homePath));
  const places = [placeOf(world, "system"), placeOf(world, "user")];
  const schedules: BackupsLook["schedules"][number][] = [];
  for (const { schedule, unit, place } of await surveySchedules(world, homePath, places)) {
    const { scope } = place;
    const runs = scope !== null && (await world.systemd.isRunning(scope));
    const state = runs && scope !== null ? orNull(await attempt(() => world.systemd.isOn(`${unit}.timer`, scope))) : null;
    if (!schedules.some(each => each.unit === unit))
      schedules.push({
        unit,
        instance: schedule.instance,
        to: schedule.to,
        isOn: state === null ? null : state.enabled && state.active,
      });
  }
  return { here: await surveyBackups(world, homePath), noted, schedules };
}

async function lookAtDatabases(world: World, instances: readonly InstanceLook[]): Promise<readonly DatabaseLook[]> {
  const found: DatabaseLook[] = [];
  for (const { record, facts } of instances) {
    const containers = orNull(facts)?.containers ?? [];
    const database = containers.find(({ service }) => service === record.product.postgres?.service);
    if (database === undefined || !isUp(database) || database.state !== "running") continue;
    const server = await attempt(async () => {
      const access = await runningDatabase(world, record, containers);
      return access === null ? null : await world.postgres.describe(access);
    });
    if ("value" in server && server.value === null) continue;
    found.push({ instance: record.name, server: server as Looked<PostgresServer> });
  }
  return found;
}

/** In one helper container for all. */
async function sizesOf(world: World, instances: readonly InstanceLook[], engine: EngineLook) {
  const there = new Set(engine.volumes.map(({ name }) => name));
  const names = [...new Set(instances.flatMap(({ record }) => record.volumes.map(({ name }) => name)))].filter(name =>
    there.has(name),
  );
  const images = new Set(engine.images.map(({ id }) => id));
  const helper = instances.map(({ record }) => helperImageOf(record)).find(id => id !== undefined && images.has(id));
  if (helper === undefined || names.length === 0) return {};
  return orNull(await attempt(() => world.engine.volumeSizeBytes(names, helper)));
}
