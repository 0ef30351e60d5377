import { localExecutor as createLocalExecutor } from "../../../src/host/create-world.ts";
import type { Disk } from "../../../src/host/disk.ts";
import type { Executor } from "../../../src/host/exec.ts";
import { createOperationStore as createStore } from "../../../src/host/operation-store.ts";
import type { Journal } from "../../../src/plan/journal.ts";
import type { OperationStore } from "../../../src/plan/operations.ts";

/**
 * Stands in for two modules in the build that the fault tests run (rolldown.faults.config.js), never in the one that ships.
 *
 * `GRAPH_MGR_TEST_KILL`: `journal:N:before` and `journal:N:after` end the process as kill -9 does, before and after its N-th entry is on
 * the disk; `within:N.K:before` and `within:N.K:after` do so around the K-th program that it starts after its N-th entry, or, where there are fewer this
 * time because there was less to wait for, before the next entry. With `:pause` behind, it stands still there until
 * it gets SIGCONT, so that something can happen to it at just this moment. `count` kills nothing, and says at the end how many there were, and how
 * many entries the journal had when each program was started.
 */
const [kind = "", number = "", side = "", then = ""] = (process.env.GRAPH_MGR_TEST_KILL ?? "").split(":");
const [entry = 0, program = 0] = number.split(".").map(Number);

const counts = { journal: 0, command: 0, entriesAtCommand: [] as number[] };
if (kind === "count") process.on("exit", () => process.stderr.write(`killable: ${JSON.stringify(counts)}\n`));
let sinceEntry = 0;
let isOver = false;

async function append<T>(work: () => Promise<T>): Promise<T> {
  const isLate = kind === "within" && counts.journal === entry;
  counts.journal += 1;
  sinceEntry = 0;
  const isMoment = kind === "journal" && entry === counts.journal;
  if (isLate || (isMoment && side === "before")) await struck();
  const result = await work();
  if (isMoment && side === "after") await struck();
  return result;
}

async function start<T>(work: () => Promise<T>): Promise<T> {
  counts.command += 1;
  counts.entriesAtCommand.push(counts.journal);
  sinceEntry += 1;
  const isMoment = kind === "within" && counts.journal === entry && sinceEntry === program;
  if (isMoment && side === "before") await struck();
  const result = await work();
  if (isMoment && side === "after") await struck();
  return result;
}

async function struck(): Promise<void> {
  if (isOver) return;
  isOver = true;
  if (then === "pause") process.kill(process.pid, "SIGSTOP");
  else {
    process.kill(process.pid, "SIGKILL");
    await new Promise<never>(() => undefined);
  }
}

const killable = (journal: Journal): Journal => ({ ...journal, append: entry => append(() => journal.append(entry)) });

export function createOperationStore(disk: Disk, homePath: string): OperationStore {
  const store = createStore(disk, homePath);
  return {
    ...store,
    open: async (plan, answers) => killable(await store.open(plan, answers)),
    journal: id => killable(store.journal(id)),
  };
}

export function localExecutor(environment: Readonly<Record<string, string | undefined>>): Executor {
  const executor = createLocalExecutor(environment);
  return {
    ...executor,
    run: (command, options) => start(() => executor.run(command, options)),
    feed: (command, source, options) => start(() => executor.feed(command, source, options)),
  };
}

export { createWorld } from "../../../src/host/create-world.ts";
