import { beforeEach, describe, expect, it } from "vitest";
import { type PruneArgs, prune } from "../../src/cli/commands/prune.ts";
import { noteToText } from "../../src/domain/backup-note.ts";
import { Home } from "../../src/domain/home.ts";
import { planCopy } from "../../src/operations/copy.ts";
import { planRemove } from "../../src/operations/remove.ts";
import { surveyCopy } from "../../src/survey/copy.ts";
import { surveyRemove } from "../../src/survey/remove.ts";
import { surveyUnused } from "../../src/survey/unused.ts";
import { HOME, occasion, Stage } from "../simulator/scenario.ts";
import { sessionOn } from "./session-on.ts";

const NAME = "v2.22.2";
const COPY = "v2.22.2-training";
const OWN = `${HOME}/.graph-mgr`;

let stage: Stage;
let printed: string[];
let noted: string[];
beforeEach(async () => {
  stage = new Stage();
  await stage.install(NAME);
  stage.use("v2_22_2", `${HOME}/releases/${NAME}`);
  [printed, noted] = [[], []];
});

const session = (flags: object = {}, over: object = {}) =>
  sessionOn(stage, { print: (text: string) => printed.push(text), note: (text: string) => noted.push(text), ...over }, flags);
const ALL: PruneArgs = { name: undefined, volumes: false, confirm: undefined, keepOperations: 20 };
const run = async (args: Partial<PruneArgs> = {}, flags: object = {}): Promise<string> => {
  printed = [];
  await prune(session(flags), { ...ALL, ...args });
  return printed.join("\n");
};
const doc = async (args: Partial<PruneArgs> = {}, flags: object = {}) =>
  JSON.parse(await run(args, { json: true, ...flags })) as {
    operation: string | null;
    unused: { what: string; name: string; pruned: boolean; sizeBytes: number | null; why: string }[];
    freedBytes?: number;
    plan?: { steps: unknown[] };
  };
const ids = async () => (await session().store.list()).map(({ plan }) => plan.id);
const put = async (path: string, text = "x") => await stage.world.files.write(`${OWN}/${path}`, text, 0o600);
const there = async (path: string) => await stage.world.files.exists(`${OWN}/${path}`);

async function copied(): Promise<void> {
  const { record } = await stage.facts(NAME);
  const ports = { http: undefined, https: undefined, ports: [] };
  const found = await surveyCopy(stage.world, { home: HOME, source: record, name: "training", ports, binds: {} });
  await stage.carryOut(planCopy(found, { data: "none", launch: false, stopSource: false }, occasion()));
}
async function removed(name: string): Promise<string> {
  const { record, current } = await stage.facts(name);
  const facts = await surveyRemove(stage.world, record, HOME, current);
  const plan = planRemove(facts, { volumes: false, confirm: undefined, current: false }, occasion());
  await stage.carryOut(plan);
  return plan.wayBack?.split("/").at(-1) ?? "";
}
/** Operations that change nothing: launches of what runs. */
async function idle(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await stage.launch(NAME);
}

describe("prune by itself", () => {
  it("says so where everything is used, and begins nothing", async () => {
    const before = await ids();
    expect(await run()).toBe("Everything that is here is used.");
    expect(await doc()).toMatchObject({ operation: null, kind: "prune", steps: 0, freedBytes: 0, unused: [] });
    expect(await ids()).toEqual(before);
  });

  it("deletes finished operations but for the newest, and keeps those that instances were made by", async () => {
    await idle(5);
    const [install, first, second] = await ids();
    const text = await run({ keepOperations: 3 });
    expect(text).toMatch(/^operation +\S+-launch-\S+ +1\.0 kB +done, and not among the newest 3$/m);
    expect(text).toContain("2.0 kB are free again.");
    expect(await there(`operations/${install}`)).toBe(true);
    expect([await there(`operations/${first}`), await there(`operations/${second}`)]).toEqual([false, false]);
    expect(await ids()).toHaveLength(5);
  });

  it("keeps the last trial of an instance's backups, because a schedule goes by it", async () => {
    const store = session().store;
    const drill = { ...(await store.list())[0]!.plan, operation: "backup-drill", result: { from: NAME }, steps: [] };
    for (const id of ["20260101T000001Z-backup-drill-aaaaaa", "20260101T000002Z-backup-drill-bbbbbb"]) {
      const journal = await store.open({ ...drill, id }, {});
      await journal.append({ type: "closed", outcome: "done" });
    }
    await idle(2);
    const { unused } = await doc({ keepOperations: 1 }, { dryRun: true });
    const names = unused.filter(({ what }) => what === "operation").map(({ name }) => name);
    expect(names).toContain("20260101T000001Z-backup-drill-aaaaaa");
    expect(names).not.toContain("20260101T000002Z-backup-drill-bbbbbb");
  });

  it("keeps an operation that a container of this home was made by: it mounts files from there", async () => {
    await idle(2);
    const [, launch = ""] = await ids();
    const { state } = stage.machine;
    const [id, one] = [...state.containers][0]!;
    state.containers.set(id, { ...one, labels: { ...one.labels, "graph-mgr.home": HOME, "graph-mgr.operation": launch } });
    const { unused } = await doc({ keepOperations: 1 }, { dryRun: true });
    expect(unused.map(({ name }) => name)).not.toContain(launch);
  });

  it("refuses while an operation is unfinished", async () => {
    await idle(2);
    const { store } = session();
    const last = (await store.list()).at(-1);
    if (last === undefined) throw new Error("no operation");
    const journal = await store.open({ ...last.plan, id: "20260101T000009Z-launch-cccccc" }, {});
    await journal.append({ type: "doing", step: 0, before: null });
    await expect(run({ keepOperations: 1 })).rejects.toThrow(expect.objectContaining({ code: "UNFINISHED" }));
  });

  it("takes versions of files that no history names, and histories of instances that are gone", async () => {
    const { record } = await stage.facts(NAME);
    const [used, orphan, dead] = ["a", "b", "c"].map(sign => sign.repeat(64));
    for (const name of [used, orphan, dead]) await put(`attic/${name}`);
    await put(`history/${record.origin.operation}.json`, JSON.stringify({ changes: [{ files: [{ before: used }] }] }));
    await put("history/20200101T000000Z-install-dddddd.json", JSON.stringify({ changes: [{ files: [{ before: dead }] }] }));
    await run();
    expect(await Promise.all([used, orphan, dead].map(name => there(`attic/${name}`)))).toEqual([true, false, false]);
    expect(await stage.world.files.list(`${OWN}/history`)).toEqual([`${record.origin.operation}.json`]);
  });

  it("keeps all versions of files where there is no history to go by", async () => {
    await put(`attic/${"a".repeat(64)}`);
    expect(await run()).toBe("Everything that is here is used.");
  });

  it("keeps the history of an instance that was removed and can come back", async () => {
    await copied();
    const { record } = await stage.facts(COPY);
    await put(`history/${record.origin.operation}.json`, "[]");
    await removed(COPY);
    await run();
    expect(await there(`history/${record.origin.operation}.json`)).toBe(true);
  });

  it("takes vendor's files of releases that nobody has, what a move left, and notes of updates that were made", async () => {
    const { record } = await stage.facts(NAME);
    const cut = record.pristine.split("/").at(-1);
    await put("pristine/v0.9.0-0123456789ab/.env");
    await put("incoming/20200101T000000Z-migrate-dddddd.ahead");
    await put("incoming/20260101T000000Z-migrate-eeeeee.ahead");
    await put(`prepared-${cut}.json`);
    await put("prepared-v2.99.0-0123456789ab.json");
    await stage.world.files.makeFolder(`${HOME}/releases/.staging-20200101T000000Z-install-dddddd`);
    await run();
    expect(await stage.world.files.list(`${OWN}/pristine`)).toEqual([cut]);
    expect(await stage.world.files.list(`${OWN}/incoming`)).toEqual(["20260101T000000Z-migrate-eeeeee.ahead"]);
    expect(await there(`prepared-${cut}.json`)).toBe(false);
    expect(await there("prepared-v2.99.0-0123456789ab.json")).toBe(true);
    expect(await stage.world.files.list(`${HOME}/releases`)).toEqual([NAME]);
  });

  it("takes names of images of its own past, and none of other homes or of strangers", async () => {
    const { engine } = stage.world;
    const image = (await stage.facts(NAME)).record.images["nexus"]?.id ?? "";
    await copied();
    const plan = planRemove(
      await surveyRemove(stage.world, (await stage.facts(COPY)).record, HOME, NAME),
      { volumes: true, confirm: COPY, current: false },
      occasion(),
    );
    await stage.carryOut(plan);
    await engine.tag(image, "graph-mgr/v2_22_2_training/nexus:pinned");
    await engine.tag(image, "graph-mgr/v9_9_9/nexus:pinned");
    const text = await run();
    expect(text).toMatch(/^image +graph-mgr\/v2_22_2_training\/nexus:pinned +0 B +no instance is v2_22_2_training; /m);
    expect(await engine.tagsUnder("graph-mgr/v2_22_2_training")).toEqual([]);
    expect(await engine.tagsUnder("graph-mgr/v9_9_9")).toHaveLength(1);
    expect((await engine.images([image]))[0]).not.toBeNull();
  });

  it("touches no volume, no instance, and nothing that remove moved aside", async () => {
    await copied();
    const aside = await removed(COPY);
    await idle(3);
    const before = [...stage.machine.state.volumes.keys()].sort();
    await run({ keepOperations: 1 });
    expect([...stage.machine.state.volumes.keys()].sort()).toEqual(before);
    expect(await there(`removed/${aside}`)).toBe(true);
    expect(await stage.world.files.exists(`${HOME}/releases/${NAME}`)).toBe(true);
  });

  it("shows only the plan with --dry-run, and changes nothing", async () => {
    await idle(3);
    const before = await ids();
    const text = await run({ keepOperations: 1 }, { dryRun: true });
    expect(text).toContain("Delete 2 finished operations (2.0 kB)");
    expect(text).toContain("no instance, no data and no backup is touched");
    expect(await ids()).toEqual(before);
    const { unused, plan } = await doc({ keepOperations: 1 }, { dryRun: true });
    expect(unused).toHaveLength(2);
    expect(plan?.steps).toHaveLength(1);
  });

  it("in a script wants --yes", async () => {
    await idle(3);
    await expect(run({ keepOperations: 1 }, { yes: false })).rejects.toThrow(
      expect.objectContaining({ code: "NEEDS_YES", exit: 2 }),
    );
    expect(await ids()).toHaveLength(4);
  });

  it("tells scripts what it deleted", async () => {
    await idle(3);
    const { unused, freedBytes } = await doc({ keepOperations: 1 });
    expect(unused.map(({ what, pruned }) => [what, pruned])).toEqual([
      ["operation", true],
      ["operation", true],
    ]);
    expect(freedBytes).toBe(2000);
  });
});

describe("prune by name", () => {
  it("lists what holds data, with the command, and which instance is the way back", async () => {
    await copied();
    const text = await run();
    expect(text).toContain("Goes only by name, because it holds data or tells of some:");
    expect(text).toMatch(/^instance +v2\.22\.2-training +\S+ \S+ +it does not run, and is not current$/m);
    expect(text).toContain("  graph-mgr prune NAME --volumes --confirm NAME");
    expect(text).toContain("Nothing of it goes by itself.");
  });

  it("forgets backups of a disk that will not come back, and touches no other", async () => {
    const home = new Home(HOME);
    const put = async (sequence: number, path: string) => {
      const how = { withImages: false, digest: "", sha256: null, encrypted: null, verified: null, drilled: null };
      const what = { instance: NAME, release: NAME, createdAt: "2026-01-01T00:00:00.000Z", sizeBytes: 1 };
      const text = noteToText({ schema: 1, sequence, path, ...what, ...how });
      await stage.world.files.write(home.backupNote(sequence), text, 0o600);
    };
    await put(2, "/mnt/usb/2.tar");
    await put(10, "/mnt/usb/10.tar");
    await put(11, `${HOME}/backups/11.tar`);
    await put(12, "ssh://vault/srv/12.tar");
    await stage.world.files.write(`${HOME}/backups/11.tar`, "a backup", 0o600);
    const text = await run();
    expect(text).toMatch(/^note +\/mnt\/usb +\S+ \S+ +tells of 2 backups there \(2, 10\): gone, or the disk is not mounted$/m);
    expect(text).toContain("  graph-mgr prune FOLDER");
    expect(await there("backups/2.json")).toBe(true);
    await run({ name: "/mnt/usb" });
    expect(noted.join("\n")).toContain("Forget 2 backups in /mnt/usb\n");
    const left = (await stage.world.files.list(home.backupNotes())).filter(name => name.endsWith(".json"));
    expect(left.sort()).toEqual(["11.json", "12.json"]);
    expect(await stage.world.files.exists(`${HOME}/backups/11.tar`)).toBe(true);
  });

  it("deletes an old instance with its volumes where its name was typed, and else only moves it aside", async () => {
    await copied();
    await expect(run({ name: COPY, volumes: true })).rejects.toThrow(expect.objectContaining({ code: "NEEDS_CONFIRM", exit: 2 }));
    await expect(run({ name: COPY, volumes: true, confirm: NAME })).rejects.toThrow(
      expect.objectContaining({ code: "NEEDS_CONFIRM", exit: 3 }),
    );
    const text = await run({ name: COPY });
    expect(text).toContain("This brings it back:");
    expect(text).not.toContain("free again");
    expect([...stage.machine.state.volumes.keys()].some(name => name.startsWith("v2_22_2_training"))).toBe(true);
  });

  it("deletes what remove moved aside, with folder, volumes and names of images", async () => {
    await copied();
    const aside = await removed(COPY);
    await expect(run({ name: aside })).rejects.toThrow(expect.objectContaining({ code: "NEEDS_CONFIRM" }));
    expect(await there(`removed/${aside}`)).toBe(true);
    await run({ name: aside, volumes: true, confirm: aside });
    expect(await stage.world.files.list(`${OWN}/removed`)).toEqual([]);
    expect([...stage.machine.state.volumes.keys()].filter(name => name.startsWith("v2_22_2_training"))).toEqual([]);
    expect(await stage.world.engine.tagsUnder("graph-mgr/v2_22_2_training")).toEqual([]);
    expect([...stage.machine.state.volumes.keys()].filter(name => name.startsWith("v2_22_2_postgres"))).toHaveLength(2);
  });

  it("deletes a stray volume, and none that a container mounts", async () => {
    const { engine } = stage.world;
    const labels = { "graph-mgr.home": HOME };
    await engine.createVolume({ name: "stray", driver: "local", options: {}, labels });
    expect(await run()).toMatch(/^volume +stray +.* +no instance has it$/m);
    await expect(run({ name: "stray", confirm: "stray" })).rejects.toThrow(expect.objectContaining({ code: "NEEDS_CONFIRM" }));
    const { state } = stage.machine;
    const [id, one] = [...state.containers][0]!;
    const mount = { type: "volume", name: "stray", source: "", target: "/x", writable: true };
    state.containers.set(id, { ...one, mounts: [...one.mounts, mount] });
    const typed = { name: "stray", volumes: true, confirm: "stray" };
    await expect(run(typed)).rejects.toThrow(expect.objectContaining({ code: "VOLUME_IN_USE", exit: 3 }));
    state.containers.set(id, one);
    await run(typed);
    expect(await engine.volume("stray")).toBeNull();
  });

  it("deletes a dump that an update left, where its name was typed", async () => {
    const name = "20260101T000000Z-update-aaaaaa";
    const path = `${HOME}/backups/${name}`;
    await stage.world.files.write(`${path}/database/dump.json`, "{}", 0o600);
    expect(await run()).toMatch(new RegExp(`^dump +${name} +1\\.0 kB +the database before an update or a rollback$`, "m"));
    await expect(run({ name })).rejects.toThrow(expect.objectContaining({ code: "NEEDS_CONFIRM" }));
    await run({ name, confirm: name });
    expect(await stage.world.files.exists(path)).toBe(false);
  });

  it.each(["nothing", "v2.22.2"])("refuses %s", async name => {
    await expect(run({ name })).rejects.toThrow(expect.objectContaining({ code: "NOTHING_TO_PRUNE", exit: 3 }));
  });

  it("refuses --volumes and --confirm without a name", async () => {
    await expect(run({ volumes: true })).rejects.toThrow(expect.objectContaining({ code: "USAGE", exit: 2 }));
    await expect(run({ confirm: NAME })).rejects.toThrow(expect.objectContaining({ code: "USAGE", exit: 2 }));
  });

  it("keeps the way back of the last update, also by name", async () => {
    await copied();
    const path = `${OWN}/instances/${NAME}.json`;
    const { record } = await stage.facts(NAME);
    const updated = { ...record, origin: { how: "update", from: COPY, operation: record.origin.operation } };
    await stage.world.files.write(path, JSON.stringify(updated), 0o600);
    const { unused, wayBack } = await surveyUnused(stage.world, HOME, await session().store.list(), 20);
    expect([wayBack, unused]).toEqual([COPY, []]);
    await expect(run({ name: COPY, volumes: true, confirm: COPY })).rejects.toThrow(
      expect.objectContaining({ code: "IS_WAY_BACK", exit: 3, hint: expect.stringContaining(`graph-mgr remove ${COPY}`) }),
    );
  });
});
