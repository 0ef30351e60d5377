import { dirname } from "node:path";
import { ofRelease } from "../../src/domain/by-release.ts";
import { unitName } from "../../src/domain/schedule.ts";
import { createOperationStore } from "../../src/host/operation-store.ts";
import { planAdopt, planForget } from "../../src/operations/adopt.ts";
import { planAttach } from "../../src/operations/attach.ts";
import { type BackupRequest, planBackup } from "../../src/operations/backup.ts";
import { planBoot, planNoBoot } from "../../src/operations/boot.ts";
import { planEdit, planKeys, planRevert } from "../../src/operations/config.ts";
import { planCopy } from "../../src/operations/copy.ts";
import { findingsOf } from "../../src/operations/doctor/findings.ts";
import { planFix } from "../../src/operations/doctor/fix.ts";
import { drillName, planDrill } from "../../src/operations/drill.ts";
import { planExport, planImport } from "../../src/operations/image-set.ts";
import { planMigrate } from "../../src/operations/migrate.ts";
import { planDump, planRestore } from "../../src/operations/postgres.ts";
import { planPrepare, planUnprepare } from "../../src/operations/prepare.ts";
import { planPruneAll, planPruneRemoved } from "../../src/operations/prune.ts";
import { planPrune } from "../../src/operations/prune-backups.ts";
import { planRemove } from "../../src/operations/remove.ts";
import { planRestoreBackup } from "../../src/operations/restore.ts";
import { planRollback } from "../../src/operations/rollback.ts";
import { planLaunch, planRestart, planStop } from "../../src/operations/run-instance.ts";
import { planSchedule, planUnschedule } from "../../src/operations/schedule.ts";
import { type Hops, planUpdate } from "../../src/operations/update.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { maintenanceDown, maintenanceUp } from "../../src/steps/index.ts";
import { surveyAdopt } from "../../src/survey/adopt.ts";
import { surveyAttach } from "../../src/survey/attach.ts";
import { surveyBackup } from "../../src/survey/backup.ts";
import { surveyBackups } from "../../src/survey/backups.ts";
import { surveyBoot, surveyBoots } from "../../src/survey/boot.ts";
import { surveyKeys } from "../../src/survey/config-change.ts";
import { surveyEdit } from "../../src/survey/config-edit.ts";
import { surveyRevert } from "../../src/survey/config-history.ts";
import { surveyCopy } from "../../src/survey/copy.ts";
import { surveyDoctor } from "../../src/survey/doctor/facts.ts";
import { imagesOfInstance, surveyExport, surveyImport } from "../../src/survey/image-set.ts";
import { surveyMigrate } from "../../src/survey/migrate.ts";
import { surveyDump, surveyPostgres } from "../../src/survey/postgres.ts";
import { freeImagesOf, surveyRemove } from "../../src/survey/remove.ts";
import { surveyRestore } from "../../src/survey/restore.ts";
import { surveyRollback } from "../../src/survey/rollback.ts";
import { surveySchedule, surveySchedules } from "../../src/survey/schedule.ts";
import { ableOn, placeOf } from "../../src/survey/units.ts";
import { surveyUnused } from "../../src/survey/unused.ts";
import { type SurveyedUpdate, surveyUpdate } from "../../src/survey/update.ts";
import { pageInput, templates } from "./maintenance.ts";
import { described } from "./sample.ts";
import { BYSTANDER, HOME, occasion, prepared, type Scenario, Stage } from "./scenario.ts";
import { UNITS } from "./sim-systemd.ts";

const NAME = "v2.22.2";
const SLUG = "v2_22_2";
const DIR = `${HOME}/releases/${NAME}`;
const EXPORTED = "/mnt/usb/images.tar";

/** The bystander, and beside it an instance that users have worked with. */
async function used(): Promise<Stage> {
  const stage = await prepared();
  await stage.install(NAME);
  stage.use(SLUG, DIR);
  return stage;
}

async function stopped(): Promise<Stage> {
  const stage = await used();
  await stage.stop(NAME);
  return stage;
}

/** An install by hand, in the home's folder for releases and yet unknown to it. */
async function byHand(): Promise<Stage> {
  const stage = await prepared();
  await stage.byHand(NAME, DIR, "byhand");
  return stage;
}

async function adoptPlan(stage: Stage, bundle: string | null): Promise<Plan> {
  const contents = bundle === null ? null : await stage.world.bundles.read(`/bundles/${bundle}.tar.gz`, () => {});
  const ask = { home: HOME, folder: DIR, project: undefined, release: undefined, name: undefined, bundle: contents };
  return planAdopt(await surveyAdopt(stage.world, ask, described), { acknowledged: [] }, occasion());
}

async function copyPlan(stage: Stage, request: Partial<Parameters<typeof planCopy>[1]>): Promise<Plan> {
  const { record } = await stage.facts(NAME);
  const ports = { http: undefined, https: undefined, ports: [] };
  const found = await surveyCopy(stage.world, { home: HOME, source: record, name: "training", ports, binds: {} });
  return planCopy(found, { data: "none", launch: true, stopSource: false, ...request }, occasion());
}

const REPOSITORY = "restic:/srv/repository";

async function backupPlan(stage: Stage, request: Partial<BackupRequest> = {}, to = `${HOME}/backups`): Promise<Plan> {
  const { facts } = await stage.facts(NAME);
  const found = await surveyBackup(stage.world, facts, to);
  return planBackup(found, { compression: "gzip", withImages: false, stopSource: false, lock: null, ...request }, occasion());
}

/** A host that has a folder for units. */
async function scheduling(): Promise<Stage> {
  const stage = await prepared();
  for (const folder of ["/etc", "/etc/systemd", UNITS]) stage.sim.disk.makeFolder(folder, 0o755);
  return stage;
}

async function schedulePlan(stage: Stage, calendar: string): Promise<Plan> {
  const schedule = {
    schema: 1 as const,
    home: HOME,
    instance: null,
    calendar,
    to: null,
    keep: null,
    drills: "weekly" as const,
    encryption: null,
  };
  const facts = await surveySchedule(stage.world, placeOf(stage.world, "system"), unitName(null, HOME), schedule);
  const request = { schedule: { ...schedule, alert: null }, project: null, program: ["/usr/bin/node", "/opt/graph-mgr.js"] };
  return planSchedule(facts, request, occasion());
}

async function bootPlan(stage: Stage): Promise<Plan> {
  const facts = await surveyBoot(stage.world, placeOf(stage.world, "system"), HOME);
  return planBoot(facts, HOME, ["/usr/bin/node", "/opt/graph-mgr.js"], occasion());
}

async function restorePlan(stage: Stage, path: string, name: string | null, launch = true): Promise<Plan> {
  const checked = await stage.world.backups.check(path, () => {});
  const ports = { http: undefined, https: undefined, ports: [] };
  const facts = await surveyRestore(stage.world, { home: HOME, checked, name, ports, bundle: null });
  return planRestoreBackup(facts, { launch, shareBinds: [] }, occasion());
}

/** A host with an instance that was used, and a backup of it. */
async function backedUp(withImages = false): Promise<{ readonly stage: Stage; readonly path: string }> {
  const stage = await used();
  await stage.carryOut(await backupPlan(stage, { withImages }));
  const [backup] = await surveyBackups(stage.world, HOME);
  return { stage, path: backup!.path };
}

async function exportPlan(stage: Stage): Promise<Plan> {
  const { record } = await stage.facts(NAME);
  const facts = await surveyExport(stage.world, HOME, NAME, imagesOfInstance(record), EXPORTED);
  return planExport(facts, null, occasion());
}

/** A machine with an instance that has one image already, and one of the names for another image. */
async function importing(): Promise<{ readonly stage: Stage; readonly plan: Plan }> {
  const old = await used();
  await old.carryOut(await exportPlan(old));
  const stage = new Stage();
  await stage.install(BYSTANDER.release);
  stage.sim.disk.makeFolder(dirname(EXPORTED), 0o755);
  stage.sim.disk.write(EXPORTED, old.sim.disk.read(EXPORTED), 0o600);
  stage.sim.disk.settle("/");
  const checked = await stage.world.imageSets.check(EXPORTED);
  return { stage, plan: planImport(await surveyImport(stage.world, HOME, checked), occasion()) };
}

async function migratePlan(stage: Stage, keepSource: boolean): Promise<Plan> {
  const { facts } = await stage.facts(NAME);
  const there = { target: { user: null, host: "far", port: null }, identity: null, knownHosts: null, home: null };
  const found = await surveyMigrate(stage.world, facts, there, { window: templates, moved: templates });
  return planMigrate(found, { keepSource, ports: [], address: "http://far/" }, occasion());
}

/** A host with what nothing needs: old operations, an instance that was taken away with its folder, versions of files, notes. */
async function littered(): Promise<Stage> {
  const stage = await stopped();
  const [record, names] = [(await stage.facts(NAME)).record, await stage.world.files.list(`${HOME}/.graph-mgr/operations`)];
  for (const [index, name] of names.entries())
    stage.sim.disk.write(`${HOME}/.graph-mgr/operations/${name}/log`, Buffer.from(`log ${index}`), 0o600);
  for (const folder of ["attic", "history", "incoming", "pristine/v0.9.0-0123456789ab"])
    stage.sim.disk.makeFolder(`${HOME}/.graph-mgr/${folder}`, 0o700);
  const put = (path: string, text: string) => stage.sim.disk.write(`${HOME}/.graph-mgr/${path}`, Buffer.from(text), 0o600);
  put(`attic/${"a".repeat(64)}`, "named");
  put(`attic/${"b".repeat(64)}`, "not named");
  put(`history/${record.origin.operation}.json`, `["${"a".repeat(64)}"]`);
  put("history/20200101T000000Z-install-000000.json", `["${"b".repeat(64)}"]`);
  put("incoming/20200101T000000Z-migrate-000000.ahead", "half of it");
  put("pristine/v0.9.0-0123456789ab/.env", "OLD=1");
  put(`prepared-${record.pristine.split("/").at(-1)}.json`, "{}");
  stage.sim.disk.settle("/");
  return stage;
}

async function prunePlan(stage: Stage): Promise<Plan> {
  const store = createOperationStore(stage.sim.disk.disk, HOME);
  const plan = planPruneAll(await surveyUnused(stage.world, HOME, await store.list(), 1), occasion());
  if (plan === null) throw new Error("nothing to prune");
  return plan;
}

async function removePlan(stage: Stage, volumes: boolean): Promise<Plan> {
  const { record, current } = await stage.facts(NAME);
  const found = await surveyRemove(stage.world, record, HOME, current);
  return planRemove(found, { volumes, confirm: NAME, current: false }, occasion());
}

async function configAsk(stage: Stage) {
  const { record, current } = await stage.facts(NAME);
  return { record, home: HOME, current };
}

async function setPlan(stage: Stage, values: Readonly<Record<string, string>>, apply: boolean) {
  const { facts, texts } = await surveyKeys(stage.world, await configAsk(stage), values);
  return { plan: planKeys(facts, Object.keys(values), { how: "set", apply }, occasion()), answers: texts };
}

/** Stop, page up, page down, launch: what an update does around its window. */
async function maintenancePlan(stage: Stage): Promise<Plan> {
  const { facts, record } = await stage.facts(NAME);
  const plan = planRestart(facts, occasion());
  const [stop, ...launch] = plan.steps;
  const input = await pageInput(stage, record, plan.id);
  return { ...plan, steps: [stop!, maintenanceUp.step(input), maintenanceDown.step(input), ...launch] };
}

async function postgresPlan(stage: Stage, verb: "dump" | "restore", name: string = NAME): Promise<Plan> {
  const { record, current } = await stage.facts(name);
  const facts = await surveyPostgres(stage.world, record, HOME, current);
  const dump = `${HOME}/friday`;
  return verb === "restore"
    ? planRestore(facts, dump, occasion())
    : planDump(await surveyDump(stage.world, facts, dump), occasion());
}

const updateBy = (method: "dump" | "copy") => ({
  method,
  reasons: [],
  shareBinds: [],
  acknowledged: [],
  healthTimeoutSeconds: null,
  // What dumps is part of the other method.
  backup: method === "copy",
});

async function updatePlan(
  stage: Stage,
  method: "dump" | "copy",
): Promise<{ readonly plan: Plan; readonly answers: Readonly<Record<string, string>> }> {
  const { record } = await stage.facts(NAME);
  const contents = await stage.world.bundles.read("/bundles/v2.23.0.tar.gz", () => {});
  const ask = { home: HOME, source: record, contents, release: undefined, resolve: {}, templates };
  const { facts, texts } = await surveyUpdate(stage.world, ask, described);
  return {
    plan: planUpdate([{ facts, request: updateBy(method) }], occasion()),
    answers: texts,
  };
}

/** Through a release that is only passed: there by a copy, from there, to another Postgres, by a dump. */
async function pathPlan(stage: Stage): Promise<{ readonly plan: Plan; readonly answers: Readonly<Record<string, string>> }> {
  const { record } = await stage.facts(NAME);
  const look = async (release: string, after?: SurveyedUpdate) => {
    const contents = await stage.world.bundles.read(`/bundles/${release}.tar.gz`, () => {});
    const ask = { home: HOME, source: record, contents, release: undefined, resolve: {}, templates };
    return await surveyUpdate(stage.world, { ...ask, ...(after === undefined ? {} : { after }) }, described);
  };
  const middle = await look("v2.23.0");
  const last = await look("v2.24.9", middle);
  const answersOf = ({ facts, texts }: SurveyedUpdate) =>
    Object.entries(texts).map(([path, text]) => [ofRelease(facts.instance.release, path), text] as const);
  return {
    plan: planUpdate(
      [
        { facts: middle.facts, request: updateBy("copy") },
        { facts: last.facts, request: updateBy("dump") },
      ],
      occasion(),
    ),
    answers: Object.fromEntries([...answersOf(middle), ...answersOf(last)]),
  };
}

async function updateHops(stage: Stage): Promise<Hops> {
  const { record } = await stage.facts(NAME);
  const contents = await stage.world.bundles.read("/bundles/v2.23.0.tar.gz", () => {});
  const ask = { home: HOME, source: record, contents, release: undefined, resolve: {}, templates };
  const { facts } = await surveyUpdate(stage.world, ask, described);
  return [{ facts, request: updateBy("dump") }];
}

async function rollbackPlan(stage: Stage): Promise<Plan> {
  return planRollback(
    await surveyRollback(stage.world, HOME, { from: undefined, to: undefined }, templates),
    { acceptLoss: true },
    occasion(),
  );
}

const SOURCE = [{ dir: DIR, slug: SLUG }];

/** Every operation, on a host where it makes sense. By the test file that cuts it off. */
export const scenarios = {
  install: {
    "install into an empty home": async () => {
      const stage = new Stage();
      const plan = await stage.installPlan(NAME, { set: ["COLOUR"] });
      return stage.scenario("install into an empty home", plan, { answers: { COLOUR: "blue" } });
    },
    "install beside another": async () => {
      const stage = await prepared();
      return stage.scenario("install beside another", await stage.installPlan(NAME));
    },
    "install, with containerd's image store": async () => {
      const stage = await prepared("containerd");
      const plan = await stage.installPlan(NAME, { launch: false });
      return stage.scenario("install, with containerd's image store", plan);
    },
    "install and build": async () => {
      const stage = await prepared();
      return stage.scenario("install and build", await stage.installPlan("v3.0.0", { launch: false }));
    },
  },
  "copy-dump": {
    "copy --data dump": async () => {
      const stage = await used();
      return stage.scenario("copy --data dump", await copyPlan(stage, { data: "dump" }), { untouched: SOURCE });
    },
    "copy --data dump --no-launch": async () => {
      const stage = await used();
      const plan = await copyPlan(stage, { data: "dump", launch: false });
      return stage.scenario("copy --data dump --no-launch", plan, { untouched: SOURCE });
    },
    "postgres dump": async () => {
      const stage = await used();
      return stage.scenario("postgres dump", await postgresPlan(stage, "dump"));
    },
    "postgres restore": async () => {
      const stage = await prepared();
      await stage.carryOut(await postgresPlan(stage, "dump", BYSTANDER.release));
      await stage.install(NAME, { launch: false });
      const plan = await postgresPlan(stage, "restore");
      // The cluster is made by its first start, and stays.
      return stage.scenario("postgres restore", plan, { fills: [`${SLUG}_postgres_data`] });
    },
    "postgres restore into a server that runs": async () => {
      const stage = await prepared();
      await stage.carryOut(await postgresPlan(stage, "dump", BYSTANDER.release));
      await stage.install(NAME, { launch: false });
      await stage.world.compose.up({ name: SLUG, dir: DIR, envFiles: [] }, ["postgres"]);
      return stage.scenario("postgres restore into a server that runs", await postgresPlan(stage, "restore"));
    },
  },
  "copy-copy": {
    "copy --data copy": async () => {
      const stage = await stopped();
      return stage.scenario("copy --data copy", await copyPlan(stage, { data: "copy" }), { untouched: SOURCE });
    },
    "copy --data copy --stop-source": async () => {
      const stage = await used();
      const plan = await copyPlan(stage, { data: "copy", stopSource: true });
      return stage.scenario("copy --data copy --stop-source", plan, { untouched: [{ dir: DIR, slug: SLUG, filesOnly: true }] });
    },
  },
  run: {
    "copy --data none": async () => {
      const stage = await used();
      return stage.scenario("copy --data none", await copyPlan(stage, { data: "none" }), { untouched: SOURCE });
    },
    launch: async () => {
      const stage = await stopped();
      return stage.scenario("launch", planLaunch((await stage.facts(NAME)).facts, occasion()));
    },
    "first launch": async () => {
      const stage = await prepared();
      await stage.install(NAME, { launch: false });
      const plan = planLaunch((await stage.facts(NAME)).facts, occasion());
      return stage.scenario("first launch", plan, { fills: [`${SLUG}_postgres_data`] });
    },
    stop: async () => {
      const stage = await used();
      return stage.scenario("stop", planStop((await stage.facts(NAME)).facts, occasion()));
    },
    restart: async () => {
      const stage = await used();
      return stage.scenario("restart", planRestart((await stage.facts(NAME)).facts, occasion()));
    },
  },
  backup: {
    "backup create": async () => {
      const stage = await used();
      return stage.scenario("backup create", await backupPlan(stage), { untouched: SOURCE });
    },
    "backup create --stop-source": async () => {
      const stage = await used();
      return stage.scenario("backup create --stop-source", await backupPlan(stage, { stopSource: true }));
    },
    "backup create --encrypt": async () => {
      const stage = await used();
      const lock = { kind: "recipients", recipients: ["age1everybody"] } as const;
      return stage.scenario("backup create --encrypt", await backupPlan(stage, { lock }), { untouched: SOURCE });
    },
    "backup create --encrypt passphrase": async () => {
      const stage = await used();
      const plan = await backupPlan(stage, { lock: { kind: "passphrase", file: null } });
      const answers = { passphrase: "four random words" };
      return stage.scenario("backup create --encrypt passphrase", plan, { answers, untouched: SOURCE });
    },
    "backup create --to another machine": async () => {
      const stage = await used();
      // A folder there stays that was made for it, so there is one.
      stage.sim.disk.makeFolder("/remote/vault/backups", 0o700);
      const plan = await backupPlan(stage, {}, "ssh://vault/backups");
      return stage.scenario("backup create --to another machine", plan, { untouched: SOURCE });
    },
    "backup create of a stopped instance": async () => {
      const stage = await stopped();
      return stage.scenario("backup create of a stopped instance", await backupPlan(stage));
    },
    "backup prune": async () => {
      const stage = await used();
      for (let count = 0; count < 3; count++) await stage.carryOut(await backupPlan(stage));
      const backups = await surveyBackups(stage.world, HOME);
      const plan = planPrune({ home: HOME, engine: "SIMULATED", backups }, { last: 1, daily: 0, weekly: 0 }, occasion());
      return stage.scenario("backup prune", plan);
    },
    "backup prune in a repository": async () => {
      const stage = await used();
      for (let count = 0; count < 2; count++) await stage.carryOut(await backupPlan(stage, { compression: null }, REPOSITORY));
      const backups = await surveyBackups(stage.world, HOME, REPOSITORY);
      const plan = planPrune({ home: HOME, engine: "SIMULATED", backups }, { last: 1, daily: 0, weekly: 0 }, occasion());
      return stage.scenario("backup prune in a repository", plan);
    },
    "boot enable": async () => {
      const stage = await scheduling();
      return stage.scenario("boot enable", await bootPlan(stage));
    },
    "boot disable": async () => {
      const stage = await scheduling();
      await stage.carryOut(await bootPlan(stage));
      const [found] = await surveyBoots(stage.world, HOME, [placeOf(stage.world, "system")]);
      return stage.scenario("boot disable", planNoBoot(found!, true, HOME, "SIMULATED", occasion()));
    },
    "backup schedule": async () => {
      const stage = await scheduling();
      return stage.scenario("backup schedule", await schedulePlan(stage, "*-*-* 02:30:00"));
    },
    "backup schedule in the place of another": async () => {
      const stage = await scheduling();
      await stage.carryOut(await schedulePlan(stage, "*-*-* 02:30:00"));
      return stage.scenario("backup schedule in the place of another", await schedulePlan(stage, "Mon *-*-* 04:00:00"));
    },
    "backup schedule --remove": async () => {
      const stage = await scheduling();
      await stage.carryOut(await schedulePlan(stage, "*-*-* 02:30:00"));
      const place = placeOf(stage.world, "system");
      const [found] = await surveySchedules(stage.world, HOME, [place]);
      const plan = planUnschedule(found!, await ableOn(stage.world, place), "SIMULATED", occasion());
      return stage.scenario("backup schedule --remove", plan);
    },
  },
  restore: {
    "backup restore beside what it is of": async () => {
      const { stage, path } = await backedUp();
      return stage.scenario("backup restore beside what it is of", await restorePlan(stage, path, null), { untouched: SOURCE });
    },
    "backup restore --name --no-launch": async () => {
      const { stage, path } = await backedUp();
      return stage.scenario("backup restore --name --no-launch", await restorePlan(stage, path, "training", false), {
        untouched: SOURCE,
      });
    },
    "backup verify --drill": async () => {
      const { stage, path } = await backedUp();
      const checked = await stage.world.backups.check(path, () => {});
      const ports = { http: undefined, https: undefined, ports: [] };
      const facts = await surveyRestore(stage.world, { home: HOME, checked, name: drillName("ab12"), ports, bundle: null });
      const plan = planDrill(facts, `${HOME}/.graph-mgr/backups/1.json`, occasion());
      return stage.scenario("backup verify --drill", plan, { untouched: SOURCE });
    },
    "backup restore on a bare machine": async () => {
      const old = await backedUp(true);
      const stage = new Stage();
      stage.sim.disk.makeFolder("/mnt", 0o755);
      stage.sim.disk.write("/mnt/backup.tar", old.stage.sim.disk.read(old.path), 0o600);
      stage.sim.disk.settle("/");
      return stage.scenario("backup restore on a bare machine", await restorePlan(stage, "/mnt/backup.tar", null));
    },
  },
  migrate: {
    migrate: async () => {
      const stage = await used();
      return stage.scenario("migrate", await migratePlan(stage, false), {
        untouched: [{ dir: DIR, slug: SLUG, filesOnly: true }],
      });
    },
    "launch of what had moved": async () => {
      const stage = await used();
      await stage.carryOut(await migratePlan(stage, false));
      stage.machine.state.far = { ...stage.machine.state.far, stage: "none" };
      const plan = planLaunch((await stage.facts(NAME)).facts, occasion(), true);
      return stage.scenario("launch of what had moved", plan);
    },
    "migrate --keep-source": async () => {
      const stage = await used();
      return stage.scenario("migrate --keep-source", await migratePlan(stage, true), { untouched: SOURCE });
    },
  },
  images: {
    export: async () => {
      const stage = await used();
      return stage.scenario("export", await exportPlan(stage), { untouched: SOURCE });
    },
    import: async () => {
      const { stage, plan } = await importing();
      return stage.scenario("import", plan);
    },
  },
  update: {
    "update by dump": async () => {
      const stage = await used();
      const { plan, answers } = await updatePlan(stage, "dump");
      return stage.scenario("update by dump", plan, { answers });
    },
    "update by copy": async () => {
      const stage = await used();
      const { plan, answers } = await updatePlan(stage, "copy");
      return stage.scenario("update by copy", plan, { answers });
    },
  },
  path: {
    "update via path": async () => {
      const stage = await used();
      const { plan, answers } = await pathPlan(stage);
      return stage.scenario("update via path", plan, { answers });
    },
  },
  prepare: {
    prepare: async () => {
      const stage = await used();
      return stage.scenario("prepare", planPrepare(await updateHops(stage), occasion()));
    },
    "prepare, taken back": async () => {
      const stage = await used();
      const hops = await updateHops(stage);
      await stage.carryOut(planPrepare(hops, occasion()));
      return stage.scenario("prepare, taken back", planUnprepare(hops, occasion()));
    },
  },
  rollback: {
    rollback: async () => {
      const stage = new Stage();
      await stage.install(NAME);
      stage.use(SLUG, DIR);
      const { plan, answers } = await updatePlan(stage, "copy");
      await stage.carryOut(plan, answers);
      return stage.scenario("rollback", await rollbackPlan(stage));
    },
  },
  maintenance: {
    "a maintenance page, while an instance is stopped": async () => {
      const stage = await used();
      const plan = await maintenancePlan(stage);
      return stage.scenario("a maintenance page, while an instance is stopped", plan);
    },
  },
  adopt: {
    "adopt with the bundle": async () => {
      const stage = await byHand();
      const untouched = [{ dir: DIR, slug: "byhand" }];
      return stage.scenario("adopt with the bundle", await adoptPlan(stage, NAME), { untouched });
    },
    "adopt without one": async () => {
      const stage = await byHand();
      const untouched = [{ dir: DIR, slug: "byhand" }];
      return stage.scenario("adopt without one", await adoptPlan(stage, null), { untouched });
    },
    "adopt --forget": async () => {
      const stage = await byHand();
      await stage.carryOut(await adoptPlan(stage, null));
      const plan = planForget((await stage.facts(NAME)).facts, occasion());
      return stage.scenario("adopt --forget", plan, { untouched: [{ dir: DIR, slug: "byhand" }] });
    },
  },
  doctor: {
    "doctor --fix": async () => {
      const stage = await used();
      const cache = `${HOME}/.graph-mgr/cache/sizes.json`;
      await stage.world.files.write(cache, "no JSON", 0o600);
      await stage.world.files.changeMode(cache, 0o644);
      await stage.world.files.changeMode(`${DIR}/.env`, 0o666);
      await stage.world.engine.untag(`graph-mgr/${SLUG}/nexus:pinned`);
      for (const { id, project } of await stage.world.engine.containers())
        if (project === SLUG) await stage.world.engine.setRestartPolicy(id, "always");
      const findings = findingsOf(await surveyDoctor(stage.world, HOME, { list: async () => [], isLocked: async () => false }));
      const request = { home: HOME, engine: "SIMULATED", imageStore: "classic" as const, findings, helpers: ["swept-before"] };
      return stage.scenario("doctor --fix", planFix(request, occasion()));
    },
  },
  config: {
    "config set --apply": async () => {
      const stage = await used();
      const { plan, answers } = await setPlan(stage, { LOG_LEVEL: "DEBUG" }, true);
      return stage.scenario("config set --apply", plan, { answers });
    },
    "config set of a stopped instance": async () => {
      const stage = await stopped();
      const { plan, answers } = await setPlan(stage, { LOG_LEVEL: "DEBUG" }, false);
      return stage.scenario("config set of a stopped instance", plan, { answers });
    },
    "config edit of a Caddyfile": async () => {
      const stage = await used();
      const { facts, texts } = await surveyEdit(stage.world, await configAsk(stage), { Caddyfile: ":80 { respond 204 }\n" });
      return stage.scenario("config edit of a Caddyfile", planEdit(facts, true, occasion()), { answers: texts });
    },
    "config revert": async () => {
      const stage = await used();
      const { plan, answers } = await setPlan(stage, { LOG_LEVEL: "DEBUG" }, true);
      await stage.carryOut(plan, answers);
      const { facts, texts } = await surveyRevert(stage.world, await configAsk(stage), 1);
      return stage.scenario("config revert", planRevert(facts, true, occasion()), { answers: texts });
    },
  },
  remove: {
    remove: async () => {
      const stage = await stopped();
      return stage.scenario("remove", await removePlan(stage, false), { remakes: [SLUG] });
    },
    "remove --volumes": async () => {
      const stage = await stopped();
      return stage.scenario("remove --volumes", await removePlan(stage, true), { remakes: [SLUG] });
    },
    prune: async () => {
      const stage = await littered();
      return stage.scenario("prune", await prunePlan(stage), { untouched: SOURCE });
    },
    "prune of what was removed": async () => {
      const stage = await stopped();
      await stage.carryOut(await removePlan(stage, false));
      const store = createOperationStore(stage.sim.disk.disk, HOME);
      const facts = await surveyUnused(stage.world, HOME, await store.list(), 20);
      const [removed] = facts.removed;
      const unused = facts.unused.find(({ what }) => what === "removed");
      if (removed === undefined || unused === undefined) throw new Error("nothing was removed");
      const request = { volumes: true, confirm: unused.name };
      const free = await freeImagesOf(stage.world, removed.record, facts.containers);
      return stage.scenario("prune of what was removed", planPruneRemoved(facts, unused, removed, free, request, occasion()));
    },
    "install --attach": async () => {
      const stage = await stopped();
      const plan = await removePlan(stage, false);
      await stage.carryOut(plan);
      const removed = `${HOME}/.graph-mgr/removed`;
      const [aside = ""] = await stage.world.files.list(removed);
      return stage.scenario(
        "install --attach",
        planAttach(await surveyAttach(stage.world, HOME, `${removed}/${aside}`), occasion()),
      );
    },
  },
} satisfies Record<string, Record<string, () => Promise<Scenario>>>;

export type Group = keyof typeof scenarios;
