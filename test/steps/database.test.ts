import { describe, expect, it } from "vitest";
import { dumpDatabase, restoreDatabase } from "../../src/steps/index.ts";
import { HOME, type Stage } from "../simulator/scenario.ts";
import { failsWith, installed, NAME, OPERATION, oneStep, PROJECT, SLUG } from "./one-step.ts";

const DUMP = `${HOME}/.graph-mgr/operations/${OPERATION}/dump`;
const PROOF = `${HOME}/.graph-mgr/operations/${OPERATION}/database-proof.json`;
const database = { project: PROJECT, instance: NAME, service: "postgres", helperImage: `graph-mgr/${SLUG}/postgres:pinned` };
const dump = dumpDatabase.step({ source: database, to: DUMP });
const OTHER = { name: "v1_0_0", dir: `${HOME}/releases/v1.0.0`, envFiles: [] };
const restore = restoreDatabase.step({
  target: { ...database, project: OTHER, instance: "v1.0.0" },
  from: DUMP,
  proof: PROOF,
});

const rows = (stage: Stage, slug: string) =>
  Object.entries(stage.machine.state.volumes.get(`${slug}_postgres_data`)!.content).filter(([path]) =>
    /\/graphistry\/|analyst/.test(path),
  );

async function dumped(): Promise<Stage> {
  const stage = await installed();
  await stage.install("v1.0.0");
  await oneStep(stage, dump).run();
  return stage;
}

describe("moving a database by dump", () => {
  it("brings rows and roles, and leaves the new cluster its own password and identity", async () => {
    const stage = await dumped();
    const before = stage.machine.state.volumes.get("v1_0_0_postgres_data")!.content;
    await oneStep(stage, restore).run();
    const after = stage.machine.state.volumes.get("v1_0_0_postgres_data")!.content;
    expect(rows(stage, "v1_0_0")).toEqual(rows(stage, SLUG));
    expect(after["role/graphistry"]).toBe(before["role/graphistry"]);
    expect(after["identifier"]).toBe(before["identifier"]);
    expect(await stage.world.files.read(PROOF)).toContain('"graphistry/table/public.users"');
  });

  it("F30 is not believed when something is missing afterwards", async () => {
    const stage = await dumped();
    const all = stage.world.postgres.restore;
    stage.world.postgres.restore = async (...args) => {
      await all(...args);
      const volume = stage.machine.state.volumes.get("v1_0_0_postgres_data")!;
      const { "database/graphistry/users": _, ...content } = volume.content;
      stage.machine.state.volumes.set(volume.name, { ...volume, content });
      return await stage.world.postgres.prove(args[0]);
    };
    const run = oneStep(stage, restore).run();
    await expect(run).rejects.toThrow(failsWith("NOT_EQUAL", "graphistry/table/public.users"));
    await expect(run).rejects.toThrow(expect.objectContaining({ hint: expect.stringContaining("source is untouched") }));
    expect(await stage.world.files.exists(PROOF)).toBe(false);
  });

  it("refuses a source whose database does not run, and says how to start it", async () => {
    const stage = await installed();
    await stage.stop(NAME);
    await expect(oneStep(stage, dump).run()).rejects.toThrow(
      expect.objectContaining({ code: "DATABASE_DOWN", hint: "graph-mgr launch v2.22.2" }),
    );
    expect(await stage.world.files.exists(DUMP)).toBe(false);
  });

  it("F72 shows no password when the login fails", async () => {
    const stage = await installed();
    const path = `${PROJECT.dir}/.env`;
    const text = (await stage.world.files.read(path)) ?? "";
    await stage.world.files.write(path, text.replace(/POSTGRES_PASSWORD=.*/, "POSTGRES_PASSWORD=canary-7281"));
    const error = await oneStep(stage, dump)
      .run()
      .then(
        () => null,
        (thrown: Error) => thrown,
      ); // prettier-ignore
    expect(error).toMatchObject({ code: "DATABASE_LOGIN" });
    expect(JSON.stringify([error?.message, error?.stack])).not.toContain("canary-7281");
  });
});
