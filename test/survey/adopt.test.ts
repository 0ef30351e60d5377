import { beforeEach, describe, expect, it } from "vitest";
import type { OperatorError } from "../../src/errors.ts";
import { planAdopt, planForget } from "../../src/operations/adopt.ts";
import { planRemove } from "../../src/operations/remove.ts";
import { planLaunch, planRestart } from "../../src/operations/run-instance.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { type AdoptAsk, surveyAdopt } from "../../src/survey/adopt.ts";
import { surveyCandidates } from "../../src/survey/adopt-scan.ts";
import { surveyDoctor } from "../../src/survey/doctor/facts.ts";
import { realFolder } from "../../src/survey/real-folder.ts";
import { surveyRemove } from "../../src/survey/remove.ts";
import { described } from "../simulator/sample.ts";
import { HOME, occasion, prepared, type Stage } from "../simulator/scenario.ts";

const DIR = "/opt/product";
let stage: Stage;
beforeEach(async () => {
  stage = await prepared();
  await stage.byHand("v2.22.2", DIR, "byhand");
});

const survey = (over: Partial<AdoptAsk> = {}) =>
  surveyAdopt(
    stage.world,
    { home: HOME, folder: DIR, project: undefined, release: undefined, name: undefined, bundle: null, ...over },
    described,
  );
const plan = async (over: Partial<AdoptAsk> = {}, acknowledged: readonly string[] = []): Promise<Plan> =>
  planAdopt(await survey(over), { acknowledged }, occasion());
const refusal = async (over: Partial<AdoptAsk> = {}): Promise<OperatorError> =>
  await plan(over).then(
    () => Promise.reject(new Error("it was not refused")),
    (error: OperatorError) => error,
  );
const bundle = (release: string) => stage.world.bundles.read(`/bundles/${release}.tar.gz`, () => {});
const edit = (name: string, from: string, to: string) => {
  const text = stage.sim.disk.read(`${DIR}/${name}`).toString();
  expect(text).toContain(from);
  stage.sim.disk.write(`${DIR}/${name}`, Buffer.from(text.replace(from, to)), 0o644);
};
/** What the engine tells of a container is another thing. */
const told = (service: string, labels: Readonly<Record<string, string>>) => {
  const { engine } = stage.world;
  const { inspect } = engine;
  engine.inspect = async ids =>
    (await inspect(ids)).map(each =>
      each.name.startsWith(`byhand-${service}`) ? { ...each, labels: { ...each.labels, ...labels } } : each,
    );
};

describe("what is found", () => {
  it("is what the engine runs, whatever the folder is called", async () => {
    const { found, project, instance, isRunning } = await survey();
    expect(project).toEqual({ name: "byhand", others: [], candidates: [], isThere: true, hasContainers: true });
    expect([instance.name, isRunning]).toEqual(["v2.22.2", true]);
    const { record } = found;
    expect(record).toMatchObject({ project: "byhand", dir: DIR, layout: "legacy", origin: { how: "adopt", from: DIR } });
    expect(record.volumes.map(({ name }) => name).sort()).toEqual(["v2_22_2_postgres_backups", "v2_22_2_postgres_data"]);
    expect(record.networks).toEqual([{ key: "grph", name: "grph_net" }]);
    expect(record.ports).toEqual([{ service: "caddy", container: 80, protocol: "tcp", host: 8088 }]);
    expect(Object.keys(record.images).sort()).toEqual(["cache", "caddy", "job", "nexus", "postgres"]);
  });

  it("is told with the plan, which writes nothing into the folder", async () => {
    const { steps, notes, wayBack } = await plan();
    expect(steps.map(({ kind }) => kind)).toEqual(["pristine.none", "images.tag", "instance.record"]);
    expect(JSON.stringify(steps.map(({ input }) => input)).includes("hunter2")).toBe(false);
    expect(notes.join("\n")).toContain(
      "the bundle of v2.22.2 is not here, so nobody can tell which of its files and settings you changed",
    );
    expect(wayBack).toBe("graph-mgr adopt --forget v2.22.2");
  });

  it("tells the administrator's edits, of settings the keys alone", async () => {
    edit(".env", "POSTGRES_DB=graphistry", "POSTGRES_DB=own");
    const { notes, steps } = await plan({ bundle: await bundle("v2.22.2") });
    const said = notes.filter(note => note.startsWith("changed"));
    expect([...said].sort().reverse()).toEqual([
      expect.stringMatching(/: docker-compose\.yml: 1 line added, 1 removed$/),
      expect.stringMatching(/: \.env: POSTGRES_DB changed$/),
    ]);
    expect(steps.map(({ kind }) => kind).slice(0, 3)).toEqual(["bundle.unpack", "pristine.keep", "scratch.drop"]);
  });

  it("tells what a restart would make anew, because files were changed since it was started", async () => {
    edit("docker-compose.yml", '"8088:80"', '"8089:80"');
    stage.world.compose.hashes = async () => ({ caddy: "another" });
    const { notes } = await plan();
    expect(notes).toContain("its files were changed since it was started: a restart makes new containers of caddy");
    expect(notes).toContain("caddy:80 is published on 8088, and its files say 8089 now: a restart changes that");
  });

  it("is the same folder by whatever link somebody goes there", async () => {
    const { files } = stage.world;
    await files.replaceLink("/opt/link", "product");
    await files.replaceLink("/opt/round", "/opt/round");
    expect(await realFolder(files, "/opt/link/sub")).toBe("/opt/product/sub");
    expect(await realFolder(files, "/opt/product/../link")).toBe("/opt/product");
    expect(await realFolder(files, "/opt/round")).toBe("/opt/round");
  });

  it("stays where it lies when it is removed, outside of the home, and its data goes only when its name was typed", async () => {
    await stage.carryOut(await plan());
    await stage.stop("v2.22.2");
    const { record, current } = await stage.facts("v2.22.2");
    const remove = async (volumes: boolean) =>
      planRemove(
        await surveyRemove(stage.world, record, HOME, current),
        { volumes, confirm: "v2.22.2", current: false },
        occasion(),
      );
    const kept = await remove(false);
    expect(kept.wayBack).toBe(`graph-mgr adopt ${DIR}`);
    expect(kept.steps.map(({ kind }) => kind)).toEqual(["containers.remove", "path.move"]);
    const gone = await remove(true);
    expect(gone.steps.find(({ kind }) => kind === "tree.remove")?.input).toMatchObject({ path: DIR });
    await stage.carryOut(kept);
    expect(await stage.world.files.exists(`${DIR}/docker-compose.yml`)).toBe(true);
    expect((await plan()).instance).toBe("v2.22.2");
  });

  it("is another folder, where only the project's name is that of an instance", async () => {
    await stage.carryOut(await plan());
    const { source } = await bundle("v2.22.2");
    await stage.world.bundles.unpack(source, "/opt/other", () => {});
    const refused = await refusal({ folder: "/opt/other", project: "byhand" });
    expect(refused.code).toBe("PROJECT_TAKEN");
    expect(refused.message).toContain(`is that of the instance v2.22.2 of this home, in ${DIR}; nothing on this engine tells`);
    expect(refused.hint).toMatch(/^--project NAME/);
  });

  it("has no project that somebody mistyped", async () => {
    const refused = await refusal({ project: "wrong" });
    expect([refused.code, refused.hint]).toEqual(["PROJECT_UNKNOWN", "--project byhand"]);
    expect(refused.message).toBe(`No container that was made from ${DIR} is of the project wrong; they are of byhand.`);
  });

  it("can be given back, and adopted again", async () => {
    await stage.carryOut(await plan());
    expect((await refusal()).code).toBe("ALREADY_ADOPTED");
    await stage.carryOut(planForget((await stage.facts("v2.22.2")).facts, occasion()));
    expect((await plan()).steps).toHaveLength(3);
    const { facts } = await stage.facts("v1.0.0");
    expect(() => planForget(facts, occasion())).toThrow("was not taken over");
  });

  it("says whose way back it is, when it is given back", async () => {
    await stage.carryOut(await plan());
    const { notes } = planForget((await stage.facts("v2.22.2")).facts, occasion(), ["v2.23.0"]);
    expect(notes[0]).toMatch(/^v2\.23\.0 was updated from it: `graph-mgr rollback` finds it no more/);
  });

  it("F16 has the policies again that its files say, where graph-mgr took them away before it was given back", async () => {
    expect((await survey()).found.record.stoppedPolicies).toBe(null);
    await stage.carryOut(await plan());
    await stage.stop("v2.22.2");
    await stage.carryOut(planForget((await stage.facts("v2.22.2")).facts, occasion()));
    await stage.carryOut(await plan());
    const { record } = await stage.facts("v2.22.2");
    expect(record.stoppedPolicies).toMatchObject({ caddy: "unless-stopped", postgres: "unless-stopped" });
    await stage.carryOut(planLaunch((await stage.facts("v2.22.2")).facts, occasion()));
    const { containers } = (await stage.facts("v2.22.2")).facts;
    expect(containers.find(({ service }) => service === "caddy")?.restartPolicy).toBe("unless-stopped");
  });
});

describe("what is refused, with its cure", () => {
  it("F10 two projects from one folder", async () => {
    await stage.world.compose.up({ name: "second", dir: DIR, envFiles: [] }, ["cache"]);
    const { code, hint } = await refusal();
    expect(code).toBe("TWO_PROJECTS");
    expect(hint).toContain("never with -v");
  });

  it("F10 a container of somebody else's on its volume", async () => {
    const { files, compose, bundles } = stage.world;
    const { source } = await bundles.read("/bundles/v2.22.2.tar.gz", () => {});
    await bundles.unpack(source, "/opt/other", () => {});
    const path = "/opt/other/docker-compose.yml";
    await files.write(path, (await files.read(path))!.replace('"80:80"', '"8090:80"').replace("grph_net", "other_net"));
    await compose.up({ name: "other", dir: "/opt/other", envFiles: [] }, ["cache"]);
    const { engine } = stage.world;
    const { inspect } = engine;
    engine.inspect = async ids =>
      (await inspect(ids)).map(each =>
        each.project === "other"
          ? { ...each, mounts: [{ type: "volume", name: "v2_22_2_postgres_data", source: "", target: "/data", writable: true }] }
          : each,
      );
    const error = await refusal();
    expect([error.code, error.message]).toEqual(["VOLUME_SHARED", expect.stringContaining("v2_22_2_postgres_data")]);
    expect(error.message).toContain("of the project other is running and has the volume");
    // Neither is what serves taken down, nor a second database started.
    expect(error.hint).not.toMatch(/docker rm|up -d/);
  });

  it("a folder that was renamed while what was made in it runs", async () => {
    const { engine, files } = stage.world;
    const facts = await survey();
    expect(facts.goneFolders).toEqual([]);
    const { inspect, containers } = engine;
    const renamed = <Each extends { readonly project: string | null }>(each: Each): Each =>
      each.project === "byhand" ? { ...each, project: "before", workingDir: "/opt/before" } : each;
    engine.inspect = async ids => (await inspect(ids)).map(renamed);
    engine.containers = async () => (await containers()).map(renamed);
    expect(await files.exists("/opt/before")).toBe(false);
    expect(await refusal({ project: "byhand" })).toMatchObject({
      code: "FOLDER_RENAMED",
      message: expect.stringMatching(/the project before, was made in \/opt\/before, which is not there any more/),
      hint: expect.stringContaining(`(mv ${DIR} /opt/before), then: graph-mgr adopt /opt/before`),
    });
  });

  it("a network that another project is in as well", async () => {
    const { files, compose, bundles } = stage.world;
    const { source } = await bundles.read("/bundles/v2.22.2.tar.gz", () => {});
    await bundles.unpack(source, "/opt/other", () => {});
    const path = "/opt/other/docker-compose.yml";
    await files.write(path, (await files.read(path))!.replace('"80:80"', '"8090:80"'));
    await compose.up({ name: "other", dir: "/opt/other", envFiles: [] }, ["cache"]);
    const error = await refusal();
    expect([error.code, error.message]).toEqual(["NETWORK_SHARED", expect.stringContaining("grph_net")]);
  });

  it("a volume that its files call otherwise now", async () => {
    edit("docker-compose.yml", "{ name: v2_22_2_postgres_data }", "{ name: elsewhere }");
    expect((await refusal()).message).toContain(
      "keeps /var/lib/postgresql/data in the volume v2_22_2_postgres_data, and its files say elsewhere",
    );
  });

  it("a database in a volume that its files call external, until they do not", async () => {
    edit("docker-compose.yml", "{ name: v2_22_2_postgres_data }", "{ name: v2_22_2_postgres_data, external: true }");
    const error = await refusal();
    expect([error.code, error.message]).toEqual(["DATABASE_EXTERNAL", expect.stringContaining("v2_22_2_postgres_data")]);
    expect(error.hint).toContain("postgres_data: take `external` out and write `name: v2_22_2_postgres_data`");
    edit("docker-compose.yml", ", external: true", "");
    expect((await survey()).found.record.volumes.map(({ name }) => name)).toContain("v2_22_2_postgres_data");
    await plan();
  });

  it("but not another volume that is external", async () => {
    edit("docker-compose.yml", "{ name: v2_22_2_postgres_backups }", "{ name: v2_22_2_postgres_backups, external: true }");
    await plan();
  });

  it("containers that were made by a link, or of other files", async () => {
    told("caddy", { "com.docker.compose.project.config_files": `${DIR}/docker-compose.yml,${DIR}/prod.yml` });
    const error = await refusal();
    expect([error.code, error.message]).toEqual(["OTHER_FILES", expect.stringContaining(`${DIR}/prod.yml`)]);
    await stage.world.files.replaceLink("/opt/current", "product");
    const { inspect } = stage.world.engine;
    stage.world.engine.inspect = async ids =>
      (await inspect(ids)).map(each => (each.project === "byhand" ? { ...each, workingDir: "/opt/current", labels: {} } : each));
    expect((await refusal()).code).toBe("THROUGH_LINK");
  });

  it("what never ran, with the projects whose volumes it may have", async () => {
    const { bundles, engine } = stage.world;
    const { source } = await bundles.read("/bundles/v2.23.0.tar.gz", () => {});
    await bundles.unpack(source, "/opt/idle", () => {});
    expect((await refusal({ folder: "/opt/idle" })).code).toBe("NOTHING_TO_ADOPT");
    const labels = { "com.docker.compose.project": "was", "com.docker.compose.volume": "postgres_data" };
    await engine.createVolume({ name: "was_postgres_data", driver: "local", options: {}, labels });
    const error = await refusal({ folder: "/opt/idle" });
    expect([error.code, error.hint]).toEqual(["PROJECT_UNKNOWN", expect.stringContaining("--project was")]);
  });

  it("F08 a database that was not shut down: a crash, or a copy of a volume that was written to", async () => {
    await stage.world.engine.stop(
      (await survey()).found.containers.map(({ id }) => id),
      10,
    );
    stage.world.postgres.clusterState = async () => ({ state: "in production", major: "15" });
    const error = await refusal();
    expect([error.code, error.message]).toEqual(["DATABASE_UNCLEAN", expect.stringContaining("in production")]);
    stage.world.postgres.clusterState = async () => ({ state: "shut down in recovery", major: "15" });
    expect((await plan()).steps).toHaveLength(3);
  });

  it("a bundle of another release, a name that is taken, and a folder that is none", async () => {
    expect((await refusal({ bundle: await bundle("v2.23.0") })).code).toBe("OTHER_RELEASE");
    expect((await refusal({ release: "v1.0.0", folder: "/nowhere" })).code).toBe("NO_FOLDER");
    expect(await refusal({ folder: `${DIR}/docker-compose.yml` })).toMatchObject({
      code: "NO_FOLDER",
      hint: `graph-mgr adopt ${DIR}`,
    });
    await stage.install("v2.23.0");
    expect((await plan({ name: "second" })).instance).toBe("v2.22.2-second");
  });

  it("the install itself for a bundle, and for a home", async () => {
    const vendors = await bundle("v2.22.2");
    expect(await refusal({ bundle: { ...vendors, source: { ...vendors.source, path: DIR } } })).toMatchObject({
      code: "OTHER_RELEASE",
      message: expect.stringMatching(/^The bundle that was given is the install itself/),
    });
    for (const home of [DIR, `${DIR}/below`]) expect((await refusal({ home })).code).toBe("BAD_PATH");
  });

  it("a release that its files do not say, and a folder without a compose file, which is named", async () => {
    expect(await refusal({ release: "v2.99.0" })).toMatchObject({
      code: "OTHER_RELEASE",
      message: "It is v2.22.2 by its VERSION, and not v2.99.0.",
    });
    expect((await refusal({ release: "banana" })).code).toBe("BAD_RELEASE");
    expect((await survey({ release: "2.22.2" })).instance.name).toBe("v2.22.2");
    stage.sim.disk.makeFolder("/opt/empty", 0o755);
    expect(await refusal({ folder: "/opt/empty" })).toMatchObject({
      code: "NO_COMPOSE_FILE",
      message: "There is no compose file in /opt/empty.",
    });
  });

  it("F16 what could start it again, until somebody has said that it was dealt with", async () => {
    stage.sim.disk.makeFolder("/etc", 0o755);
    stage.sim.disk.write("/etc/crontab", Buffer.from(`@reboot root cd ${DIR} && docker compose up -d\n`), 0o644);
    expect((await refusal()).code).toBe("NOT_ACKNOWLEDGED");
    expect((await plan({}, ["revivers"])).steps).toHaveLength(3);
  });
});

it("once taken over it is the current instance for doctor as well, wherever it lies", async () => {
  await stage.carryOut(await plan());
  await stage.world.files.replaceLink(`${HOME}/current`, DIR);
  const { home } = await surveyDoctor(stage.world, HOME, { list: async () => [], isLocked: async () => false });
  expect(home.current).toEqual({ target: DIR, name: "v2.22.2" });
});

it("what another home has is not taken over once more, which nothing but the names of its images tells", async () => {
  await stage.carryOut(await plan());
  // As a home is that left no other trace on the engine.
  await stage.world.files.remove(`${HOME}/.graph-mgr/instances/v2.22.2.json`);
  const other = { home: "/srv/other", name: "x" };
  const error = await refusal(other);
  expect(error).toMatchObject({
    code: "ALREADY_ADOPTED",
    message: expect.stringMatching(
      /^Another home has the project byhand: its images are kept as graph-mgr\/byhand\/cache:pinned, /,
    ),
    hint: expect.stringContaining("only if that home is gone: docker image rm --no-prune graph-mgr/byhand/cache:pinned "),
  });
  expect(await surveyCandidates(stage.world, "/srv/other")).toContainEqual(
    expect.objectContaining({ project: "byhand", obstacle: expect.stringMatching(/^another home has it/) }),
  );
  for (const name of await stage.world.engine.tagsUnder("graph-mgr/byhand")) await stage.world.engine.untag(name);
  expect((await plan(other)).instance).toBe("v2.22.2-x");
});

it("an image that two services run is told once when its name is gone", async () => {
  const facts = await survey();
  expect(facts.movedTags).toEqual([]);
  const movedTags = ["nexus", "nginx"].map(service => ({ service, reference: "acme/nexus:v1" }));
  const { notes } = planAdopt({ ...facts, movedTags }, { acknowledged: [] }, occasion());
  expect(notes.filter(note => note.includes("acme/nexus"))).toEqual([
    "acme/nexus:v1 is another image by now than the one that nexus and nginx run, or is gone; the one that runs is kept",
  ]);
});

it("once taken over it gets no new container of another image, until its name leads to the old one again", async () => {
  await stage.carryOut(await plan());
  const facts = async () => (await stage.facts("v2.22.2")).facts;
  const { record } = await facts();
  const { id, reference } = record.images["cache"]!;
  expect((await facts()).movedImages).toEqual([]);
  const tags = stage.machine.state.tags;
  tags.set(reference, [...stage.machine.state.images.keys()].find(each => each !== id)!);
  const moved = expect.objectContaining({ code: "IMAGE_MOVED", hint: expect.stringContaining(`docker tag ${id} ${reference}`) });
  const found = await facts();
  for (const planned of [planRestart, planLaunch]) expect(() => planned(found, occasion())).toThrow(moved);
  tags.set(reference, id);
  planRestart(await facts(), occasion());
  // Another name in the file is meant.
  edit("docker-compose.yml", "valkey:8", "valkey:9");
  expect((await facts()).movedImages).toEqual([]);
});

it("a scan tells what no home knows, and what stands against it", async () => {
  const { bundles } = stage.world;
  const { source } = await bundles.read("/bundles/v2.23.0.tar.gz", () => {});
  await bundles.unpack(source, `${HOME}/releases/v2.23.0`, () => {});
  expect(await surveyCandidates(stage.world, HOME)).toEqual([
    { project: "byhand", folder: DIR, release: "v2.22.2", running: 4, containers: 5, obstacle: null },
    { project: null, folder: `${HOME}/releases/v2.23.0`, release: "v2.23.0", running: 0, containers: 0, obstacle: null },
  ]);
  stage.sim.disk.remove(DIR);
  const [gone] = await surveyCandidates(stage.world, HOME);
  expect(gone).toMatchObject({ project: "byhand", obstacle: "its folder is gone" });
  await stage.install("v2.24.9");
  expect((await surveyCandidates(stage.world, HOME)).map(({ project }) => project)).not.toContain("v2_24_9");
});
