import { expect, it } from "vitest";
import { carryOut, type Intent } from "../../src/cli/carry-out.ts";
import { resume } from "../../src/cli/commands/operations.ts";
import type { Session } from "../../src/cli/session.ts";
import { OperatorError } from "../../src/errors.ts";
import { planStop } from "../../src/operations/run-instance.ts";
import { HOME, occasion, prepared, type Stage } from "../simulator/scenario.ts";
import { sessionOn } from "./session-on.ts";

function lockingOn(stage: Stage, held: Set<string>, isTaken = false, over: object = {}) {
  const take = async (name: string) => {
    if (isTaken) throw new OperatorError("LOCKED", "somebody is at work", { exit: 6 });
    held.add(name);
    return { release: async () => void held.delete(name) };
  };
  return sessionOn(stage, { lockHome: () => take("home"), lockEngine: () => take("engine"), ...over }, { quiet: true });
}

const intent = (makePlan: Intent["makePlan"]): Intent => ({
  command: "stop",
  makePlan,
  answers: {},
  claimsEngine: true,
  onFailure: "stop",
  isRoutine: true,
});

it("F26 what is changed is changed under the home's lock, and planned under it too", async () => {
  const stage = await prepared();
  const held = new Set<string>();
  const seen: string[][] = [];
  await carryOut(
    lockingOn(stage, held),
    intent(async () => {
      seen.push([...held].sort());
      return planStop((await stage.facts("v1.0.0")).facts, occasion());
    }),
  );
  expect(seen).toEqual([["engine", "home"]]);
  expect([...held]).toEqual([]);
});

it("F26 what was cut off is gone on with under both locks, and gives the engine's away when it fails again", async () => {
  const stage = await prepared();
  const held = new Set<string>();
  const seen: (readonly string[])[] = [];
  const failing = {
    ...stage.world,
    engine: { ...stage.world.engine, stop: () => Promise.reject(new OperatorError("STUCK", "it will not stop")) },
  };
  const stops = intent(async () => planStop((await stage.facts("v1.0.0")).facts, occasion()));
  const on = (world: Session["world"], over: object = {}) => ({ ...lockingOn(stage, held, false, over), world }) as Session;
  await expect(carryOut(on(failing), stops)).rejects.toThrow("it will not stop");

  const asked: string[][] = [];
  const select = async () => {
    asked.push([...held].sort());
    return false;
  };
  const flags = { dryRun: false, yes: false, quiet: true, json: false };
  await expect(resume(on(failing, { ask: { isPossible: true, select }, flags }), undefined)).rejects.toThrow("it will not stop");
  expect(asked).toEqual([["home"]]);

  const { stop } = stage.world.engine;
  const watched: Session["world"]["engine"]["stop"] = (...args) => {
    seen.push([...held].sort());
    return stop(...args);
  };
  await resume(on({ ...stage.world, engine: { ...stage.world.engine, stop: watched } }), undefined);
  expect([...new Set(seen.map(String))]).toEqual(["engine,home"]);
  expect([...held]).toEqual([]);
});

it("with --yes nobody is asked about a failure at a terminal either: it is put back, because nobody may be there to answer", async () => {
  const stage = await prepared();
  const { asked, session } = terminalOn(stage);
  const world = {
    ...stage.world,
    engine: { ...stage.world.engine, stop: () => Promise.reject(new OperatorError("STUCK", "it will not stop")) },
  };
  const failing = { ...session, world, flags: { ...session.flags, yes: true } } as Session;
  const stops = intent(async () => planStop((await stage.facts("v1.0.0")).facts, occasion()));
  await expect(carryOut(failing, { ...stops, onFailure: "ask" })).rejects.toMatchObject({ exit: 5 });
  expect(asked).toEqual([]);
});

it("F26 nothing is planned, journalled or changed while somebody else has the lock", async () => {
  const stage = await prepared();
  const operations = () => stage.world.files.list(`${HOME}/.graph-mgr/operations`);
  const before = await operations();
  const neverMade = intent(async () => {
    throw new Error("it was planned");
  });
  await expect(carryOut(lockingOn(stage, new Set(), true), neverMade)).rejects.toThrow(
    expect.objectContaining({ code: "LOCKED", exit: 6 }),
  );
  expect(await operations()).toEqual(before);
});

/** A terminal at which every question is answered with yes, and who has which lock while it stands there is noted. */
function terminalOn(stage: Stage) {
  const held = new Set<string>();
  const asked: { readonly message: string; readonly held: readonly string[] }[] = [];
  const select = async ({ message }: { readonly message: string }) => {
    asked.push({ message, held: [...held].sort() });
    return true;
  };
  const flags = { dryRun: false, yes: false, quiet: true, json: false };
  return { asked, session: lockingOn(stage, held, false, { flags, ask: { isPossible: true, select } }) };
}

it("F26 nobody waits for the engine's lock while the operator thinks, not even about a plan that changed meanwhile", async () => {
  const stage = await prepared();
  const { asked, session } = terminalOn(stage);
  let summary = "one thing";
  await carryOut(session, {
    ...intent(async () => {
      const plan = { ...planStop((await stage.facts("v1.0.0")).facts, occasion()), summary };
      summary = "another thing";
      return plan;
    }),
    isRoutine: false,
  });
  expect(asked).toEqual([
    { message: "Do this?", held: ["home"] },
    { message: "Do this?", held: ["home"] },
  ]);
});

it("asks once about a plan of which only the sizes of living data change", async () => {
  const stage = await prepared();
  const { asked, session } = terminalOn(stage);
  let seconds = 40;
  await carryOut(session, {
    ...intent(async () => {
      if (seconds < 44) seconds += 1;
      return { ...planStop((await stage.facts("v1.0.0")).facts, occasion()), result: { estimate: { seconds } } };
    }),
    isRoutine: false,
  });
  expect([asked.length, seconds]).toEqual([1, 42]);
});

it("F26 nobody waits for the engine's lock while the operator thinks about a failure", async () => {
  const stage = await prepared();
  const { asked, session } = terminalOn(stage);
  const world = {
    ...stage.world,
    engine: { ...stage.world.engine, stop: () => Promise.reject(new OperatorError("STUCK", "it will not stop")) },
  };
  const failing = { ...session, world } as Session;
  const stops = intent(async () => planStop((await stage.facts("v1.0.0")).facts, occasion()));
  await expect(carryOut(failing, { ...stops, onFailure: "ask" })).rejects.toThrow("it will not stop");
  expect(asked).toEqual([{ message: "Put everything back?", held: ["home"] }]);
});
