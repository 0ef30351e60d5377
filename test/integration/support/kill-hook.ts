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
 * the disk; `command:N:before` and `command:N:after` do so around the N-th program that it starts. With `:pause` behind, it stands still there until
 * it gets SIGCONT, so that something can happen to it at just this moment. `count` kills nothing, and says at the end how many there were, and how
 * many entries the journal had when each program was started.
 */
const [kind = "", number = "", side = "", then = ""] = (process.env.GRAPH_MGR_TEST_KILL ?? "").split(":");

const counts = { journal: 0, command: 0, entriesAtCommand: [] as number[] };
if (kind === "count") process.on("exit", () => process.stderr.write(`killable: ${JSON.stringify(counts)}\n`));

async function around<T>(what: "journal" | "command", work: () => Promise<T>): Promise<T> {
  counts[what] += 1;
  if (what === "command") counts.entriesAtCommand.push(counts.journal);
  const isMoment = kind === what && Number(number) === counts[what];
  if (isMoment && side === "before") await struck();
  const result = await work();
  if (isMoment && side === "after") await struck();
  return result;
}

async function struck(): Promise<void> {
  if (then === "pause") process.kill(process.pid, "SIGSTOP");
  else {
    process.kill(process.pid, "SIGKILL");
    await new Promise<never>(() => undefined);
  }
}

const killable = (journal: Journal): Journal => ({ ...journal, append: entry => around("journal", () => journal.append(entry)) });

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
    run: (command, options) => around("command", () => executor.run(command, options)),
    feed: (command, source, options) => around("command", () => executor.feed(command, source, options)),
  };
}

export { createWorld } from "../../../src/host/create-world.ts";
