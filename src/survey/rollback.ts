import { Home } from "../domain/home.ts";
import { chooseInstance } from "../domain/instances.ts";
import type { MaintenanceTemplates } from "../domain/maintenance.ts";
import { OperatorError } from "../errors.ts";
import type { World } from "../host/world.ts";
import { answering } from "./answering.ts";
import { surveyHome } from "./home.ts";
import { type InstanceFacts, surveyInstance } from "./instance.ts";
import { type Left, surveyLosses } from "./losses.ts";
import { type PageFacts, surveyPage } from "./page.ts";
import { withPortsNow } from "./ports-now.ts";
import { type Probes, probesOf } from "./probe.ts";

/** What a rollback's plan is made of. */
export interface RollbackFacts extends Left, Probes {
  readonly home: string;
  /** The instance that is left. */
  readonly from: InstanceFacts;
  /** The one that shall serve again. */
  readonly to: InstanceFacts;
  /** Null where there is none. */
  readonly page: PageFacts | null;
  /** Why there is none although the product has one, as a part of a sentence. */
  readonly noPage: string | null;
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
    surveyInstance({ ...world, compose: lenient(world.compose) }, from, homePath, current, { mayLackFolder: true }),
    surveyInstance(world, target, homePath, current),
  ]);
  const ports = (await withPortsNow(world, target)).ports.flatMap(port =>
    port.host === null ? [] : [{ ...port, host: port.host }],
  );
  return {
    home: homePath,
    from: left,
    to: wanted,
    ...(await surveyLosses(world, new Home(homePath), records, left, target)),
    ...probesOf(target.product, ports, wanted.published),
    ...(await pageOf(world, left, templates)),
  };
}

/** What is left may be left because nobody can read its compose files; it is stopped by its containers alone. */
function lenient(compose: World["compose"]): World["compose"] {
  return answering(compose, {
    resolve: project => orElse(compose.resolve(project), { name: project.name, services: {} }),
    activeServices: project => orElse(compose.activeServices(project), []),
    hashes: project => orElse(compose.hashes(project), null),
  });
}

async function orElse<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return otherwise;
  }
}

async function pageOf(
  world: World,
  { record, hasFolder }: InstanceFacts,
  templates: MaintenanceTemplates,
): Promise<Pick<RollbackFacts, "page" | "noPage">> {
  if (!hasFolder) return { page: null, noPage: `the folder of ${record.name} is gone` };
  try {
    return { page: await surveyPage(world, record, templates), noPage: null };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { page: null, noPage: `it cannot be made of the files of ${record.name}` };
  }
}
