import { Home } from "../domain/home.ts";
import { chooseInstance } from "../domain/instances.ts";
import type { MaintenanceTemplates } from "../domain/maintenance.ts";
import { OperatorError } from "../errors.ts";
import type { World } from "../host/world.ts";
import { surveyHome } from "./home.ts";
import { type InstanceFacts, surveyInstance } from "./instance.ts";
import { type Left, surveyLosses } from "./losses.ts";
import { type PageFacts, surveyPage } from "./page.ts";
import { probeOf } from "./update.ts";

/** What a rollback's plan is made of. */
export interface RollbackFacts extends Left {
  readonly home: string;
  /** The instance that is left. */
  readonly from: InstanceFacts;
  /** The one that shall serve again. */
  readonly to: InstanceFacts;
  readonly probe: ReturnType<typeof probeOf>;
  readonly page: PageFacts | null;
}

/**
 * @param asked which instance is left, the current one unless named, and which one to go back to: the one that it was updated from unless named
 * @throws OperatorError NO_WAY_BACK
 */
export async function surveyRollback(
  world: World,
  homePath: string,
  asked: { readonly from: string | undefined; readonly to: string | undefined },
  templates: MaintenanceTemplates,
): Promise<RollbackFacts> {
  const { records, current } = await surveyHome(world, homePath);
  const from = chooseInstance(records, current, asked.from);
  const name = asked.to ?? (from.origin.how === "update" ? from.origin.from : undefined);
  if (name === undefined) {
    throw new OperatorError("NO_WAY_BACK", `${from.name} was not made by an update, so there is nothing to go back to.`, {
      hint: `graph-mgr rollback${from.name === current ? "" : ` --from ${from.name}`} --to INSTANCE   (\`graph-mgr list\` shows them)`,
    });
  }
  const target = chooseInstance(records, current, name);
  if (target.name === from.name)
    throw new OperatorError("NO_WAY_BACK", `${from.name} is the one that serves already.`, { hint: "graph-mgr list" });
  const [left, wanted] = await Promise.all([
    surveyInstance(world, from, homePath, current),
    surveyInstance(world, target, homePath, current),
  ]);
  const ports = target.ports.flatMap(port => (port.host === null ? [] : [{ ...port, host: port.host }]));
  return {
    home: homePath,
    from: left,
    to: wanted,
    ...(await surveyLosses(world, new Home(homePath), records, left, target)),
    probe: probeOf(target.product, ports),
    page: await surveyPage(world, from, templates),
  };
}
