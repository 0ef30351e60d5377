import { dirname } from "node:path";
import type { ImageStore } from "../../src/domain/image.ts";
import { createOperationStore } from "../../src/host/operation-store.ts";
import type { World } from "../../src/host/world.ts";
import { planInstall } from "../../src/operations/install.ts";
import { newPlan, type Occasion } from "../../src/operations/plan-id.ts";
import { planLaunch, planStop } from "../../src/operations/run-instance.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { runPlan } from "../../src/plan/runner.ts";
import { kinds } from "../../src/steps/index.ts";
import { surveyHome } from "../../src/survey/home.ts";
import { surveyInstall } from "../../src/survey/install.ts";
import { surveyInstance } from "../../src/survey/instance.ts";
import { Machine } from "./machine.ts";
import { described, shelf } from "./sample.ts";
import { createSimWorld, type SimWorld } from "./sim-world.ts";
import { emptyState, type SimState } from "./state.ts";

export const HOME = "/srv/graphistry";
/** Always there, always running, never to be touched. */
export const BYSTANDER = { release: "v1.0.0", slug: "v1_0_0" } as const;

export interface Scenario {
  readonly name: string;
  readonly initial: SimState;
  readonly plan: Plan;
  readonly answers: Readonly<Record<string, string>>;
  /** Volumes that were empty and that the product fills when it runs: undoing a launch does not empty them. */
  readonly fills: readonly string[];
  /** Projects whose stopped containers and networks an undo leaves removed, because the next launch makes them again. */
  readonly remakes: readonly string[];
  /** Instances whose folder, volumes and containers must not be written to by any effect. */
  readonly untouched: readonly { readonly dir: string; readonly slug: string; readonly filesOnly?: boolean }[];
}

let occasions = 0;
export const occasion = (): Occasion => {
  occasions += 1;
  return { now: new Date(Date.UTC(2026, 0, 2, 0, 0, occasions)), random: "simsim" };
};

/** A host to prepare things on, without faults. */
export class Stage {
  readonly machine: Machine;
  readonly sim: SimWorld;
  constructor(machine = new Machine(emptyState())) {
    this.machine = machine;
    this.sim = createSimWorld(machine, HOME, shelf);
    this.sim.disk.makeFolder("/srv", 0o755);
  }

  get world(): World {
    return this.sim.world;
  }

  async carryOut(plan: Plan, answers: Readonly<Record<string, string>> = {}): Promise<void> {
    const store = createOperationStore(this.sim.disk.disk, HOME);
    const journal = await store.open(plan, answers);
    const signal = new AbortController().signal;
    await runPlan({ plan, journal, kinds, world: this.world, on: () => {}, signal, clearAway: () => store.clearAway(plan.id) });
  }

  async installPlan(release: string, over: { readonly launch?: boolean; readonly set?: readonly string[] } = {}): Promise<Plan> {
    const contents = await this.world.bundles.read(`/bundles/${release}.tar.gz`, () => {});
    const ports = { http: undefined, https: undefined, ports: [] };
    const facts = await surveyInstall(
      this.world,
      { home: HOME, contents, release: undefined, name: null, ports, settings: {} },
      described,
    );
    const request = { ports, set: over.set ?? [], generateSecrets: true, launch: over.launch ?? true, shareBinds: [] };
    return planInstall(facts, request, occasion());
  }

  async install(release: string, over: { readonly launch?: boolean } = {}): Promise<void> {
    await this.carryOut(await this.installPlan(release, over));
  }

  /** An install as the vendor's manual has it: unpacked, another port, images loaded, `docker compose -p PROJECT up -d`. */
  async byHand(release: string, dir: string, project: string): Promise<void> {
    const { bundles, files, compose } = this.world;
    const { source } = await bundles.read(`/bundles/${release}.tar.gz`, () => {});
    this.sim.disk.makeFolder(dirname(dir), 0o755);
    await bundles.unpack(source, dir, () => {});
    await bundles.loadImages(source, () => {});
    const path = `${dir}/docker-compose.yml`;
    await files.write(path, ((await files.read(path)) ?? "").replace('"80:80"', '"8088:80"'));
    await compose.up({ name: project, dir, envFiles: [] }, []);
    this.sim.disk.settle("/");
  }

  async facts(name: string) {
    const { records, current } = await surveyHome(this.world, HOME);
    const record = records.find(each => each.name === name);
    if (!record) throw new Error(`no instance ${name}`);
    return { record, current, facts: await surveyInstance(this.world, record, HOME, current) };
  }

  async stop(name: string): Promise<void> {
    await this.carryOut(planStop((await this.facts(name)).facts, occasion()));
  }

  async launch(name: string): Promise<void> {
    await this.carryOut(planLaunch((await this.facts(name)).facts, occasion()));
  }

  /** What users would have made: rows, backups, uploads of the product's own user. */
  use(slug: string, dir: string): void {
    const { machine, sim } = this;
    const put = (name: string, content: Readonly<Record<string, string>>) => {
      const volume = machine.state.volumes.get(name);
      if (!volume) throw new Error(`no volume ${name}`);
      machine.state.volumes.set(name, { ...volume, content: { ...volume.content, ...content } });
    };
    put(`${slug}_postgres_data`, {
      "role/analyst": "hunter2",
      "database/graphistry/users": `users of ${slug}`,
      "database/graphistry/datasets": `datasets of ${slug}`,
    });
    put(`${slug}_postgres_backups`, { "monday.sql": "dump", "tuesday.sql": "dump" });
    sim.disk.write(`${dir}/data/upload`, Buffer.from(`upload of ${slug}`), 0o640);
    sim.disk.own(`${dir}/data/upload`, { uid: 1000, gid: 1000 });
    sim.disk.settle("/");
  }

  scenario(name: string, plan: Plan, over: Partial<Scenario> = {}): Scenario {
    this.sim.disk.settle("/");
    const { release, slug } = BYSTANDER;
    const untouched = [{ dir: `${HOME}/releases/${release}`, slug }, ...(over.untouched ?? [])];
    return {
      name,
      answers: {},
      fills: [],
      remakes: [],
      ...over,
      untouched,
      plan: newPlan(plan),
      initial: this.machine.clone().state,
    };
  }
}

/** A host on which the bystander runs and is in use. */
export async function prepared(imageStore: ImageStore = "classic"): Promise<Stage> {
  const stage = new Stage(new Machine(emptyState(imageStore)));
  const { release, slug } = BYSTANDER;
  await stage.install(release);
  stage.use(slug, `${HOME}/releases/${release}`);
  return stage;
}
