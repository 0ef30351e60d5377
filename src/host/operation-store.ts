import { join } from "node:path";
import { Home } from "../domain/home.ts";
import { OperatorError } from "../errors.ts";
import { closingOf, outcomeOf, standingsOf } from "../plan/journal.ts";
import type { OperationEnd, OperationEntry, OperationStore } from "../plan/operations.ts";
import { PLAN_SCHEMA, type Plan } from "../plan/plan.ts";
import type { Disk } from "./disk.ts";
import { createFileJournal } from "./file-journal.ts";
import { createFileStore } from "./file-store.ts";

export function createOperationStore(disk: Disk, homePath: string): OperationStore {
  const home = new Home(homePath);
  const files = createFileStore(disk);
  /** 0 for an operation of an older version, which has none. */
  const sequenceOf = async (id: string): Promise<number> => Number(await files.read(join(home.operation(id), "sequence"))) || 0;
  const journal = (id: string) => createFileJournal(disk, join(home.operation(id), "journal.jsonl"));
  const clearAway = (id: string) => files.remove(join(home.operation(id), "answers.json"));
  return {
    journal,
    async open(plan, answers) {
      const folder = home.operation(plan.id);
      const others = await Promise.all((await files.list(home.operations())).map(sequenceOf));
      // Before the plan: what has a plan has its place among the others, wherever the clock stands.
      await files.write(join(folder, "sequence"), `${Math.max(0, ...others) + 1}\n`, 0o600);
      if (Object.keys(answers).length > 0) await files.write(join(folder, "answers.json"), JSON.stringify(answers), 0o600);
      await files.write(join(folder, "plan.json"), `${JSON.stringify(plan, null, 1)}\n`, 0o600);
      return journal(plan.id);
    },
    async list() {
      const entries: (OperationEntry & { readonly sequence: number })[] = [];
      for (const id of await files.list(home.operations())) {
        const path = join(home.operation(id), "plan.json");
        const text = await files.read(path);
        // A folder without a plan is one whose making was cut off: nothing was begun.
        if (text === null) continue;
        const plan = parsePlan(text, path);
        const journalled = await journal(id).read();
        const stepsDone = standingsOf(plan.steps.length, journalled).filter(({ state }) => state === "done").length;
        const [outcome, closing] = [outcomeOf(journalled), closingOf(journalled)];
        entries.push({ plan, outcome, closing, stepsDone, sequence: await sequenceOf(id) });
      }
      // The sort is stable: those without a number stay in the order of their ids.
      return entries.sort((a, b) => a.sequence - b.sequence).map(({ sequence: _, ...entry }) => entry);
    },
    noteEnd: async (id, end) => await files.write(join(home.operation(id), "end.json"), `${JSON.stringify(end)}\n`, 0o600),
    async end(id) {
      const text = await files.read(join(home.operation(id), "end.json"));
      return text === null ? null : (JSON.parse(text) as OperationEnd);
    },
    async log(id, line) {
      await disk.append(join(home.operation(id), "log"), Buffer.from(`${line}\n`), 0o600);
    },
    clearAway,
    async clearAwayUnplanned() {
      for (const id of await files.list(home.operations()))
        if (!(await files.exists(join(home.operation(id), "plan.json")))) await clearAway(id);
    },
  };
}

function parsePlan(text: string, path: string): Plan {
  let plan: Plan;
  try {
    plan = JSON.parse(text) as Plan;
  } catch (cause) {
    throw new OperatorError("PLAN_DAMAGED", `${path} is not JSON.`, {
      hint: "do not go on by hand; keep the folder `.graph-mgr/operations` and ask for help",
      cause,
    });
  }
  if (plan.schema !== PLAN_SCHEMA) {
    throw new OperatorError("PLAN_UNKNOWN_VERSION", `${path} has version ${plan.schema}; this graph-mgr knows ${PLAN_SCHEMA}.`, {
      hint: "use the newer graph-mgr that wrote it",
    });
  }
  return plan;
}
