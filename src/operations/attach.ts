import { Home } from "../domain/home.ts";
import { OperatorError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import { moveAside } from "../steps/index.ts";
import type { AttachFacts } from "../survey/attach.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";

/** Brings back what `remove` moved aside. The volumes never went. */
export function planAttach({ home, record, aside, isTaken, missingVolumes }: AttachFacts, occasion: Occasion): Plan {
  if (isTaken)
    throw new OperatorError("NAME_TAKEN", `There is already an instance ${record.name} in this home.`, {
      hint: "graph-mgr list",
    });
  if (missingVolumes.length > 0) {
    throw new OperatorError(
      "NO_VOLUME",
      `The volumes ${missingVolumes.join(", ")} of ${record.name} are gone; launching it would start with empty ones.`,
      { hint: "restore them first, e.g. from a backup" },
    );
  }
  return newPlan({
    id: operationId("attach", occasion),
    operation: "install",
    instance: record.name,
    home,
    engine: record.engine,
    summary: `Bring back ${record.name}`,
    notes: [`it is not launched: graph-mgr launch ${record.name}`],
    wayBack: `graph-mgr remove ${record.name}`,
    steps: [
      moveAside.step({ from: aside, to: record.dir, what: `the folder of ${record.name}` }),
      moveAside.step({ from: `${aside}.json`, to: new Home(home).record(record.name), what: "its record" }),
    ],
  });
}
