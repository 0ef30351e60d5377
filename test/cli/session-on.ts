import type { Session } from "../../src/cli/session.ts";
import { Home } from "../../src/domain/home.ts";
import { createOperationStore } from "../../src/host/operation-store.ts";
import { described } from "../simulator/sample.ts";
import { HOME, type Stage } from "../simulator/scenario.ts";

const lock = async () => ({ release: async () => undefined });

/** A script's session on a simulated host: no terminal, everything agreed to, and nothing locked. */
export function sessionOn(stage: Stage, over: object = {}, flags: Partial<Session["flags"]> = {}): Session {
  return {
    flags: { dryRun: false, yes: true, quiet: false, json: false, verbose: false, input: false, color: false, ...flags },
    home: new Home(HOME),
    cwd: "/",
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
    rows: 24,
    describedProducts: async () => described,
    printColumns: null,
    lockHome: lock,
    lockEngine: lock,
    ...over,
  } as unknown as Session;
}
