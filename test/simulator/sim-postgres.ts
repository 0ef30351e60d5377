import { createHash } from "node:crypto";
import { dirname } from "node:path";
import type { DatabaseProof } from "../../src/domain/database.ts";
import type { RowChanges } from "../../src/domain/database-changes.ts";
import type { PostgresActivity, PostgresImage, PostgresServer } from "../../src/domain/postgres-facts.ts";
import { OperatorError } from "../../src/errors.ts";
import type { DatabaseAccess, Postgres } from "../../src/host/world.ts";
import { clusterVolume } from "./containers.ts";
import type { Machine } from "./machine.ts";
import type { SimDisk } from "./sim-disk.ts";
import { refused, type SimEngine } from "./sim-engine.ts";
import type { SimVolume } from "./state.ts";

type Content = Readonly<Record<string, string>>;
const checksum = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 12);
const isData = (path: string): boolean => path.startsWith("role/") || path.startsWith("database/");

/** Databases live in the content of the volume that their container mounts: `role/<name>` and `database/<name>[/<table>]`. */
export class SimPostgres {
  private readonly machine: Machine;
  private readonly disk: SimDisk;
  private readonly engine: SimEngine;
  constructor(machine: Machine, disk: SimDisk, engine: SimEngine) {
    this.machine = machine;
    this.disk = disk;
    this.engine = engine;
  }

  private open({ containerId, helperImage, user, database, password }: DatabaseAccess): SimVolume {
    if (this.engine.idOf(helperImage) === null) throw refused(`No such image: ${helperImage}`);
    const container = this.machine.state.containers.get(containerId);
    if (container?.state !== "running") throw refused(`container ${containerId} is not running`);
    const volume = clusterVolume(this.machine.state, container);
    if (volume === null) throw refused(`container ${containerId} has no cluster`);
    if (volume.content[`role/${user}`] !== password)
      throw new OperatorError("DATABASE_LOGIN", `password authentication failed for user "${user}"`);
    if (database !== "template1" && volume.content[`database/${database}`] === undefined)
      throw new OperatorError("DATABASE_LOGIN", `database "${database}" does not exist`);
    return volume;
  }

  private dump(access: DatabaseAccess, dir: string): void {
    const data = Object.entries(this.open(access).content).filter(([path]) => isData(path));
    const part = `${dir}.part`;
    this.disk.remove(part);
    this.disk.makeFolder(part, 0o700);
    this.engine.helper(access.helperImage, [], () => {
      for (const [index, entry] of data.entries())
        this.disk.write(`${part}/${index}.json`, Buffer.from(JSON.stringify(entry)), 0o600);
      this.disk.write(`${part}/proof.json`, Buffer.from(JSON.stringify(proofOf(Object.fromEntries(data)))), 0o600);
    });
    this.disk.syncTree(part);
    this.disk.rename(part, dir);
    this.disk.sync(dirname(dir));
  }

  private restore(access: DatabaseAccess, dir: string): DatabaseProof {
    const volume = this.open(access).name;
    const entries = [...this.disk.walk(dir)]
      .filter(path => /\/\d+\.json$/.test(path))
      .map(path => JSON.parse(this.disk.read(path).toString("utf8")) as [string, string]);
    this.engine.helper(access.helperImage, [], () => {
      const own = `role/${access.user}`;
      let content: Content = Object.fromEntries(
        Object.entries(this.engine.contentOf(volume)).filter(([path]) => !isData(path) || path === own),
      );
      // The database itself stays, so that a run that was cut off can log in again.
      content = { ...content, [`database/${access.database}`]: "" };
      this.engine.fill(volume, content, "engine.restore");
      for (const [path, text] of entries) {
        if (path === own) continue;
        content = { ...content, [path]: text };
        this.engine.fill(volume, content, "engine.restore");
      }
    });
    return proofOf(this.open(access).content);
  }

  private follow(source: DatabaseAccess, target: DatabaseAccess, changes: readonly RowChanges[]): DatabaseProof {
    for (const each of changes) this.followIn(source, target, each);
    return proofOf(this.open({ ...target, database: "template1" }).content);
  }

  private followIn(source: DatabaseAccess, target: DatabaseAccess, { database, tables }: RowChanges): void {
    const { content: from } = this.open({ ...source, database });
    const volume = this.open({ ...target, database });
    const paths = new Set(tables.map(({ name }) => `database/${database}/${name}`));
    this.engine.helper(target.helperImage, [], () => {
      const kept = Object.entries(volume.content).filter(([path]) => !paths.has(path));
      const moved = Object.entries(from).filter(([path]) => paths.has(path));
      this.engine.fill(volume.name, Object.fromEntries([...kept, ...moved]), "engine.follow");
    });
  }

  private list(access: DatabaseAccess, dir: string): void {
    this.open({ ...access, database: "template1" });
    this.disk.makeFolder(dir, 0o700);
    this.engine.helper(access.helperImage, [], () => this.disk.write(`${dir}/users.list`, Buffer.from("rows"), 0o600));
  }

  private empty(access: DatabaseAccess): void {
    const volume = this.open({ ...access, database: "template1" });
    const kept = Object.entries(volume.content).filter(([path]) => !isData(path) || path === `role/${access.user}`);
    this.engine.fill(volume.name, { ...Object.fromEntries(kept), [`database/${access.database}`]: "" }, "engine.empty");
  }

  private imageOf(reference: string): PostgresImage | null {
    const image = this.machine.state.images.get(this.engine.idOf(reference) ?? "");
    if (!image) throw new OperatorError("NO_IMAGE", `The engine has no image ${reference}, which a helper container needs.`);
    if (typeof image.program === "string") return null;
    const major = image.program.postgres;
    return {
      major: Number(major),
      version: `${major}.1`,
      architecture: "x86_64",
      libc: { name: "glibc", version: "2.36" },
      icu: "72.1",
      system: "debian 12",
      extensions: { plpgsql: "1.0" },
      locales: ["C", "C.utf8", "POSIX"],
    };
  }

  private describe(access: DatabaseAccess): PostgresServer {
    const { content } = this.open(access);
    const container = this.machine.state.containers.get(access.containerId);
    const image = this.imageOf(container?.image ?? "");
    if (image === null || container === undefined) throw refused("no Postgres");
    const names = Object.keys(content).flatMap(path => /^database\/([^/]+)$/.exec(path)?.[1] ?? []);
    return {
      ...image,
      systemIdentifier: content["identifier"] ?? "",
      checksums: false,
      databases: names.map(name => ({
        name,
        sizeBytes: JSON.stringify(content).length,
        tables: Object.keys(content).filter(path => path.startsWith(`database/${name}/`)).length,
        encoding: "UTF8",
        collate: "C.UTF-8",
        ctype: "C.UTF-8",
        provider: "libc",
        collationVersion: { recorded: null, actual: null },
        changedCollations: [],
        extensions: [{ name: "plpgsql", version: "1.0" }],
      })),
      preparedTransactions: [],
      replicationSlots: [],
      subscriptions: [],
      tablespaces: [],
      ...activityOf(content),
      startedAt: new Date(container.startedMs).toISOString(),
    };
  }

  private look<T>(what: string, answer: () => T): Promise<T> {
    this.machine.read({ what: `postgres.${what}`, target: "" });
    return Promise.resolve(answer());
  }

  readonly port: Postgres = {
    check: async access =>
      this.look("check", () => {
        const { content } = this.open(access);
        const databases = Object.keys(content).flatMap(path => /^database\/([^/]+)$/.exec(path)?.[1] ?? []);
        return { version: content["PG_VERSION"] ?? "", sizeBytes: JSON.stringify(content).length, databases };
      }),
    describe: async access => this.look("describe", () => this.describe(access)),
    activity: async access => this.look("activity", () => activityOf(this.open({ ...access, database: "template1" }).content)),
    describeImage: async image => this.look("image", () => this.imageOf(image)),
    verify: async dir => this.look("verify", () => void this.disk.read(`${dir}/proof.json`)),
    empty: access => this.machine.command(() => this.empty(access)),
    follow: (source, target, changes) => this.machine.command(() => this.follow(source, target, changes)),
    dump: (access, dir) => this.machine.command(() => this.dump(access, dir)),
    proofOf: async dir =>
      this.look("proof", () => JSON.parse(this.disk.read(`${dir}/proof.json`).toString("utf8")) as DatabaseProof),
    restore: (access, dir) => this.machine.command(() => this.restore(access, dir)),
    prove: async (access, _, lists) => {
      if (lists !== undefined) await this.machine.command(() => this.list(access, lists));
      return this.look("prove", () => proofOf(this.open(access).content));
    },
    clusterState: async (volume, helperImage) =>
      this.look("cluster", () => {
        if (this.engine.idOf(helperImage) === null) throw refused(`No such image: ${helperImage}`);
        const { control, PG_VERSION: major } = this.engine.contentOf(volume);
        return control === undefined || major === undefined ? null : { state: control, major };
      }),
  };
}

/** As if each content had a transaction of its own. */
function activityOf(content: Content): PostgresActivity {
  const data = Object.entries(content).filter(([path]) => isData(path));
  return { sessions: [], nextTransactionId: String(Number.parseInt(checksum(JSON.stringify(data)), 16)) };
}

/** Of roles only that they are there: the first superuser keeps its own password. */
function proofOf(content: Content): DatabaseProof {
  const entries = Object.entries(content)
    .filter(([path]) => isData(path))
    .flatMap(([path, text]): readonly (readonly [string, string])[] => {
      const [kind, database, table] = path.split("/");
      if (kind === "role") return [[path, "present"]];
      if (table === undefined) return [[path, checksum(text)]];
      return [
        [`${database}/columns/public.${table}`, "2 columns"],
        [`${database}/table/public.${table}`, `${text.length} rows, sum ${checksum(text)}`],
      ];
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return { schema: 1, entries: Object.fromEntries(entries), sequences: {} };
}
