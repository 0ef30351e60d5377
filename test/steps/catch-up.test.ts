import { describe, expect, it } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import { catchUp, dumpDatabase, listRows, restoreDatabase } from "../../src/steps/index.ts";
import { HOME, type Stage } from "../simulator/scenario.ts";
import { failsWith, installed, NAME, OPERATION, oneStep, PROJECT, SLUG } from "./one-step.ts";

const FOLDER = `${HOME}/.graph-mgr/operations/${OPERATION}`;
const DUMP = `${FOLDER}/dump`;
const source = { project: PROJECT, instance: NAME, service: "postgres", helperImage: `graph-mgr/${SLUG}/postgres:pinned` };
const target = {
  ...source,
  project: { name: "v1_0_0", dir: `${HOME}/releases/v1.0.0`, envFiles: [] },
  instance: "v1.0.0",
};
const ahead = { proof: `${FOLDER}/first-proof.json`, lists: `${FOLDER}/rows` };
const step = catchUp.step({ source, target, dump: DUMP, ahead, proof: `${FOLDER}/database-proof.json` });

const USERS = "database/graphistry/users";
const volume = (stage: Stage, slug: string) => stage.machine.state.volumes.get(`${slug}_postgres_data`)!;
const rows = (stage: Stage, slug: string) =>
  Object.entries(volume(stage, slug).content)
    .filter(([path]) => /^(role|database)\//.test(path) && path !== "role/graphistry")
    .sort();

function write(stage: Stage, slug: string, content: Readonly<Record<string, string>>): void {
  const own = volume(stage, slug);
  stage.machine.state.volumes.set(own.name, { ...own, content: { ...own.content, ...content } });
}

/** Moved while it was still written to. What moves by itself afterwards is counted. */
async function movedAhead() {
  const stage = await installed();
  await stage.install("v1.0.0");
  await oneStep(stage, dumpDatabase.step({ source, to: DUMP })).run();
  await oneStep(stage, restoreDatabase.step({ target, from: DUMP, proof: ahead.proof })).run();
  await oneStep(stage, listRows.step({ target, dump: DUMP, lists: ahead.lists })).run();
  const { follow, dump } = stage.world.postgres;
  const calls = { follow: 0, dump: 0 };
  stage.world.postgres.follow = (...given) => {
    calls.follow += 1;
    return follow(...given);
  };
  stage.world.postgres.dump = (...given) => {
    calls.dump += 1;
    return dump(...given);
  };
  return { stage, calls };
}

describe("what was written to a database after most of it was moved", () => {
  it("is nothing, and then nothing moves and both are still compared", async () => {
    const { stage, calls } = await movedAhead();
    await oneStep(stage, step).run();
    expect(calls).toEqual({ follow: 0, dump: 0 });
    expect(await stage.world.files.read(`${FOLDER}/database-proof.json`)).toContain("graphistry/table/public.users");
  });

  it("F20 is told by what the new server held only until something follows into it", async () => {
    const { stage, calls } = await movedAhead();
    const { follow } = stage.world.postgres;
    const listed: string[] = [];
    stage.world.postgres.follow = async (source, to, changes, following) => {
      listed.push(following.lists.target);
      const proof = await follow(source, to, changes, following);
      if (listed.length === 1) throw new Error("cut off");
      return proof;
    };
    write(stage, SLUG, { [USERS]: "one more" });
    await expect(oneStep(stage, step).run()).rejects.toThrow("cut off");
    write(stage, SLUG, { [USERS]: "two more" });
    await oneStep(stage, step).run();
    expect(listed).toEqual([`${ahead.lists}.taken`, `${DUMP}.rows/target`]);
    expect(calls).toEqual({ follow: 2, dump: 0 });
    expect(rows(stage, "v1_0_0")).toEqual(rows(stage, SLUG));
    expect(await stage.world.files.exists(`${ahead.lists}.taken`)).toBe(false);
  });

  const whileItFollows = (stage: Stage, what: (round: number) => void): { rounds: number } => {
    const { follow } = stage.world.postgres;
    const seen = { rounds: 0 };
    stage.world.postgres.follow = async (...given) => {
      const proof = await follow(...given);
      what(++seen.rounds);
      return proof;
    };
    write(stage, SLUG, { [USERS]: "one more" });
    return seen;
  };

  it("moves as well when somebody from outside writes it while it is compared", async () => {
    const { stage, calls } = await movedAhead();
    const seen = whileItFollows(stage, round => round === 1 && write(stage, SLUG, { [USERS]: "two more" }));
    await oneStep(stage, step).run();
    expect([seen.rounds, calls.dump]).toEqual([2, 0]);
    expect(rows(stage, "v1_0_0")).toEqual(rows(stage, SLUG));
  });

  it("does not move for ever behind somebody who goes on writing", async () => {
    const { stage } = await movedAhead();
    const seen = whileItFollows(stage, round => write(stage, SLUG, { [USERS]: "more ".repeat(round) }));
    await expect(oneStep(stage, step).run()).rejects.toThrow(failsWith("OTHER_SESSIONS", "goes on writing"));
    expect(seen.rounds).toBe(4);
  });

  it("is not taken for all of it while somebody else is connected", async () => {
    const { stage } = await movedAhead();
    const session = { database: "graphistry", user: "report", application: "psql", address: "10.0.0.7", state: "idle" };
    const { activity } = stage.world.postgres;
    whileItFollows(stage, () => {
      stage.world.postgres.activity = async access => ({ ...(await activity(access)), sessions: [session] });
    });
    await expect(oneStep(stage, step).run()).rejects.toThrow(failsWith("OTHER_SESSIONS", "report psql 10.0.0.7"));
    expect(await stage.world.files.exists(`${FOLDER}/database-proof.json`)).toBe(false);
  });

  it("is compared once more where the server has counted on by itself", async () => {
    const { stage, calls } = await movedAhead();
    const { activity, prove } = stage.world.postgres;
    let [asked, proofs] = [0, 0];
    stage.world.postgres.activity = async access => ({ ...(await activity(access)), nextTransactionId: String(asked++ > 0) });
    stage.world.postgres.prove = async (...given) => {
      proofs++;
      return await prove(...given);
    };
    await oneStep(stage, step).run();
    expect([proofs, calls]).toEqual([3, { follow: 0, dump: 0 }]);
  });

  it("follows by its tables alone", async () => {
    const { stage, calls } = await movedAhead();
    write(stage, SLUG, { [USERS]: "one more" });
    await oneStep(stage, step).run();
    expect(calls).toEqual({ follow: 1, dump: 0 });
    expect(rows(stage, "v1_0_0")).toEqual(rows(stage, SLUG));
  });

  it("is moved with everything else where a table or a role is new", async () => {
    const { stage, calls } = await movedAhead();
    write(stage, SLUG, { "database/graphistry/more": "rows", "role/second": "x" });
    await oneStep(stage, step).run();
    expect(calls).toEqual({ follow: 0, dump: 1 });
    expect(rows(stage, "v1_0_0")).toEqual(rows(stage, SLUG));
    expect((await stage.world.postgres.proofOf(DUMP)).entries).toHaveProperty("graphistry/table/public.more");
  });

  it("is moved with everything else where it does not go in by itself, and that is said", async () => {
    const { stage, calls } = await movedAhead();
    write(stage, SLUG, { [USERS]: "one more" });
    stage.world.postgres.follow = async () => {
      throw new OperatorError("COMMAND_FAILED", "Writing the rows that changed failed: violates check constraint");
    };
    const run = oneStep(stage, step);
    await run.run();
    expect(calls.dump).toBe(1);
    expect(run.said.join("\n")).toContain("violates check constraint");
    expect(rows(stage, "v1_0_0")).toEqual(rows(stage, SLUG));
  });

  it("F04 is moved with everything else where it went in and is not equal", async () => {
    const { stage, calls } = await movedAhead();
    write(stage, SLUG, { [USERS]: "one more" });
    stage.world.postgres.follow = async (_, to) => {
      write(stage, "v1_0_0", { [USERS]: "half" });
      return await stage.world.postgres.prove(to);
    };
    await oneStep(stage, step).run();
    expect(calls.dump).toBe(1);
    expect(rows(stage, "v1_0_0")).toEqual(rows(stage, SLUG));
  });

  it("F04 fails where even everything does not come out equal", async () => {
    const { stage } = await movedAhead();
    write(stage, SLUG, { "role/second": "x" });
    const { restore, prove } = stage.world.postgres;
    stage.world.postgres.restore = async (...given) => {
      await restore(...given);
      write(stage, "v1_0_0", { [USERS]: "half" });
      return await prove(given[0]);
    };
    await expect(oneStep(stage, step).run()).rejects.toThrow(failsWith("NOT_EQUAL", "graphistry/table/public.users"));
    expect(await stage.world.files.exists(`${FOLDER}/database-proof.json`)).toBe(false);
  });

  it.each(["the dump is gone", "the new server is empty again", "the new server is half filled"])(
    "is moved by a run that goes on after a cut when %s",
    async what => {
      const { stage, calls } = await movedAhead();
      write(stage, SLUG, { "role/second": "x" });
      if (what === "the dump is gone") await stage.world.trees.remove(DUMP, null);
      else if (what === "the new server is half filled") write(stage, "v1_0_0", { [USERS]: "half" });
      else {
        const { content, ...own } = volume(stage, "v1_0_0");
        const kept = Object.entries(content).filter(([path]) => !/^(role|database)\//.test(path) || path === "role/graphistry");
        stage.machine.state.volumes.set(own.name, {
          ...own,
          content: { ...Object.fromEntries(kept), "database/graphistry": "" },
        });
      }
      await oneStep(stage, step).run();
      expect(calls.dump).toBe(1);
      expect(rows(stage, "v1_0_0")).toEqual(rows(stage, SLUG));
    },
  );
});
