import { beforeAll, describe, expect, it } from "vitest";
import { readArguments } from "../../src/cli/arguments.ts";
import { CHECKS, type CheckName, type Finding, type Severity } from "../../src/domain/finding.ts";
import type { InstanceRecord } from "../../src/domain/instance.ts";
import type { PostgresServer } from "../../src/domain/postgres-facts.ts";
import { findingsOf } from "../../src/operations/doctor/findings.ts";
import type { EngineLook } from "../../src/survey/doctor/engine.ts";
import type { BackupsLook, DoctorFacts } from "../../src/survey/doctor/facts.ts";
import { surveyDoctor } from "../../src/survey/doctor/facts.ts";
import type { FilesLook, InstanceLook } from "../../src/survey/doctor/instances.ts";
import type { OpenPath } from "../../src/survey/doctor/permissions.ts";
import { HOME, Stage } from "../simulator/scenario.ts";

const NAME = "v2.22.2";
const SLUG = "v2_22_2";
const DIR = `${HOME}/releases/${NAME}`;
const NOW = "2026-03-01T12:00:00.000Z";

/** What is so on a machine where all is well. */
let well: DoctorFacts;
const backup = {
  sequence: 3,
  path: `${HOME}/backups/3.tar`,
  instance: NAME,
  release: NAME,
  createdAt: "2026-03-01T02:30:00.000Z",
  sizeBytes: 1,
  withImages: false,
  encrypted: null,
  verified: { at: "2026-03-01T02:31:00.000Z", how: "created" as const },
  drilled: { at: "2026-02-27T02:40:00.000Z", tookMs: 1, operation: "x" },
  damaged: false,
};
const elsewhere = { ...backup, sequence: 2, path: "ssh://there/backups/2.tar", createdAt: "2026-02-28T02:30:00.000Z" };
const timer = { unit: "graph-mgr-backup-current-1", instance: null, to: null, isOn: true };

beforeAll(async () => {
  const stage = new Stage();
  await stage.install(NAME);
  stage.machine.state.clockMs += 60_000;
  const facts = await surveyDoctor(stage.world, HOME, { list: async () => [], isLocked: async () => false });
  // The sample's secrets were replaced; its folder lies below a folder of root's.
  well = {
    ...now(() => ({ anonymous: [] }))(facts),
    now: NOW,
    backups: { value: { here: [backup], noted: [backup, elsewhere], schedules: [timer] } },
  };
});

type Plant = (facts: DoctorFacts) => DoctorFacts;
const engine =
  (change: (look: EngineLook) => Partial<EngineLook>): Plant =>
  facts => {
    if (!("value" in facts.engine)) throw new Error("no engine");
    return { ...facts, engine: { value: { ...facts.engine.value, ...change(facts.engine.value) } } };
  };
const instance =
  (change: (look: InstanceLook) => Partial<InstanceLook>): Plant =>
  facts => ({ ...facts, instances: facts.instances.map(look => ({ ...look, ...change(look) })) });
const record = (change: Partial<InstanceRecord>): Plant => instance(look => ({ record: { ...look.record, ...change } }));
const files = (change: Partial<FilesLook>): Plant =>
  instance(({ files: own }) => ({ files: "value" in own ? { value: { ...own.value, ...change } } : own }));
type Facts = Extract<InstanceLook["facts"], { value: unknown }>["value"];
const now = (change: (facts: Facts) => Partial<Facts>): Plant =>
  instance(({ facts }) => ({ facts: "value" in facts ? { value: { ...facts.value, ...change(facts.value) } } : facts }));
type Container = EngineLook["containers"][number];
/** On the engine and as the instance's own. */
const container =
  (service: string, change: Partial<Container>): Plant =>
  facts => {
    const changed = (all: readonly Container[]) => all.map(each => (each.service === service ? { ...each, ...change } : each));
    return now(({ containers }) => ({ containers: changed(containers) }))(
      engine(({ containers }) => ({ containers: changed(containers) }))(facts),
    );
  };
const stranger = (change: Partial<Container>): Plant =>
  engine(({ containers }) => ({
    containers: [
      ...containers,
      {
        ...containers[0]!,
        id: "f".repeat(64),
        name: "stranger",
        project: "other",
        service: "x",
        workingDir: "/elsewhere",
        labels: {},
        mounts: [],
        networks: [],
        ...change,
      },
    ],
  }));
const backups =
  (change: Partial<BackupsLook>): Plant =>
  facts => ({
    ...facts,
    backups: { value: { here: [backup], noted: [backup, elsewhere], schedules: [timer], ...change } },
  });
const server =
  (change: Partial<PostgresServer>): Plant =>
  facts => ({
    ...facts,
    databases: facts.databases.map(each =>
      "value" in each.server ? { ...each, server: { value: { ...each.server.value, ...change } } } : each,
    ),
  });
const path =
  (over: Partial<OpenPath>): Plant =>
  facts => ({
    ...facts,
    permissions: {
      ...facts.permissions,
      paths: [
        ...facts.permissions.paths,
        { path: `${HOME}/.graph-mgr/x`, mode: 0o600, uid: 0, type: "file", what: "own", ...over },
      ],
    },
  });
const home =
  (change: Partial<DoctorFacts["home"]>): Plant =>
  facts => ({ ...facts, home: { ...facts.home, ...change } });
const machine =
  (change: Partial<DoctorFacts["machine"]>): Plant =>
  facts => ({ ...facts, machine: { ...facts.machine, ...change } });
const room = (freeBytes: number, over = {}): Plant =>
  machine({
    disks: [{ path: HOME, what: "the home", room: { totalBytes: 1e11, freeBytes, totalFiles: 1000, freeFiles: 900, ...over } }],
  });
const measured = (daysAgo: number, freeBytes: number) => ({
  at: new Date(Date.parse(NOW) - daysAgo * 86_400_000).toISOString(),
  disks: { [HOME]: { totalBytes: 1e11, freeBytes } },
  volumes: { [`${SLUG}_postgres_data`]: 1e9 },
});
const both =
  (...plants: readonly Plant[]): Plant =>
  facts =>
    plants.reduce((planted, plant) => plant(planted), facts);
const second =
  (change: Partial<InstanceRecord>): Plant =>
  facts => {
    const [first] = facts.instances;
    const own = {
      name: "v2.22.2-b",
      project: "v2_22_2_b",
      dir: `${HOME}/releases/v2.22.2-b`,
      volumes: [],
      networks: [],
      ports: [],
      images: {},
      services: [],
    };
    return {
      ...facts,
      instances: [
        ...facts.instances,
        {
          ...first!,
          isCurrent: false,
          record: { ...first!.record, ...own, ...change },
          facts: { unable: "x", code: "X", hint: null },
        },
      ],
    };
  };
const certificate =
  (until: string, over = {}): Plant =>
  facts => ({
    ...facts,
    certificates: {
      seen: [{ instance: NAME, where: `${DIR}/x.pem`, subject: "CN=x", issuer: "CN=y", until, isServed: false, ...over }],
      silent: [],
    },
  });
const OPERATION = { id: "20260228T101500Z-update-3f9a", operation: "update", instance: NAME, steps: [1, 2, 3] };
const operation = (id: string, outcome: string, closing: string | null = null): Plant =>
  home({ operations: { value: [{ plan: { ...OPERATION, id }, outcome, closing, stepsDone: 1 } as never] } });
const unable = { unable: "the daemon is not running", code: "COMMAND_FAILED", hint: null };
const helper = (state: Container["state"]): Plant =>
  stranger({ name: "helper-1", project: null, state, labels: { "graph-mgr.home": HOME, "graph-mgr.helper": "1" } });

/** A planted fact, and what is found of it. `fixable` where `--fix` does something about it. */
const PLANTED: readonly (readonly [
  name: string,
  plant: Plant,
  check: CheckName,
  severity: Severity,
  says: RegExp,
  fixable?: true,
])[] = [
  ["F90 no engine", facts => ({ ...facts, engine: unable }), "engine", "error", /does not answer this user: the daemon/],
  [
    "F90 an old engine",
    engine(({ diagnosis }) => ({ diagnosis: { ...diagnosis, version: "19.03.15" } })),
    "engine",
    "error",
    /19.03.15/,
  ],
  ["F90 an old Compose", facts => ({ ...facts, compose: { value: "v2.20.1" } }), "engine", "error", /2.20.1/],
  [
    "F90 no Compose",
    facts => ({ ...facts, compose: { unable: "Docker Compose v2 is not here", code: "NO_COMPOSE", hint: null } }),
    "engine",
    "error",
    /not here/,
  ],
  [
    "F89 another engine",
    home({ records: [{ name: NAME, engine: "OTHER" } as InstanceRecord] }),
    "engine",
    "error",
    /another Docker Engine/,
  ],
  ["F66 the engine's clock is off", engine(() => ({ aheadMs: -90_000 })), "clock", "warning", /1 min 30 s behind/],
  ["F66 an operation of tomorrow", operation("20260302T101500Z-update-3f9a", "done"), "clock", "warning", /still to come/],
  [
    "F66 a backup of tomorrow",
    backups({ noted: [{ ...backup, createdAt: "2026-03-02T00:00:00.000Z" }] }),
    "clock",
    "warning",
    /still to come/,
  ],
  ["F66 nothing holds the clock", machine({ isSynchronized: false }), "clock", "warning", /nothing holds/],
  ["nobody tells whether the clock is held", machine({ isSynchronized: null }), "clock", "note", /cannot be told/],
  ["no runtime for a GPU", files({ gpu: ["nexus"] }), "gpu", "error", /no runtime `nvidia`/],
  [
    "no GPU",
    both(
      files({ gpu: ["nexus"] }),
      engine(({ diagnosis }) => ({ diagnosis: { ...diagnosis, runtimes: ["nvidia"] } })),
    ),
    "gpu",
    "warning",
    /no device/,
  ],
  ["F23 a full disk", room(5e8), "disk", "error", /500 MB of 100 GB free/],
  ["F23 a disk that is nearly full", room(8e9), "disk", "warning", /8.0 GB/],
  [
    "F23 a disk that fills in days",
    both(room(3e10), home({ sizes: [measured(10, 5e10)] })),
    "disk",
    "warning",
    /enough for 15 days at the present growth of 2.0 GB a day/,
  ],
  [
    "F23 a disk that is full tomorrow",
    both(room(2e10), home({ sizes: [measured(1, 4e10)] })),
    "disk",
    "error",
    /enough for 1 days/,
  ],
  ["F94 no inodes", room(5e10, { freeFiles: 10 }), "disk", "error", /10 more files/],
  [
    "a disk that cannot be seen",
    machine({ disks: [{ path: "/x", what: "the Docker Engine", room: null }] }),
    "disk",
    "note",
    /cannot be told/,
  ],
  ["little memory", machine({ memory: { totalBytes: 1e9, freeBytes: 5e8 } }), "memory", "warning", /500 MB/],
  ["no memory", machine({ memory: { totalBytes: 1e9, freeBytes: 1e8 } }), "memory", "error", /refused/],
  ["memory that is not told", machine({ memory: null }), "memory", "note", /cannot be told/],
  [
    "a name that nobody knows",
    machine({ hosts: [{ instance: NAME, host: "a.example", addresses: "unknown" }] }),
    "dns",
    "warning",
    /know no such name/,
  ],
  [
    "no network",
    machine({ hosts: [{ instance: NAME, host: "a.example", addresses: null }] }),
    "dns",
    "note",
    /no name server answers/,
  ],
  ["an ended certificate", certificate("2026-02-28T00:00:00.000Z"), "certificates", "error", /ended on 2026-02-28/],
  [
    "a certificate that ends",
    certificate("2026-03-12T13:00:00.000Z", { isServed: true }),
    "certificates",
    "warning",
    /served.* ends in 11 days/,
  ],
  [
    "no certificate",
    facts => ({ ...facts, certificates: { seen: [], silent: [{ instance: NAME, port: 443, host: "a.example" }] } }),
    "certificates",
    "warning",
    /nobody shows a certificate/,
  ],
  ["no home", home({ isThere: false }), "records", "note", /no home yet/],
  ["a home that nobody may look into", home({ isThere: false, unable: "EACCES" }), "records", "error", /cannot be told: EACCES/],
  [
    "F92 a broken record",
    home({ broken: [{ path: `${HOME}/.graph-mgr/instances/x.json`, why: "is not JSON", hint: null }] }),
    "records",
    "error",
    /is not JSON/,
  ],
  ["F64 a home that cannot be written", home({ mayWrite: false }), "records", "error", /may not write/],
  ["a link current to nothing", home({ current: { target: "releases/v9", name: null } }), "records", "error", /releases\/v9/],
  ["a folder that is gone", instance(() => ({ hasFolder: false })), "records", "error", /folder .* is gone/],
  ["F69 a folder that is a link", home({ links: [NAME] }), "records", "warning", /is a link/],
  ["a volume that is gone", now(() => ({ missingVolumes: ["v"] })), "records", "error", /volume v is gone/],
  ["F20 an unfinished operation", operation(OPERATION.id, "unfinished"), "operations", "error", /update is not finished: 1 of 3/],
  [
    "an operation that is to be closed",
    operation(OPERATION.id, "unfinished", "done"),
    "operations",
    "error",
    /before it was closed/,
  ],
  [
    "an operation that somebody is at",
    both(operation(OPERATION.id, "unfinished"), home({ isAtWork: true })),
    "operations",
    "note",
    /is at the update now: 1 of 3 steps done/,
  ],
  ["F92 a journal that cannot be read", home({ operations: unable }), "operations", "error", /cannot be read/],
  [
    "F73 a file of ours that others may write",
    path({ mode: 0o666 }),
    "permissions",
    "error",
    /others may write to it \(mode 0666\)/,
    true,
  ],
  ["F73 a file of ours that others may read", path({ mode: 0o640 }), "permissions", "warning", /others may read it/, true],
  ["F73 settings that others may read", path({ what: "settings", mode: 0o644 }), "permissions", "warning", /secrets in it/, true],
  [
    "F73 settings that others may write",
    path({ what: "settings", mode: 0o662 }),
    "permissions",
    "error",
    /decides what runs/,
    true,
  ],
  ["a key that everybody may read", path({ what: "key", mode: 0o644 }), "permissions", "warning", /private key/],
  ["a key that everybody may write", path({ what: "key", mode: 0o666 }), "permissions", "error", /private key/, true],
  ["a release that others may write", path({ what: "release", mode: 0o777 }), "permissions", "error", /decide what runs/, true],
  [
    "a folder above that everybody may write",
    path({ what: "above", mode: 0o777 }),
    "permissions",
    "error",
    /in the place of the home/,
  ],
  ["an open socket", path({ what: "socket", mode: 0o666 }), "permissions", "error", /as being root/],
  ["a file of somebody else's", path({ uid: 1000 }), "permissions", "warning", /belongs to the user 1000/],
  [
    "files that cannot be looked at",
    facts => ({ ...facts, permissions: { ...facts.permissions, unreadable: ["/a", "/b"] } }),
    "permissions",
    "note",
    /may not look at it, nor at 1 more/,
  ],
  [
    "too many files",
    facts => ({ ...facts, permissions: { ...facts.permissions, isCut: true } }),
    "permissions",
    "note",
    /more files/,
  ],
  ["a broken cache", home({ badCaches: [`${HOME}/.graph-mgr/cache/sizes.json`] }), "cache", "note", /made anew/, true],
  [
    "F10 two servers on one volume",
    stranger({
      mounts: [{ type: "volume", name: `${SLUG}_postgres_data`, source: "", target: "/var/lib/postgresql/data", writable: true }],
    }),
    "sharing",
    "error",
    /2 Postgres servers run on its volume/,
  ],
  [
    "F10 two projects that write to one volume",
    stranger({ mounts: [{ type: "volume", name: `${SLUG}_postgres_backups`, source: "", target: "/x", writable: true }] }),
    "sharing",
    "error",
    /several projects write/,
  ],
  [
    "F44 two names for one directory",
    both(
      files({ devices: [{ name: "a", device: "/d" }] }),
      engine(({ volumes }) => ({ volumes: [...volumes, { name: "b", driver: "local", options: { device: "/d" }, labels: {} }] })),
    ),
    "sharing",
    "error",
    /one directory/,
  ],
  ["a guest on the network", stranger({ networks: [`${SLUG}_grph`] }), "sharing", "warning", /answered by them/],
  ["F11 one project for two", second({ project: SLUG }), "sharing", "error", /both have the project/],
  [
    "F35 one port for two",
    second({ ports: [{ service: "caddy", container: 80, protocol: "tcp", host: 80 }] }),
    "ports",
    "note",
    /both publish port 80/,
  ],
  [
    "one folder outside for two",
    both(files({ writableOutside: ["/mnt/x"] }), second({})),
    "sharing",
    "warning",
    /both write to \/mnt\/x/,
  ],
  [
    "F37 started by hand",
    now(() => ({ outsiders: [{ container: "c", state: "running", project: "p", volume: null, workingDir: DIR }] })),
    "sharing",
    "error",
    /by hand, as the project p/,
  ],
  [
    "F08 a stopped user of the volume",
    now(() => ({ outsiders: [{ container: "c", state: "exited", project: "p", volume: "v", workingDir: null }] })),
    "sharing",
    "warning",
    /mounts its volume v/,
  ],
  [
    "F11 another one's project",
    now(() => ({ outsiders: [{ container: "c", state: "running", project: SLUG, volume: null, workingDir: "/e" }] })),
    "sharing",
    "error",
    /has its project name/,
  ],
  [
    "started through current",
    container("nexus", { workingDir: `${HOME}/current` }),
    "through-current",
    "error",
    /through the link/,
  ],
  [
    "a mount through current",
    container("nexus", {
      state: "exited",
      mounts: [{ type: "bind", name: null, source: `${HOME}/current/data`, target: "/d", writable: true }],
    }),
    "through-current",
    "warning",
    /through the link/,
  ],
  [
    "F55 a service that failed",
    container("nexus", { state: "exited", exitCode: 1 }),
    "health",
    "error",
    /nexus: ended with code 1/,
  ],
  [
    "F55 out of memory",
    container("nexus", { state: "exited", exitCode: 137, outOfMemory: true }),
    "health",
    "error",
    /out of memory/,
  ],
  ["F91 a paused service", container("nexus", { state: "paused" }), "health", "warning", /nexus: paused/],
  ["F55 a service that is unhealthy", container("nexus", { health: "unhealthy" }), "health", "warning", /unhealthy/],
  [
    "F55 a service that never stays up",
    container("nexus", { state: "restarting", restartCount: 9, exitCode: 1 }),
    "health",
    "error",
    /nexus: /,
  ],
  [
    "F55 a service that was started again once or twice",
    container("nexus", { state: "restarting", restartCount: 2, exitCode: 1 }),
    "health",
    "warning",
    /nexus: /,
  ],
  ["F55 a service that comes and goes", container("nexus", { restartCount: 12 }), "health", "warning", /after 12 restarts/],
  ["F51 files that Compose cannot read", instance(() => ({ files: unable })), "configuration", "error", /Compose cannot read/],
  [
    "a Caddyfile that nobody has tried yet",
    files({
      unreadCaddyfiles: [{ path: "Caddyfile", service: "caddy", verdict: "invalid", say: "Caddyfile:3: unexpected end" }],
    }),
    "configuration",
    "error",
    /the Caddy of caddy cannot read Caddyfile, and would not come up with it again: Caddyfile:3: unexpected end/,
  ],
  [
    "F24 another project in .env",
    files({ projectName: "else" }),
    "configuration",
    "error",
    /COMPOSE_PROJECT_NAME in its .env is else/,
  ],
  [
    "F38 a key of Compose's elsewhere",
    files({ strayComposeKeys: [{ file: "data/config/custom.env", key: "COMPOSE_FILE" }] }),
    "configuration",
    "warning",
    /sets COMPOSE_FILE/,
  ],
  [
    "a mount of nothing",
    files({ missingBinds: [{ service: "caddy", source: `${DIR}/x` }] }),
    "configuration",
    "error",
    /is not there/,
  ],
  [
    "a secret that everybody knows",
    files({ defaultSecrets: ["POSTGRES_PASSWORD"] }),
    "configuration",
    "warning",
    /ships to everybody/,
  ],
  ["F13 files that were edited", now(() => ({ replaced: ["nexus"] })), "configuration", "note", /next restart/],
  [
    "F46 a volume without a name",
    now(() => ({ anonymous: [{ service: "cache", target: "/data", name: "a".repeat(64) }] })),
    "configuration",
    "note",
    /without a name/,
  ],
  [
    "F81 the engine's socket",
    container("nexus", { mounts: [{ type: "bind", name: null, source: "/var/run/docker.sock", target: "/s", writable: true }] }),
    "configuration",
    "note",
    /socket/,
  ],
  ["F18 an image that is gone", engine(() => ({ images: [] })), "images", "error", /cannot be launched again/],
  [
    "F18 a tag that is gone",
    facts => ({ ...facts, ownTags: facts.ownTags.slice(1) }),
    "images",
    "warning",
    /may take the image/,
    true,
  ],
  [
    "F18 a tag of another image",
    facts => ({ ...facts, ownTags: facts.ownTags.map(each => ({ ...each, id: "sha256:0" })) }),
    "images",
    "warning",
    /another image/,
    true,
  ],
  [
    "F16 a policy that was changed",
    container("nexus", { restartPolicy: "no" }),
    "restart-policy",
    "warning",
    /has restart: no, and its files say unless-stopped/,
    true,
  ],
  [
    "F16 stopped, and the engine would wake it",
    both(record({ stoppedPolicies: { nexus: "unless-stopped" } }), container("nexus", { state: "exited", exitCode: 0 })),
    "restart-policy",
    "warning",
    /would be started again/,
    true,
  ],
  [
    "F16 policies while something is unfinished",
    both(operation(OPERATION.id, "unfinished"), container("nexus", { restartPolicy: "no" })),
    "restart-policy",
    "note",
    /not looked at/,
  ],
  [
    "F16 what starts an old one",
    instance(() => ({ isCurrent: false, revivers: ["/etc/cron.d/x, line 3"] })),
    "revivers",
    "warning",
    /cron.d\/x, line 3/,
  ],
  [
    "F16 what starts the current one",
    instance(() => ({ isCurrent: true, revivers: ["/etc/cron.d/x, line 3"] })),
    "revivers",
    "note",
    /cron.d\/x/,
  ],
  [
    "F35 a port that somebody has",
    now(() => ({ takenPorts: [{ service: "caddy", container: 80, protocol: "tcp", host: 80, by: null }] })),
    "ports",
    "error",
    /its port 80 .*another program/,
  ],
  [
    "F59 a database that lets nobody in",
    facts => ({ ...facts, databases: [{ instance: NAME, server: unable }] }),
    "database",
    "error",
    /cannot be looked at/,
  ],
  ["F62 prepared transactions", server({ preparedTransactions: ["x"] }), "database", "warning", /1 prepared/],
  ["F62 replication slots", server({ replicationSlots: ["standby"] }), "database", "warning", /standby/],
  ["tablespaces", server({ tablespaces: ["fast"] }), "database", "note", /outside of its volume/],
  [
    "F33 another library for a database",
    facts =>
      server({
        databases: databasesOf(facts).map(each => ({ ...each, collationVersion: { recorded: "2.31", actual: "2.36" } })),
      })(facts),
    "collation",
    "error",
    /2.31 .* 2.36 now/,
  ],
  [
    "F33 another library for an index",
    facts => server({ databases: databasesOf(facts).map(each => ({ ...each, changedCollations: ["public.de"] })) })(facts),
    "collation",
    "error",
    /public.de/,
  ],
  ["no backup", backups({ here: [], noted: [] }), "backups", "warning", /there is no backup of it/],
  [
    "F67 no good backup",
    backups({ here: [{ ...backup, verified: null }], noted: [{ ...backup, verified: null }] }),
    "backups",
    "warning",
    /none of its backups/,
  ],
  [
    "F67 a newest that is not good",
    backups({
      here: [backup, { ...backup, sequence: 4, path: "/4", verified: null }],
      noted: [backup, { ...backup, sequence: 4, path: "/4", verified: null }],
    }),
    "backups",
    "warning",
    /newest backup, 4/,
  ],
  [
    "an old backup, with a schedule",
    backups({ here: [], noted: [{ ...elsewhere, createdAt: "2026-02-25T00:00:00.000Z" }] }),
    "backups",
    "warning",
    /4 d 12 h old/,
  ],
  [
    "an old backup, without one",
    backups({ here: [], noted: [{ ...elsewhere, createdAt: "2026-02-20T00:00:00.000Z" }], schedules: [] }),
    "backups",
    "warning",
    /9 d 12 h old/,
  ],
  ["no drill", backups({ noted: [{ ...elsewhere, drilled: null }], here: [] }), "backups", "note", /ever restored for a trial/],
  [
    "a drill of long ago",
    backups({ noted: [{ ...elsewhere, drilled: { at: "2025-11-01T00:00:00.000Z", tookMs: 1, operation: "x" } }], here: [] }),
    "backups",
    "note",
    /since 2025-11-01/,
  ],
  ["all backups here", backups({ noted: [backup] }), "backups", "note", /go with it/],
  ["a backup that is gone", backups({ here: [] }), "backups", "warning", /is gone, or its disk/],
  [
    "a disk with backups that is put away",
    backups({ noted: [backup, ...[7, 8, 9].map(sequence => ({ ...backup, sequence, path: `/mnt/usb/${sequence}.tar` }))] }),
    "backups",
    "note",
    /3 of them are gone from \/mnt\/usb, or its disk/,
  ],
  ["no schedule", backups({ schedules: [] }), "backups", "note", /by the clock/],
  ["a schedule that is off", backups({ schedules: [{ ...timer, isOn: false }] }), "backups", "warning", /does not keep/],
  ["no systemd for a schedule", backups({ schedules: [{ ...timer, isOn: null }] }), "backups", "note", /no systemd runs/],
  [
    "F96 backups into what is backed up",
    backups({ schedules: [{ ...timer, to: `${DIR}/backups` }] }),
    "backups",
    "warning",
    /in the folder of/,
  ],
  ["backups that cannot be looked at", facts => ({ ...facts, backups: unable }), "backups", "error", /cannot be looked at/],
  [
    "F19 a stray volume",
    engine(({ volumes }) => ({
      volumes: [...volumes, { name: "stray", driver: "local", options: {}, labels: { "graph-mgr.home": HOME } }],
    })),
    "strays",
    "warning",
    /no instance has/,
  ],
  ["F25 a stray helper", helper("exited"), "strays", "warning", /helper container/, true],
  [
    "a stray page",
    stranger({ name: "graph-mgr-x-maintenance", project: null, labels: { "graph-mgr.home": HOME } }),
    "strays",
    "warning",
    /stands in for no instance/,
  ],
  [
    "stray containers",
    stranger({ project: "gone", workingDir: `${HOME}/releases/gone` }),
    "strays",
    "warning",
    /belong to no instance/,
  ],
  [
    "an image's name that was moved",
    facts => {
      const id = facts.instances[0]?.record.images["caddy"]?.id ?? "";
      return now(() => ({ movedImages: [{ service: "caddy", reference: "acme/caddy:v1", id }] }))(facts);
    },
    "images",
    "warning",
    /acme\/caddy:v1 is another image by now than the one that caddy runs/,
  ],
  [
    "a stray tag and network",
    both(
      engine(({ volumes, networks }) => ({
        volumes: [
          ...volumes,
          { name: "s", driver: "local", options: {}, labels: { "graph-mgr.home": HOME, "com.docker.compose.project": "gone" } },
        ],
        networks: [...networks, { id: "n", name: "gone_net", labels: { "com.docker.compose.project": "gone" } }],
      })),
      facts => ({ ...facts, ownTags: [...facts.ownTags, { name: "graph-mgr/gone/web:pinned", id: "x" }] }),
    ),
    "strays",
    "note",
    /kept for a project that is gone/,
  ],
  [
    "what was never finished",
    home({ folders: [NAME, ".staging-20260101T000000Z-install-aaaa"] }),
    "strays",
    "warning",
    /never finished/,
  ],
  ["a folder that nobody knows", home({ folders: [NAME, "by-hand"] }), "strays", "note", /no record knows/],
  ["strays that cannot be told", home({ broken: [{ path: "/x", why: "x", hint: null }] }), "strays", "note", /cannot be told/],
];

const databasesOf = ({ databases: [first] }: DoctorFacts) =>
  first && "value" in first.server ? first.server.value.databases : [];
const bad = (findings: readonly Finding[]) => findings.filter(({ severity }) => severity !== "ok");

describe("doctor finds", () => {
  it("nothing where all is well, and says what it looked at", () => {
    expect(bad(findingsOf(well))).toEqual([]);
    const fine = new Set(findingsOf(well).map(({ check }) => check));
    for (const check of [
      "engine",
      "records",
      "operations",
      "sharing",
      "health",
      "configuration",
      "images",
      "restart-policy",
      "database",
      "collation",
      "backups",
      "ports",
      "disk",
      "memory",
      "clock",
      "permissions",
      "strays",
    ] as const)
      expect(fine, check).toContain(check);
  });

  const planted = PLANTED.map(([name, plant, check, severity, says, isFixable = false]) => ({
    name,
    plant,
    check,
    severity,
    says,
    isFixable,
  }));
  it.each(planted)("$name", ({ plant, check, severity, says, isFixable }) => {
    const of = (facts: DoctorFacts) => bad(findingsOf(facts)).filter(each => each.check === check && says.test(each.message));
    expect(of(well)).toEqual([]);
    const found = of(plant(well));
    expect(found.map(each => each.severity)).toContain(severity);
    expect(found.some(({ fixes }) => fixes.length > 0)).toBe(isFixable);
    for (const { cure, severity: own } of found) if (own === "error" || own === "warning") expect(cure).not.toBeNull();
  });

  it("something of every check", () => {
    expect([...new Set(PLANTED.map(([, , check]) => check))].sort()).toEqual(Object.keys(CHECKS).sort());
  });

  it("the worst first", () => {
    const weights = findingsOf(both(room(1e8), path({ mode: 0o640 }), backups({ schedules: [] }))(well)).map(
      ({ severity }) => severity,
    );
    expect(weights).toEqual(
      [...weights].sort((a, b) => ["error", "warning", "note", "ok"].indexOf(a) - ["error", "warning", "note", "ok"].indexOf(b)),
    );
    expect(weights[0]).toBe("error");
  });

  it("a stray volume of no project makes no strays of what is of none either", () => {
    const stray = { name: "stray", driver: "local", options: {}, labels: { "graph-mgr.home": HOME } };
    const plant = engine(({ volumes, networks }) => ({
      volumes: [...volumes, stray],
      networks: [...networks, { id: "b", name: "bridge", labels: {} }],
    }));
    const found = bad(findingsOf(plant(well))).filter(({ check }) => check === "strays");
    expect(found.map(({ subject }) => subject)).toEqual(["stray"]);
  });

  it("a helper that is at work, and what an unfinished operation has, are no strays", () => {
    const running = both(helper("running"))(well);
    expect(bad(findingsOf(running))).toEqual([]);
    const labels = { "graph-mgr.home": HOME, "graph-mgr.operation": OPERATION.id };
    const own = both(
      operation(OPERATION.id, "unfinished"),
      home({ folders: [`.staging-${OPERATION.id}`] }),
      engine(({ volumes }) => ({ volumes: [...volumes, { name: "new", driver: "local", options: {}, labels }] })),
    )(well);
    expect(
      findingsOf({
        ...own,
        home: { ...own.home, operations: operation(OPERATION.id, "unfinished")(well).home.operations },
      }).filter(({ check, severity }) => check === "strays" && severity !== "ok"),
    ).toEqual([]);
  });

  it("and every cure that names graph-mgr is a command line that is understood", () => {
    const cures = PLANTED.flatMap(([, plant]) => findingsOf(plant(well)).flatMap(({ cure }) => cure ?? []));
    const lines = cures.flatMap(cure =>
      [...cure.matchAll(/graph-mgr (?!backup-)([a-z][^,;()`]*)/g)].map(([, line = ""]) =>
        line.replace(/ (?:and|tells|takes|goes|closes) .*$/, "").trim(),
      ),
    );
    expect(lines.length).toBeGreaterThan(30);
    for (const line of new Set(lines)) expect(readArguments(line.split(/\s+/)).what, line).toBe("run");
  });
});
