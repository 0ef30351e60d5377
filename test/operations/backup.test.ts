import { describe, expect, it } from "vitest";
import { recordToText } from "../../src/domain/instance.ts";
import { planBackup } from "../../src/operations/backup.ts";
import { describePlan } from "../../src/plan/plan.ts";
import { kinds } from "../../src/steps/index.ts";
import { type BackupFacts, surveyBackup } from "../../src/survey/backup.ts";
import { HOME, type Stage } from "../simulator/scenario.ts";
import { DIR, failsWith, installed, NAME, someSteps } from "../steps/one-step.ts";

const OCCASION = { now: new Date("2026-11-20T10:15:00Z"), random: "test00" };
const REQUEST = { compression: "gzip", withImages: false, stopSource: false, lock: null } as const;

const factsOf = async (stage: Stage, to = `${HOME}/backups`) =>
  await surveyBackup(stage.world, (await stage.facts(NAME)).facts, to);
const plan = (facts: BackupFacts, request: Partial<Parameters<typeof planBackup>[1]> = {}) =>
  planBackup(facts, { ...REQUEST, ...request }, OCCASION);
const text = (...given: Parameters<typeof plan>) => describePlan(plan(...given), kinds);

describe("the plan of a backup", () => {
  it("of an instance that serves stops nothing", async () => {
    expect(text(await factsOf(await installed()))).toMatchInlineSnapshot(`
      "Back up v2.22.2 to /srv/graphistry/backups/1-v2.22.2-20261120T101500Z.tar
          1. Dump the database of v2.22.2
          2. Write the files, the dump and settings of v2.22.2 into an archive
          3. Read it back from end to end, and name it 1-v2.22.2-20261120T101500Z.tar
          4. Remove the dump
        * it goes on serving: the database is as at one moment, and every row has its file, unless that is deleted or rewritten meanwhile
        * it takes 1 MB at most; 931.3 GB is free there
        * not in the backup: /data of cache, which is in a volume without a name
        * it holds everything, passwords and secrets included: keep it as you keep the database"
    `);
  });

  it("of a stopped one starts its database alone", async () => {
    const stage = await installed();
    await stage.stop(NAME);
    expect(text(await factsOf(stage))).toMatchInlineSnapshot(`
      "Back up v2.22.2 to /srv/graphistry/backups/1-v2.22.2-20261120T101500Z.tar
          1. Start postgres of v2.22.2
          2. Wait until postgres of v2.22.2 is healthy
          3. Dump the database of v2.22.2
          4. Stop v2.22.2, and see that nothing wakes it
          5. Write the files, the dump and settings of v2.22.2 into an archive
          6. Read it back from end to end, and name it 1-v2.22.2-20261120T101500Z.tar
          7. Remove the dump
        * v2.22.2 is stopped: its postgres alone is started for the dump, and stopped again
        * it takes 1 MB at most; 931.3 GB is free there
        * not in the backup: /data of cache, which is in a volume without a name
        * it holds everything, passwords and secrets included: keep it as you keep the database"
    `);
  });

  it("that stops it starts it again before the archive is read back", async () => {
    expect(text(await factsOf(await installed()), { stopSource: true, withImages: true })).toMatchInlineSnapshot(`
      "Back up v2.22.2 to /srv/graphistry/backups/1-v2.22.2-20261120T101500Z.tar
          1. Stop v2.22.2, and see that nothing wakes it
          2. Start postgres of v2.22.2
          3. Wait until postgres of v2.22.2 is healthy
          4. Dump the database of v2.22.2
          5. Stop v2.22.2, and see that nothing wakes it
          6. Write the files, the dump, the images and settings of v2.22.2 into an archive
          7. Launch v2.22.2 (5 services)
          8. Let the engine restart v2.22.2 again
          9. Wait until v2.22.2 is healthy
         10. Read it back from end to end, and name it 1-v2.22.2-20261120T101500Z.tar
         11. Remove the dump
        * v2.22.2 is stopped until the archive is written, and started again
        * not in the backup: /data of cache, which is in a volume without a name
        * it holds everything, passwords and secrets included: keep it as you keep the database"
    `);
  });

  it("says what guarantee it gives, and holds no secret", async () => {
    const stage = await installed();
    const facts = await factsOf(stage);
    const guarantees = [plan(facts), plan(facts, { stopSource: true })].map(({ steps }) =>
      steps.flatMap(({ input }) => /"guarantee":"(\w+)"/.exec(JSON.stringify(input))?.[1] ?? []),
    );
    expect(guarantees).toEqual([["live"], ["still"]]);
    const secret = /POSTGRES_PASSWORD=(\S+)/.exec((await stage.world.files.read(`${DIR}/.env`)) ?? "")?.[1] ?? "none";
    expect(JSON.stringify(plan(facts))).not.toContain(secret);
  });

  it("into a repository leaves to restic what restic does", async () => {
    const facts = await factsOf(await installed(), "restic:/srv/repository");
    expect(text(facts, { compression: null })).toMatchInlineSnapshot(`
      "Back up v2.22.2 to restic:/srv/repository/1-v2.22.2-20261120T101500Z.tar
          1. Dump the database of v2.22.2
          2. Write the files, the dump and settings of v2.22.2 into an archive
          3. Read it back from end to end, and name it 1-v2.22.2-20261120T101500Z.tar
          4. Remove the dump
        * it goes on serving: the database is as at one moment, and every row has its file, unless that is deleted or rewritten meanwhile
        * the dump takes, until it is in restic:/srv/repository, 1 MB at most; 931.3 GB is free in /srv/graphistry
        * not in the backup: /data of cache, which is in a volume without a name
        * it holds everything, passwords and secrets included: keep it as you keep the database
        * only what the repository does not have takes room there, and time on the way; all of it is read from there before it has its name"
    `);
    const inputs = plan(facts, { compression: null }).steps.map(({ input }) => JSON.stringify(input));
    expect(inputs.filter(each => each.includes('"isPlain":true') || each.includes('"compression":"none"'))).toHaveLength(2);
    for (const asked of [{ compression: "gzip" }, { compression: null, lock: { kind: "passphrase", file: "/p" } }] as const)
      expect(() => plan(facts, asked)).toThrow(failsWith("USAGE", "by itself"));
  });

  it("F03 whose dump cannot be read to its end has no name, and nothing of it stays", async () => {
    const stage = await installed();
    const read: string[] = [];
    stage.world.postgres.verify = async dir => {
      read.push(dir);
      throw new Error("the dump is damaged");
    };
    const { steps } = plan(await factsOf(stage));
    const { run, undo } = someSteps(stage, steps);
    await expect(run()).rejects.toThrow("the dump is damaged");
    expect(read).toEqual([expect.stringMatching(/\/dump$/)]);
    expect(await stage.world.files.list(`${HOME}/backups`)).not.toContainEqual(expect.stringMatching(/^1-.*\.tar$/));
    await undo();
    expect(await stage.world.files.exists(`${HOME}/backups`)).toBe(false);
  });

  it("numbers backups on from the highest that there ever was", async () => {
    const stage = await installed();
    await stage.carryOut(plan(await factsOf(stage)));
    expect((await factsOf(stage)).sequence).toBe(2);
    await stage.world.files.write(`${HOME}/backups/40-v9.9.9-20261120T101500Z.tar`, "");
    expect((await factsOf(stage)).sequence).toBe(41);
  });
});

describe("a backup is refused", () => {
  it("F96 into the folder that it is of", async () => {
    const stage = await installed();
    for (const to of [DIR, `${DIR}/data/backups`, `${HOME}/.graph-mgr/here`])
      for (const place of [to, `restic:${to}`])
        await expect(factsOf(stage, place).then(facts => plan(facts, { compression: null }))).rejects.toEqual(
          failsWith("BAD_PATH", "each backup would hold"),
        );
    expect(plan(await factsOf(stage, `${DIR}-backups`)).summary).toContain(`${DIR}-backups/1-`);
  });

  it("F96 into the folder of another instance, also by a link to it", async () => {
    const stage = await installed();
    const other = `${HOME}/releases/v2.22.2-other`;
    const { record } = await stage.facts(NAME);
    const text = recordToText({ ...record, name: "v2.22.2-other", dir: other });
    await stage.world.files.write(`${HOME}/.graph-mgr/instances/v2.22.2-other.json`, text);
    await stage.world.files.replaceLink(`${HOME}/elsewhere`, other);
    for (const to of [other, `${other}/data/a/b`, `${HOME}/elsewhere/backups`])
      await expect(factsOf(stage, to).then(facts => plan(facts))).rejects.toEqual(failsWith("BAD_PATH", `lies in ${other}`));
  });

  it("where a file is in the way of its folder", async () => {
    const stage = await installed();
    await stage.world.files.write("/srv/file", "text");
    for (const to of ["/srv/file", "/srv/file/below"])
      await expect(factsOf(stage, to).then(facts => plan(facts))).rejects.toEqual(
        failsWith("BAD_PATH", "/srv/file is no folder"),
      );
    expect(plan(await factsOf(stage, "/srv/not/there/yet")).steps).not.toEqual([]);
  });

  it("F15 where a volume is gone", async () => {
    const stage = await installed();
    const facts = await factsOf(stage);
    const gone = { ...facts, instance: { ...facts.instance, missingVolumes: ["v2_22_2_postgres_data"] } };
    expect(() => plan(gone)).toThrow(failsWith("NO_VOLUME"));
  });

  it("where a running service may write to a volume that is no plain files", async () => {
    const facts = await factsOf(await installed());
    const busy = { ...facts, volumes: [{ key: "cache", name: "v2_22_2_cache", writers: ["redis"] }] };
    expect(() => plan(busy)).toThrow(failsWith("VOLUME_IN_USE", "redis"));
    expect(plan(busy, { stopSource: true }).steps[0]?.kind).toBe("instance.stop");
  });

  it("where the database alone is down", async () => {
    const facts = await factsOf(await installed());
    expect(() => plan({ ...facts, postgres: { ...facts.postgres!, isUp: false } })).toThrow(failsWith("DATABASE_DOWN"));
  });

  it("F23 where there is no room", async () => {
    const facts = await factsOf(await installed());
    expect(() => plan({ ...facts, room: { at: facts.to, neededBytes: 1000, freeBytes: 1149 } })).toThrow(failsWith("NO_ROOM"));
    expect(plan({ ...facts, room: { at: facts.to, neededBytes: 1000, freeBytes: 1150 } }).steps).not.toEqual([]);
  });

  it("with a program that is not there", async () => {
    const facts = await factsOf(await installed());
    expect(() => plan(facts, { compression: "zstd" })).toThrow(failsWith("NO_PROGRAM", "zstd"));
  });
});
