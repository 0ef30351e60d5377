import { createHash } from "node:crypto";
import type { ComposeModel, ServiceModel } from "../../src/domain/compose-model.ts";
import type { Compose, Project } from "../../src/host/world.ts";
import { healthOf } from "./containers.ts";
import type { Machine } from "./machine.ts";
import type { SimDisk } from "./sim-disk.ts";
import { isAnonymous, mountpoint, refused, type SimEngine } from "./sim-engine.ts";
import { envFilesOf, parseCompose, parseEnv, resolveModel } from "./sim-resolve.ts";
import type { SimContainer } from "./state.ts";

/** Models by everything that goes into them; shared by all runs. */
const resolved = new Map<string, ComposeModel>();
const hashes = new WeakMap<ServiceModel, string>();

function hashOf(service: ServiceModel): string {
  const known = hashes.get(service) ?? createHash("sha256").update(JSON.stringify(service)).digest("hex");
  hashes.set(service, known);
  return known;
}

type Tree = ReturnType<typeof parseCompose>;
const withNetworks = (tree: Tree, more: Tree): Tree => {
  const [own, added] = [tree, more].map(each => (each["networks"] ?? {}) as Record<string, object | null>) as [
    Record<string, object | null>,
    Record<string, object | null>,
  ];
  const merged = Object.entries(added).map(([key, value]) => [key, { ...own[key], ...value }]);
  return { ...tree, networks: { ...own, ...Object.fromEntries(merged) } };
};

/** `docker compose` over the simulated disk and engine. */
export class SimCompose {
  private readonly machine: Machine;
  private readonly disk: SimDisk;
  private readonly engine: SimEngine;
  constructor(machine: Machine, disk: SimDisk, engine: SimEngine) {
    this.machine = machine;
    this.disk = disk;
    this.engine = engine;
  }

  private textOf(path: string): string | null {
    return this.disk.node(path)?.type === "file" ? this.disk.read(path).toString("utf8") : null;
  }

  private model(
    name: string,
    dir: string,
    envFiles: readonly string[],
    read: (path: string) => string | null,
    settings: Readonly<Record<string, string>> = {},
  ): ComposeModel {
    const text = read("docker-compose.yml");
    if (text === null) throw refused(`no configuration file provided: not found (${dir})`);
    const own = parseCompose(text);
    const texts: Record<string, string> = {};
    let env: Record<string, string> = {};
    for (const path of envFiles.length > 0 ? envFiles : [".env"]) {
      const own = read(path);
      if (own === null) continue;
      texts[`--env-file ${path}`] = own;
      env = { ...env, ...parseEnv(own) };
    }
    env = { ...env, ...settings };
    // Of a second file that COMPOSE_FILE names, what it says of networks.
    const more = env["COMPOSE_FILE"]?.split(":")[1];
    const added = more === undefined ? null : read(more);
    if (more !== undefined && added === null) throw refused(`${dir}/${more} not found`);
    const tree = added === null ? own : withNetworks(own, parseCompose(added));
    for (const { path, required } of Object.values(envFilesOf(tree, env)).flat()) {
      const text = read(path);
      if (text !== null) texts[path] = text;
      else if (required) throw refused(`env file ${dir}/${path} not found`);
    }
    const key = JSON.stringify([name, dir, text, added, texts, settings]);
    const known = resolved.get(key) ?? resolveModel(tree, { name, dir, env, texts });
    resolved.set(key, known);
    return known;
  }

  private resolve({ name, dir, envFiles }: Project, settings: Readonly<Record<string, string>> = {}): ComposeModel {
    return this.model(name, dir, envFiles, path => this.textOf(`${dir}/${path}`), settings);
  }

  private up(project: Project, wanted: readonly string[], recreate: boolean): void {
    const model = this.resolve(project);
    const services = inOrder(model, wanted.length > 0 ? wanted : active(model));
    const labels = { "com.docker.compose.project": project.name };
    const networks = new Set(services.flatMap(service => Object.keys(model.services[service]?.networks ?? {})));
    for (const key of networks) {
      const name = model.networks?.[key]?.name ?? key;
      if (![...this.machine.state.networks.values()].some(network => network.name === name))
        this.engine.createNetwork(name, { ...labels, "com.docker.compose.network": key });
    }
    for (const [key, { name, external }] of Object.entries(model.volumes ?? {})) {
      if (this.machine.state.volumes.has(name)) continue;
      if (external) throw refused(`external volume "${name}" not found`);
      this.engine.createVolume({ name, driver: "local", options: {}, labels: { ...labels, "com.docker.compose.volume": key } });
    }
    for (const service of services) this.converge(project, model, service, recreate && wanted.includes(service));
    // Compose waits for dependencies before it starts what depends on them.
    for (const service of services) {
      const own = this.containerOf(project, service);
      for (const [on, { condition }] of dependencies(model, service)) this.await(project, on, condition);
      if (own) this.engine.start(own.id);
    }
  }

  private containerOf({ name }: Project, service: string): SimContainer | undefined {
    return [...this.machine.state.containers.values()].find(
      ({ labels }) => labels["com.docker.compose.project"] === name && labels["com.docker.compose.service"] === service,
    );
  }

  private converge(project: Project, model: ComposeModel, service: string, isForced: boolean): void {
    const wanted = model.services[service];
    if (!wanted) throw refused(`no such service: ${service}`);
    const old = this.containerOf(project, service);
    if (
      old &&
      !isForced &&
      old.labels["com.docker.compose.config-hash"] === hashOf(wanted) &&
      old.image === this.engine.idOf(wanted.image ?? "")
    ) {
      return;
    }
    if (this.engine.idOf(wanted.image ?? "") === null) throw refused(`No such image: ${wanted.image ?? ""}`);
    if (old) this.engine.stop(old.id);
    const made = {
      name: old?.name ?? wanted.container_name ?? `${project.name}-${service}-1`,
      image: wanted.image ?? "",
      labels: {
        "com.docker.compose.project": project.name,
        "com.docker.compose.service": service,
        "com.docker.compose.project.working_dir": project.dir,
        "com.docker.compose.oneoff": "False",
        "com.docker.compose.config-hash": hashOf(wanted),
      },
      environment: Object.fromEntries(
        Object.entries(wanted.environment ?? {}).map(([key, value]) => [key, (value ?? "").replaceAll("$$", "$")]),
      ),
      hasHealthcheck: wanted.healthcheck !== undefined,
      policy: wanted.restart ?? "no",
      mounts: [
        ...(wanted.volumes ?? []).map(({ type, source = "", target, read_only: readOnly = false }) => {
          const volume = type === "volume" ? (model.volumes?.[source]?.name ?? source) : null;
          return { type, name: volume, source: volume === null ? source : mountpoint(volume), target, writable: !readOnly };
        }),
        // A container that takes the place of another gets its volumes without a name.
        ...(old?.mounts ?? []).filter(({ name }) => isAnonymous(name)),
      ],
      ports: (wanted.ports ?? []).flatMap(({ target, published, protocol = "tcp", host_ip: address = "0.0.0.0" }) =>
        published === undefined ? [] : [{ container: target, protocol, host: Number(published), address }],
      ),
      networks: Object.keys(wanted.networks ?? {}).map(key => model.networks?.[key]?.name ?? key),
    };
    this.engine.create(made, old?.id ?? null);
  }

  private await(project: Project, service: string, condition: string): void {
    const container = this.containerOf(project, service);
    if (!container) return;
    if (condition === "service_completed_successfully") {
      if (container.exitCode !== 0)
        throw refused(`service "${service}" didn't complete successfully: exit ${container.exitCode}`);
      return;
    }
    if (container.state !== "running" && condition === "service_healthy")
      throw refused(`dependency failed to start: container ${container.name} exited (${container.exitCode})`);
    while (condition === "service_healthy" && healthOf(this.machine.state, container) === "starting")
      this.machine.state.clockMs += 100;
  }

  private look<T>(what: string, answer: () => T): Promise<T> {
    this.machine.read({ what: `compose.${what}`, target: "" });
    return Promise.resolve(answer());
  }

  readonly port: Compose = {
    resolve: async (project, settings = {}) => this.look("resolve", () => this.resolve(project, settings)),
    resolveTexts: async (name, envFiles, texts) =>
      this.look("resolve", () => {
        const dir = "/tmp/graph-mgr-scratch";
        const model = this.model(name, dir, envFiles, path => texts[path] ?? null);
        return { model, active: active(model), dir };
      }),
    hashes: async () => this.look("hashes", () => ({})),
    activeServices: async project => this.look("services", () => active(this.resolve(project))),
    build: (project, services) =>
      this.machine.command(() => {
        const model = this.resolve(project);
        for (const service of services) {
          const { image = `${project.name}-${service}:latest`, build } = model.services[service] ?? {};
          if (build === undefined) continue;
          const id = `sha256:${createHash("sha256").update(image).digest("hex")}`;
          this.engine.addImage({ id, layers: [id], program: "serve", volumes: [] }, image);
        }
      }),
    up: (project, services, { recreate } = { recreate: false }) =>
      this.machine.command(() => this.up(project, services, recreate)),
  };
}

const active = (model: ComposeModel): readonly string[] =>
  Object.entries(model.services)
    .filter(([, { profiles = [] }]) => profiles.length === 0)
    .map(([name]) => name);

const dependencies = (model: ComposeModel, service: string) =>
  Object.entries((model.services[service]?.depends_on ?? {}) as Record<string, { readonly condition: string }>);

/** With everything that they depend on, which comes first. */
function inOrder(model: ComposeModel, wanted: readonly string[]): readonly string[] {
  const order: string[] = [];
  const visit = (service: string) => {
    if (order.includes(service)) return;
    for (const [on] of dependencies(model, service)) visit(on);
    order.push(service);
  };
  for (const service of wanted) visit(service);
  return order;
}
