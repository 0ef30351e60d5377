import { createHash } from "node:crypto";
import { OperatorError } from "../../src/errors.ts";
import type { ContainerDetail, ContainerSpec, ContainerSummary, Engine, ImageInfo } from "../../src/host/world.ts";
import { clusterVolume, healthOf, started, stopped } from "./containers.ts";
import { Died, type Machine } from "./machine.ts";
import type { SimContainer, SimImage, SimMount, SimVolume } from "./state.ts";

export const refused = (text: string): OperatorError => new OperatorError("COMMAND_FAILED", `docker: ${text}`);
export const hex = (text: string): string => createHash("sha256").update(text).digest("hex");

export interface NewContainer {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly hasHealthcheck: boolean;
  readonly policy: string;
  readonly mounts: readonly SimMount[];
  readonly ports: SimContainer["ports"];
  readonly networks: readonly string[];
}

/** A Docker Engine in memory. It refuses what Docker refuses; `test/simulator/contract.ts` holds the two together. */
export class SimEngine {
  private readonly machine: Machine;
  private readonly home: string;
  constructor(machine: Machine, home: string) {
    this.machine = machine;
    this.home = home;
  }

  private get state() {
    return this.machine.state;
  }

  idOf(reference: string): string | null {
    return (
      this.state.tags.get(reference) ??
      this.state.tags.get(`${reference}:latest`) ??
      (this.state.images.has(reference) ? reference : null)
    );
  }

  private namesOf(id: string): readonly string[] {
    return [...this.state.tags].filter(([, image]) => image === id).map(([name]) => name);
  }

  private usersOf(imageId: string): readonly SimContainer[] {
    return [...this.state.containers.values()].filter(({ image }) => image === imageId);
  }

  private container(id: string): SimContainer {
    const found = this.state.containers.get(id);
    if (!found) throw refused(`No such container: ${id}`);
    return found;
  }

  /** A load brings an image before its names, a build both at once. */
  addImage(image: SimImage, tag?: string): void {
    const apply = () => {
      this.state.images.set(image.id, image);
      if (tag !== undefined) this.state.tags.set(tag, image.id);
    };
    this.machine.effect("engine.load", image.id, apply, { needsSpace: true });
  }

  tag(id: string, reference: string): void {
    const image = this.idOf(id);
    if (image === null) throw refused(`No such image: ${id}`);
    this.machine.effect("engine.tag", reference, () => this.state.tags.set(reference, image));
  }

  private untag(reference: string): void {
    const id = this.state.tags.get(reference);
    if (id === undefined) return;
    const [user] = this.usersOf(id);
    const isLast = this.namesOf(id).length === 1;
    if (isLast && user)
      throw refused(`conflict: unable to remove repository reference "${reference}" - container ${user.name} is using it`);
    this.machine.effect("engine.untag", reference, () => {
      this.state.tags.delete(reference);
      if (isLast) this.state.images.delete(id);
    });
  }

  private removeImage(given: string): void {
    const id = this.idOf(given);
    if (id === null) return;
    const names = this.namesOf(id);
    if (names.length > 1) throw refused(`conflict: unable to delete ${id} - image is referenced in multiple repositories`);
    const [user] = this.usersOf(id);
    if (user) throw refused(`conflict: unable to delete ${id} - image is being used by container ${user.name}`);
    this.machine.effect("engine.remove-image", id, () => {
      for (const name of names) this.state.tags.delete(name);
      this.state.images.delete(id);
    });
  }

  createVolume(volume: Omit<SimVolume, "content">): void {
    this.machine.effect(
      "engine.create-volume",
      volume.name,
      () => this.state.volumes.set(volume.name, { ...volume, content: {} }),
      { needsSpace: true },
    );
  }

  private removeVolume(name: string): void {
    if (!this.state.volumes.has(name)) return;
    const user = [...this.state.containers.values()].find(({ mounts }) => mounts.some(mount => mount.name === name));
    if (user) throw refused(`remove ${name}: volume is in use - [${user.id}]`);
    this.machine.effect("engine.remove-volume", name, () => this.state.volumes.delete(name));
  }

  fill(volume: string, content: Readonly<Record<string, string>>, what: string): void {
    const apply = () => {
      const old = this.state.volumes.get(volume);
      if (old) this.state.volumes.set(volume, { ...old, content });
    };
    this.machine.effect(what, volume, apply, { needsSpace: true });
  }

  createNetwork(name: string, labels: Readonly<Record<string, string>>): void {
    const id = hex(`network ${this.machine.nextSerial()}`);
    this.machine.effect("engine.create-network", name, () => this.state.networks.set(id, { id, name, labels }));
  }

  private removeNetwork(id: string): void {
    const network = this.state.networks.get(id);
    if (!network) return;
    const user = [...this.state.containers.values()].find(
      each => each.state === "running" && each.networks.includes(network.name),
    );
    if (user) throw refused(`error while removing network: network ${network.name} has active endpoints (${user.name})`);
    this.machine.effect("engine.remove-network", id, () => this.state.networks.delete(id));
  }

  /** @param replacing the container in whose place it comes, which is gone with the same stroke */
  create(wanted: NewContainer, replacing: string | null = null): string {
    const taken = [...this.state.containers.values()].find(({ name, id }) => name === wanted.name && id !== replacing);
    if (taken) throw refused(`Conflict. The container name "/${wanted.name}" is already in use by container ${taken.id}.`);
    const image = this.idOf(wanted.image);
    if (image === null) throw refused(`No such image: ${wanted.image}`);
    const id = hex(`container ${this.machine.nextSerial()}`);
    const anonymous = (this.state.images.get(image)?.volumes ?? [])
      .filter(target => !wanted.mounts.some(mount => mount.target === target))
      .map(target => ({ name: hex(`volume ${target} ${id}`), target }));
    const apply = () => {
      if (replacing !== null) this.state.containers.delete(replacing);
      for (const { name } of anonymous)
        this.state.volumes.set(name, { name, driver: "local", options: {}, labels: {}, content: {} });
      this.state.containers.set(id, {
        command: [],
        ...wanted,
        id,
        image,
        imageName: wanted.image,
        mounts: [
          ...wanted.mounts,
          ...anonymous.map(({ name, target }) => ({ type: "volume", name, source: mountpoint(name), target, writable: true })),
        ],
        state: "created",
        exitCode: 0,
        startedMs: 0,
        finishedMs: 0,
        stoppedByHand: false,
      });
    };
    this.machine.effect("engine.create", wanted.name, apply, { needsSpace: true });
    return id;
  }

  start(id: string): void {
    const container = this.container(id);
    if (container.state === "running") return;
    for (const { host, protocol } of container.ports) {
      const other = [...this.state.containers.values()].find(
        each => each.state === "running" && each.ports.some(port => port.host === host && port.protocol === protocol),
      );
      if (other || this.state.listening.has(host))
        throw refused(
          `driver failed programming external connectivity: Bind for 0.0.0.0:${host} failed: port is already allocated`,
        );
    }
    for (const name of container.networks)
      if (![...this.state.networks.values()].some(network => network.name === name)) throw refused(`network ${name} not found`);
    this.machine.effect("engine.start", container.name, () => started(this.state, id));
  }

  stop(id: string): void {
    const container = this.container(id);
    if (container.state !== "running") return;
    this.machine.effect("engine.stop", container.name, () => stopped(this.state, id));
  }

  remove(id: string, anonymousVolumes = false): void {
    const container = this.state.containers.get(id);
    if (!container) return;
    this.machine.effect("engine.remove", container.name, () => {
      this.state.containers.delete(id);
      if (!anonymousVolumes) return;
      for (const { name } of container.mounts) if (isAnonymous(name)) this.state.volumes.delete(name);
    });
  }

  /** `docker create` and `docker start`; what does not start is removed. */
  private run(spec: ContainerSpec): void {
    const image = this.idOf(spec.image);
    if (image === null) throw new OperatorError("NO_IMAGE", `The engine has no image ${spec.image}.`);
    for (const { type, source } of spec.mounts)
      if (type === "volume" && !this.state.volumes.has(source))
        throw new OperatorError("NO_VOLUME", `There is no volume ${source}.`);
    if ([...this.state.containers.values()].some(({ name }) => name === spec.name))
      throw new OperatorError("EXISTS", `There is already a container ${spec.name}.`);
    const scratch = (this.state.images.get(image)?.volumes ?? []).filter(
      path => !spec.mounts.some(({ target }) => target === path),
    );
    const id = this.create({
      ...spec,
      environment: {},
      hasHealthcheck: false,
      policy: spec.restartPolicy,
      mounts: [
        ...spec.mounts.map(({ type, source, target }) => ({
          type,
          name: type === "volume" ? source : null,
          source: type === "volume" ? mountpoint(source) : source,
          target,
          writable: false,
        })),
        ...scratch.map(target => ({ type: "tmpfs", name: null, source: "", target, writable: true })),
      ],
      ports: spec.ports.map(port => ({ ...port, protocol: "tcp" })),
      networks: [],
    });
    try {
      this.start(id);
    } catch (error) {
      if (error instanceof Died) throw error;
      this.remove(id);
      if (!(error instanceof OperatorError) || !/port is already allocated/.test(error.message)) throw error;
      throw new OperatorError("PORT_TAKEN", `A port is in use, so the container ${spec.name} cannot serve on it.`);
    }
  }

  /** Work in a labelled helper container, which a killed run leaves behind. */
  helper<T>(image: string, mounts: readonly { readonly name: string; readonly writable: boolean }[], work: () => T): T {
    for (const { name } of mounts) if (!this.state.volumes.has(name)) throw refused(`no such volume: ${name}`);
    let id: string | null = this.create({
      name: `graph-mgr-helper-${this.machine.nextSerial()}`,
      image,
      labels: { "graph-mgr.helper": "1", "graph-mgr.home": this.home },
      environment: {},
      hasHealthcheck: false,
      policy: "no",
      mounts: mounts.map(({ name, writable }) => ({
        type: "volume",
        name,
        source: mountpoint(name),
        target: `/graph-mgr/${writable ? "to" : "from"}`,
        writable,
      })),
      ports: [],
      networks: [],
    });
    try {
      return work();
    } catch (error) {
      if (error instanceof Died) id = null;
      throw error;
    } finally {
      if (id !== null) this.remove(id);
    }
  }

  contentOf(name: string): Readonly<Record<string, string>> {
    const volume = this.state.volumes.get(name);
    if (!volume) throw refused(`no such volume: ${name}`);
    return volume.content;
  }

  private copyVolume(from: string, to: string, image: string): void {
    const source = this.contentOf(from);
    this.helper(
      image,
      [
        { name: from, writable: false },
        { name: to, writable: true },
      ],
      () => {
        let content: Readonly<Record<string, string>> = {};
        this.fill(to, content, "engine.copy-volume");
        for (const [path, text] of Object.entries(source)) {
          content = { ...content, [path]: text };
          this.fill(to, content, "engine.copy-volume");
        }
      },
    );
  }

  private info(reference: string): ImageInfo | null {
    const image = this.state.images.get(this.idOf(reference) ?? "");
    return image ? { id: image.id, tags: this.namesOf(image.id), layers: image.layers, sizeBytes: 1000 } : null;
  }

  private summary(container: SimContainer): ContainerSummary {
    const { id, name, labels } = container;
    return {
      id,
      name,
      labels,
      project: labels["com.docker.compose.project"] ?? null,
      service: labels["com.docker.compose.service"] ?? null,
      workingDir: labels["com.docker.compose.project.working_dir"] ?? null,
      state: container.state,
      exitCode: container.state === "exited" ? container.exitCode : null,
      health: container.state === "running" ? healthOf(this.state, container) : "none",
      ports: container.state === "running" ? container.ports : [],
    };
  }

  private detail(container: SimContainer): ContainerDetail {
    const known = details.get(container) ?? { ...this.summary(container), ...detailsOf(container) };
    details.set(container, known);
    const health = healthOf(this.state, container);
    return known.health === health ? known : { ...known, health };
  }

  /** What counts as reading. */
  private look<T>(what: string, answer: () => T): Promise<T> {
    this.machine.read({ what: `engine.${what}`, target: "" });
    return Promise.resolve(answer());
  }

  readonly port: Engine = {
    about: async () =>
      this.look("about", () => ({
        id: "SIMULATED",
        version: "27.0.0",
        compose: "2.30.0",
        architecture: "x86_64",
        imageStore: this.state.imageStore,
      })),
    diagnose: async () =>
      this.look("diagnose", () => ({
        id: "SIMULATED",
        version: "27.0.0",
        time: new Date(this.state.clockMs).toISOString(),
        runtimes: ["runc"],
        root: "/var/lib/docker",
        system: "Simulated Linux",
      })),
    // What is secret is printed, so that it is seen whether it is left out.
    logs: async id =>
      this.look("logs", () => {
        const { environment } = this.container(id);
        return Object.entries(environment)
          .map(([key, value]) => `2026-01-01T00:00:00.000000000Z started with ${key} ${value}`)
          .join("\n");
      }),
    environment: async id =>
      this.look("environment", () => Object.entries(this.container(id).environment).map(([key, value]) => `${key}=${value}`)),
    images: async references => this.look("images", () => references.map(reference => this.info(reference))),
    allImages: async () => this.look("images", () => [...this.state.images.keys()].flatMap(id => this.info(id) ?? [])),
    tagsUnder: async prefix =>
      this.look("tags", () => [...this.state.tags.keys()].filter(name => new RegExp(`^${prefix}/[^/]+$`).test(name)).sort()),
    tag: async (id, reference) => this.tag(id, reference),
    untag: async reference => this.untag(reference),
    removeImage: async id => this.removeImage(id),
    volumes: async () => this.look("volumes", () => [...this.state.volumes.values()].map(withoutContent)),
    volume: async name =>
      this.look("volume", () => {
        const found = this.state.volumes.get(name);
        return found ? withoutContent(found) : null;
      }),
    createVolume: async volume => {
      if (this.state.volumes.has(volume.name)) throw new OperatorError("EXISTS", `There is already a volume ${volume.name}.`);
      this.createVolume(volume);
    },
    removeVolume: async name => this.removeVolume(name),
    networks: async () => this.look("networks", () => [...this.state.networks.values()]),
    removeNetwork: async id => this.removeNetwork(id),
    containers: async () => this.look("containers", () => [...this.state.containers.values()].map(each => this.summary(each))),
    inspect: async ids =>
      this.look("inspect", () =>
        ids.flatMap(id => {
          const found = this.state.containers.get(id);
          return found ? [this.detail(found)] : [];
        }),
      ),
    lastWords: async () => this.look("logs", () => ""),
    runContainer: spec => this.machine.command(() => this.run(spec)),
    setRestartPolicy: async (id, policy) => {
      const container = this.container(id);
      this.machine.effect("engine.policy", container.name, () => this.state.containers.set(id, { ...container, policy }));
    },
    start: ids => this.machine.command(() => ids.forEach(id => void this.start(id))),
    stop: ids => this.machine.command(() => ids.forEach(id => void this.stop(id))),
    removeContainer: async (id, anonymousVolumes = false) => {
      this.stopForRemoval(id);
      this.remove(id, anonymousVolumes);
    },
    volumeDigest: (name, image) =>
      this.machine.command(() =>
        this.helper(image, [{ name, writable: false }], () => hex(JSON.stringify(this.contentOf(name)))),
      ),
    copyVolume: (from, to, image) =>
      this.machine.command(() => {
        this.copyVolume(from, to, image);
        return 10;
      }),
    volumeSizeBytes: async (names, image) =>
      this.look("sizes", () => {
        if (this.idOf(image) === null) throw refused(`No such image: ${image}`);
        return Object.fromEntries(names.map(name => [name, JSON.stringify(this.contentOf(name)).length]));
      }),
    volumeFingerprints: (names, image) =>
      this.machine.command(() => {
        const mounts = names.map(name => ({ name, writable: false }));
        const seen = () => Object.fromEntries(names.map(name => [name, hex(`names ${JSON.stringify(this.contentOf(name))}`)]));
        return names.length === 0 ? {} : this.helper(image, mounts, seen);
      }),
    // Nobody uses the product in a simulated run.
    volumeCountSince: (name, _moment, image) =>
      this.machine.command(() => this.helper(image, [{ name, writable: false }], () => 0)),
    sweep: async home => {
      const left = [...this.state.containers.values()].filter(
        ({ labels }) => labels["graph-mgr.helper"] !== undefined && labels["graph-mgr.home"] === home,
      );
      for (const { id } of left) this.remove(id);
      return left.map(({ name }) => name);
    },
  };

  /** `rm --force` kills what runs: a Postgres then was not shut down. */
  private stopForRemoval(id: string): void {
    const container = this.state.containers.get(id);
    const volume = container?.state === "running" ? clusterVolume(this.state, container) : null;
    if (volume !== null) this.fill(volume.name, { ...volume.content, control: "in production" }, "engine.kill");
  }
}

/** Docker names volumes that nobody named by 64 digits. */
export const isAnonymous = (name: string | null): name is string => name !== null && /^[0-9a-f]{64}$/.test(name);
/** Of containers as they are: a changed one is another value. */
const details = new WeakMap<SimContainer, ContainerDetail>();

const time = (ms: number) => (ms === 0 ? "0001-01-01T00:00:00Z" : new Date(ms).toISOString());
const detailsOf = (container: SimContainer) => ({
  image: container.image,
  imageName: container.imageName,
  exitCode: container.exitCode,
  startedAt: time(container.startedMs),
  finishedAt: time(container.finishedMs),
  restartPolicy: container.policy,
  restartCount: 0,
  outOfMemory: false,
  healthLog: [],
  mounts: container.mounts,
  boundPorts: container.ports,
  networks: container.networks,
});

export const mountpoint = (volume: string): string => `/var/lib/docker/volumes/${volume}/_data`;
const withoutContent = ({ name, driver, options, labels }: SimVolume) => ({ name, driver, options, labels });
