import { OperatorError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import type { PlannedStep } from "../plan/step.ts";
import { stop } from "../steps/index.ts";
import type { InstanceFacts } from "../survey/instance.ts";
import { relaunchSteps } from "./lay-out.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";

const STOP_GRACE_SECONDS = 60;

const isUp = (state: string): boolean => state === "running" || state === "restarting" || state === "paused";

function planOf(
  facts: InstanceFacts,
  occasion: Occasion,
  operation: string,
  summary: string,
  steps: readonly PlannedStep[],
): Plan {
  const { record, home } = facts;
  return newPlan({
    id: operationId(operation, occasion),
    operation,
    instance: record.name,
    home,
    engine: record.engine,
    summary,
    notes: [],
    wayBack: operation === "stop" ? `graph-mgr launch ${record.name}` : `graph-mgr stop ${record.name}`,
    steps,
  });
}

const upSteps = (facts: InstanceFacts): readonly PlannedStep[] =>
  relaunchSteps({ ...facts.record, services: facts.active }, facts.recordPath, facts.record.product.health);

/** @throws OperatorError PORT_TAKEN */
function refuseTakenPorts({ takenPorts, record }: InstanceFacts): void {
  const [taken] = takenPorts;
  if (!taken) return;
  const who = taken.by === null ? "another program" : taken.by;
  throw new OperatorError(
    "PORT_TAKEN",
    `Port ${taken.host}, which ${record.name} publishes ${taken.service}:${taken.container} on, is in use by ${who}.`,
    {
      hint: `stop what uses it (\`graph-mgr list\`, \`ss -ltnp\`), then \`graph-mgr launch ${record.name}\``,
    },
  );
}

export function planLaunch(facts: InstanceFacts, occasion: Occasion): Plan {
  refuseTakenPorts(facts);
  return planOf(facts, occasion, "launch", `Launch ${facts.record.name}`, upSteps(facts));
}

export const stopStep = (facts: InstanceFacts): PlannedStep =>
  stop.step({
    project: facts.record.project,
    instance: facts.record.name,
    record: facts.recordPath,
    graceSeconds: STOP_GRACE_SECONDS,
  });

export const planStop = (facts: InstanceFacts, occasion: Occasion): Plan =>
  planOf(facts, occasion, "stop", `Stop ${facts.record.name}`, [stopStep(facts)]);

/**
 * Stop and launch. Changed configuration counts afterwards, because Compose recreates the services whose settings changed;
 * a mere `compose restart` would keep the old environment.
 */
export function planRestart(facts: InstanceFacts, occasion: Occasion): Plan {
  refuseTakenPorts(facts);
  return planOf(facts, occasion, "restart", `Restart ${facts.record.name}`, [stopStep(facts), ...upSteps(facts)]);
}

/** @throws OperatorError IS_RUNNING */
export function refuseRunning({ record, containers }: InstanceFacts, what: string): void {
  const running = containers.filter(({ state }) => isUp(state)).map(({ service, name }) => service ?? name);
  if (running.length > 0) {
    throw new OperatorError("IS_RUNNING", `${record.name} is running (${running.join(", ")}); ${what}.`, {
      hint: `graph-mgr stop ${record.name}`,
    });
  }
}
