import { expect, it } from "vitest";
import { carryOut, type Intent } from "../../src/cli/carry-out.ts";
import type { Session } from "../../src/cli/session.ts";
import { Home } from "../../src/domain/home.ts";
import { OperatorError } from "../../src/errors.ts";
import { createOperationStore } from "../../src/host/operation-store.ts";
import { planStop } from "../../src/operations/run-instance.ts";
import { HOME, occasion, prepared, type Stage } from "../simulator/scenario.ts";

function sessionOn(stage: Stage, held: Set<string>, isTaken = false) {
  const take = async (name: string) => {
    if (isTaken) throw new OperatorError("LOCKED", "somebody is at work", { exit: 6 });
    held.add(name);
    return { release: async () => void held.delete(name) };
  };
  return {
    flags: { dryRun: false, yes: true, quiet: true, json: false, verbose: false, input: false, color: false, home: undefined },
    home: new Home(HOME),
    world: stage.world,
    store: createOperationStore(stage.sim.disk.disk, HOME),
    ask: { isPossible: false },
    signal: new AbortController().signal,
    print: () => undefined,
    note: () => undefined,
    noteInPlace: () => undefined,
    workFor: () => undefined,
    phase: () => undefined,
    isTerminal: false,
    columns: 80,
    lockHome: () => take("home"),
    lockEngine: () => take("engine"),
  } as unknown as Session;
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
    sessionOn(stage, held),
    intent(async () => {
      seen.push([...held].sort());
      return planStop((await stage.facts("v1.0.0")).facts, occasion());
    }),
  );
  expect(seen).toEqual([["engine", "home"]]);
  expect([...held]).toEqual([]);
});

it("F26 nothing is planned, journalled or changed while somebody else has the lock", async () => {
  const stage = await prepared();
  const operations = () => stage.world.files.list(`${HOME}/.graph-mgr/operations`);
  const before = await operations();
  const neverMade = intent(async () => {
    throw new Error("it was planned");
  });
  await expect(carryOut(sessionOn(stage, new Set(), true), neverMade)).rejects.toThrow(
    expect.objectContaining({ code: "LOCKED", exit: 6 }),
  );
  expect(await operations()).toEqual(before);
});
