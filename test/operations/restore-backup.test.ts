import { describe, expect, it } from "vitest";
import type { World } from "../../src/host/world.ts";
import { planBackup } from "../../src/operations/backup.ts";
import { drillName, planDrill } from "../../src/operations/drill.ts";
import { refuseRestore } from "../../src/operations/refuse-restore.ts";
import { planRestoreBackup } from "../../src/operations/restore.ts";
import { describePlan } from "../../src/plan/plan.ts";
import { kinds } from "../../src/steps/index.ts";
import { answering } from "../../src/survey/answering.ts";
import { surveyBackup } from "../../src/survey/backup.ts";
import { type RestoreFacts, surveyRestore } from "../../src/survey/restore.ts";
import { HOME, type Stage } from "../simulator/scenario.ts";
import { failsWith, installed, NAME } from "../steps/one-step.ts";

const OCCASION = { now: new Date("2026-11-20T10:15:00Z"), random: "test00" };
const PORTS = { http: undefined, https: undefined, ports: [] };
const WISH = { launch: true, shareBinds: [] };

/** A host with an instance and a backup of it. */
async function backedUp(): Promise<{ readonly stage: Stage; readonly path: string }> {
  const stage = await installed();
  const facts = await surveyBackup(stage.world, (await stage.facts(NAME)).facts, `${HOME}/backups`);
  const plan = planBackup(facts, { compression: "gzip", withImages: false, stopSource: false, lock: null }, OCCASION);
  await stage.carryOut(plan);
  return { stage, path: String(plan.result?.["backup"]) };
}

async function factsOf(name: string | null = null, given?: Awaited<ReturnType<typeof backedUp>>): Promise<RestoreFacts> {
  const { stage, path } = given ?? (await backedUp());
  const checked = await stage.world.backups.check(path, () => {});
  return await surveyRestore(stage.world, { home: HOME, checked, name, ports: PORTS, bundle: null });
}
const plan = (facts: RestoreFacts, wish: Partial<Parameters<typeof planRestoreBackup>[1]> = {}) =>
  planRestoreBackup(facts, { ...WISH, ...wish }, OCCASION);

describe("the plan of a restore", () => {
  it("beside what it is of makes another instance, and that the current one", async () => {
    expect(describePlan(plan(await factsOf()), kinds)).toMatchInlineSnapshot(`
      "Restore /srv/graphistry/backups/1-v2.22.2-20261120T101500Z.tar (v2.22.2 as of 2026-11-20T10:15:00.000Z) as v2.22.2-2
          1. Keep the vendor's own files
          2. Unpack the instance's folder
          3. Copy the files of /srv/graphistry/releases/.staging-20261120T101500Z-backup-restore-test00 without data, .pivot-db
          4. Keep 5 images for v2_22_2_2 by id
          5. Give the instance its own names (v2_22_2_2_...), caddy:80 on port 8080
          6. Check that Compose sees only the intended changes in v2_22_2_2
          7. Put the release at /srv/graphistry/releases/v2.22.2-2
          8. Create the volume v2_22_2_2_postgres_backups
          9. Create the volume v2_22_2_2_postgres_data
         10. Record v2.22.2-2 in the home
         11. Clear away what is needed no more
         12. Fill the volume v2_22_2_2_postgres_backups
         13. Take the dump of the databases out of the backup
         14. Start postgres of v2.22.2-2
         15. Wait until postgres of v2.22.2-2 is healthy
         16. Restore it into v2.22.2-2, and prove that nothing is missing
         17. Remove the dump
         18. Launch v2.22.2-2 (5 services)
         19. Wait until v2.22.2-2 is healthy
         20. Point current at releases/v2.22.2-2
        * v2.22.2 is taken, so it becomes v2.22.2-2
        * caddy:80 gets port 8080
        * it becomes the current instance; v2.22.2 stays as it is
        * it was made while the instance served: every row has its file, unless that was deleted or rewritten meanwhile
        * it has the secrets and users of the instance that was backed up
        * it takes 1 MB in /srv/graphistry and 65 MB on the Docker Engine's disk at most
        * not in the backup: /data of cache, which is in a volume without a name"
    `);
  });

  it("under a name of its own leaves current where it is", async () => {
    const steps = plan(await factsOf("friday")).steps.map(({ kind }) => kind);
    expect(steps).not.toContain("current.set");
    expect(steps.indexOf("database.restore")).toBeLessThan(steps.lastIndexOf("instance.launch"));
  });

  it("that is not launched does not become the current one either", async () => {
    const steps = plan(await factsOf(), { launch: false }).steps.map(({ kind }) => kind);
    expect(steps).not.toContain("current.set");
    expect(steps.at(-1)).toBe("instance.stop");
  });

  it("names no path of the machine that it was made on", async () => {
    const facts = await factsOf();
    const record = { ...facts.backup.record, dir: "/elsewhere/instance", pristine: "/elsewhere/../../etc/cron.d" };
    const text = JSON.stringify(plan({ ...facts, backup: { ...facts.backup, record } }).steps);
    expect(text).not.toContain("elsewhere");
    expect(text).not.toContain("cron.d");
  });

  it("loads images from the backup where the engine lacks them", async () => {
    const facts = await factsOf();
    const images = facts.images.map((image, index) => ({ ...image, from: index === 0 ? ("backup" as const) : image.from }));
    expect(plan({ ...facts, images }).steps[0]?.kind).toBe("backup.images");
  });
});

describe("the plan of a drill", () => {
  const drill = (facts: RestoreFacts, note: string | null = "/note.json") => planDrill(facts, note, OCCASION);

  it("restores, starts what nobody reaches from outside, and removes all of it again", async () => {
    const facts = await factsOf(drillName("ab12"));
    expect(describePlan(drill(facts), kinds)).toMatchInlineSnapshot(`
      "Restore /srv/graphistry/backups/1-v2.22.2-20261120T101500Z.tar (v2.22.2 as of 2026-11-20T10:15:00.000Z) for a trial, as v2.22.2-drill-ab12, and remove it again
          1. Keep the vendor's own files
          2. Unpack the instance's folder
          3. Copy the files of /srv/graphistry/releases/.staging-20261120T101500Z-backup-drill-test00 without data, .pivot-db
          4. Keep 5 images for v2_22_2_drill_ab12 by id
          5. Give the instance its own names (v2_22_2_drill_ab12_...), caddy:80 on port 8080
          6. Check that Compose sees only the intended changes in v2_22_2_drill_ab12
          7. Put the release at /srv/graphistry/releases/v2.22.2-drill-ab12
          8. Create the volume v2_22_2_drill_ab12_postgres_backups
          9. Create the volume v2_22_2_drill_ab12_postgres_data
         10. Record v2.22.2-drill-ab12 in the home
         11. Let the networks of v2.22.2-drill-ab12 lead nowhere
         12. Clear away what is needed no more
         13. Fill the volume v2_22_2_drill_ab12_postgres_backups
         14. Take the dump of the databases out of the backup
         15. Start postgres of v2.22.2-drill-ab12
         16. Wait until postgres of v2.22.2-drill-ab12 is healthy
         17. Restore it into v2.22.2-drill-ab12, and prove that nothing is missing
         18. Remove the dump
         19. Start cache, job, nexus, postgres of v2.22.2-drill-ab12
         20. Wait until v2.22.2-drill-ab12 is healthy
         21. Note that it was restored, and how long that took
         22. Stop v2.22.2-drill-ab12, and see that nothing wakes it
         23. Remove the stopped containers and networks of v2.22.2-drill-ab12
       ! 24. Forget v2.22.2-drill-ab12
       ! 25. Delete the volume v2_22_2_drill_ab12_postgres_backups
       ! 26. Delete the volume v2_22_2_drill_ab12_postgres_data
       ! 27. Delete the folder /srv/graphistry/releases/v2.22.2-drill-ab12
         28. Clear away what is needed no more
       ! 29. Remove v2_22_2_drill_ab12's names of its images
        ! cannot be undone from step 24 on
        * it starts with the settings of the instance that was backed up, and its networks lead nowhere: what it does by itself, such as sending mail, reaches nobody
        * caddy stays off, so that nobody reaches it from outside
        * it takes 1 MB in /srv/graphistry and 65 MB on the Docker Engine's disk at most, until it is removed"
    `);
    const kindsOf = (note: string | null) => drill(facts, note).steps.map(({ kind }) => kind);
    expect(kindsOf(null)).toEqual(kindsOf("/note.json").filter(kind => kind !== "backup.note-drill"));
    expect(kindsOf(null)).not.toContain("current.set");
  });

  it("has a name that an instance may have, whatever was drawn", () => {
    expect(drillName("a_B-9")).toBe("drill-axbx9");
  });

  it("deletes only volumes that it made, and keeps the vendor's files and images that were there", async () => {
    const facts = await factsOf(drillName("ab12"));
    const inputs = (of: RestoreFacts, kind: string) =>
      drill(of).steps.flatMap(step =>
        step.kind === kind ? [step.input as { readonly ids?: readonly string[]; readonly isOwn?: boolean }] : [],
      );
    expect(inputs(facts, "volume.remove").every(({ isOwn }) => isOwn)).toBe(true);
    expect(inputs(facts, "images.remove")[0]?.ids).toEqual([]);
    const [first] = facts.images;
    const images = facts.images.map((image, index) => ({ ...image, from: index === 0 ? ("backup" as const) : image.from }));
    const bare = { ...facts, images, pristine: { ...facts.pristine, isKept: false } };
    expect(inputs(bare, "images.remove")[0]?.ids).toEqual([first?.id]);
    expect(inputs(bare, "scratch.drop")).toContainEqual({ path: facts.pristine.path });
    const kept = { ...facts, pristine: { ...facts.pristine, isKept: true } };
    expect(inputs(kept, "scratch.drop")).not.toContainEqual({ path: facts.pristine.path });
  });

  it("is refused where two would have one database, as a restore is", async () => {
    const facts = await factsOf(drillName("ab12"));
    const data = { name: "shared_data", external: true };
    const model = { ...facts.model, volumes: { ...facts.model.volumes, postgres_data: data } };
    expect(() => refuseRestore({ ...facts, model }, { launch: true, shareBinds: [] })).toThrow(
      failsWith("DATABASE_EXTERNAL", "shared_data"),
    );
  });

  it("is refused where it would write to what others use", async () => {
    const facts = await factsOf(drillName("ab12"));
    expect(() => drill({ ...facts, externalVolumes: ["shared"] })).toThrow(failsWith("DRILL_SHARED", "shared"));
    const model = { ...facts.model, networks: { ...facts.model.networks, mail: { name: "mail_net", external: true } } };
    expect(() => drill({ ...facts, model })).toThrow(failsWith("DRILL_SHARED", "mail_net"));
    const bind = {
      service: "caddy",
      source: "/srv/files",
      target: "/host",
      readOnly: false,
      kind: "path",
      leaving: null,
    } as const;
    expect(() => drill({ ...facts, outsideBinds: [bind] })).toThrow(failsWith("BIND_OUTSIDE", "/srv/files"));
  });
});

describe("a restore is refused", () => {
  it("under a name that is taken", async () => {
    const given = await backedUp();
    const facts = await factsOf("friday", given);
    await given.stage.carryOut(plan(facts));
    await expect(factsOf("friday", given).then(found => plan(found))).rejects.toEqual(failsWith("NAME_TAKEN"));
  });

  it("where neither the backup nor the engine has an image", async () => {
    const facts = await factsOf();
    const images = facts.images.map(image => ({ ...image, from: null }));
    expect(() => plan({ ...facts, images })).toThrow(failsWith("IMAGE_MISSING", "caddy"));
  });

  it("on a machine of another kind", async () => {
    const facts = await factsOf();
    expect(() => plan({ ...facts, engine: { ...facts.engine, architecture: "aarch64" } })).toThrow(
      failsWith("OTHER_ARCHITECTURE"),
    );
  });

  it("F85 where what it unfolds to has no room", async () => {
    const facts = await factsOf();
    const { home, engine } = facts.room;
    expect(home.neededBytes).toBeGreaterThan(0);
    const onTwo = { ...facts.room, isOne: false };
    const homeFull = { ...onTwo, home: { ...home, neededBytes: 1000, freeBytes: 1149 } };
    expect(() => plan({ ...facts, room: homeFull })).toThrow(failsWith("NO_ROOM", HOME));
    const engineFull = { ...onTwo, engine: { ...engine, freeBytes: engine.neededBytes } };
    expect(() => plan({ ...facts, room: engineFull })).toThrow(failsWith("NO_ROOM", "Docker Engine"));
    expect(() => plan({ ...facts, room: { ...facts.room, freeMemoryBytes: 1e8 } })).toThrow(failsWith("NO_MEMORY"));
  });

  it("F85 counts what the databases took, and not what their dump does", async () => {
    const { stage, path } = await backedUp();
    const checked = await stage.world.backups.check(path, () => {});
    const { postgres } = checked.manifest;
    if (postgres === null) throw new Error("it has no database");
    const ask = (sizeBytes: number) =>
      surveyRestore(stage.world, {
        home: HOME,
        checked: { ...checked, manifest: { ...checked.manifest, postgres: { ...postgres, sizeBytes } } },
        name: null,
        ports: PORTS,
        bundle: null,
      });
    const [small, large] = [await ask(0), await ask(5e9)];
    // Its log comes on top, up to what a server keeps of it.
    expect(large.room.engine.neededBytes - small.room.engine.neededBytes).toBe(5e9 + 2 ** 30);
    expect(small.room.engine.neededBytes).toBeGreaterThan(4e7);
    expect(plan(large).notes).toContainEqual(expect.stringContaining("5.7 GB on the Docker Engine's disk at most"));
  });

  it("F85 counts a bundle whose images are loaded", async () => {
    const { stage, path } = await backedUp();
    const checked = await stage.world.backups.check(path, () => {});
    const bundle = await stage.world.bundles.read("/bundles/v2.22.2.tar.gz", () => {});
    const ask = (over: Partial<World["engine"]>) => {
      const world = { ...stage.world, engine: answering(stage.world.engine, over) };
      return surveyRestore(world, { home: HOME, checked, name: null, ports: PORTS, bundle });
    };
    const [there, gone] = [await ask({}), await ask({ images: async ids => ids.map(() => null) })];
    expect(gone.images.map(({ from }) => from)).toContain("bundle");
    expect(gone.room.engine.neededBytes - there.room.engine.neededBytes).toBe(bundle.source.sizeBytes);
  });

  it("F28 where it would write outside of the instance, or names files there", async () => {
    const facts = await factsOf();
    const bind = { service: "caddy", source: "/etc", target: "/host", readOnly: false, kind: "path", leaving: null } as const;
    expect(() => plan({ ...facts, outsideBinds: [bind] })).toThrow(failsWith("BIND_OUTSIDE", "/etc"));
    const { stage, path } = await backedUp();
    const checked = await stage.world.backups.check(path, () => {});
    for (const envFile of ["../../../etc/passwd", "/etc/passwd", "a/../../b"]) {
      const record = { ...checked.record, envFiles: [envFile] };
      const asked = surveyRestore(stage.world, {
        home: HOME,
        checked: { ...checked, record },
        name: null,
        ports: PORTS,
        bundle: null,
      });
      await expect(asked).rejects.toEqual(failsWith("BACKUP_HOSTILE", "env file"));
    }
  });

  it("where its manifest has a volume that its compose file has not", async () => {
    const facts = await factsOf();
    const [first] = facts.backup.manifest.streams;
    const manifest = { ...facts.backup.manifest, streams: [{ ...first!, name: "volume-9", key: "nobodys" }] };
    expect(() => plan({ ...facts, backup: { ...facts.backup, manifest } })).toThrow(failsWith("BACKUP_DAMAGED"));
  });
});
