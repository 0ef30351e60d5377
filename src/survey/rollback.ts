import { Home } from "../domain/home.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import { chooseInstance } from "../domain/instances.ts";
import { type Baseline, filesSince, rowsSince } from "../domain/losses.ts";
import type { MaintenanceTemplates } from "../domain/maintenance.ts";
import { layoutFor } from "../domain/product.ts";
import { OperatorError } from "../errors.ts";
import type { World } from "../host/world.ts";
import { surveyHome } from "./home.ts";
import { type InstanceFacts, isUp, surveyInstance } from "./instance.ts";
import { helperImageOf, runningDatabase } from "./instance-details.ts";
import { type PageFacts, surveyPage } from "./page.ts";
import { type Probes, probesOf } from "./probe.ts";

/** What a rollback's plan is made of. */
export interface RollbackFacts extends Probes {
  readonly home: string;
  /** The instance that serves now. */
  readonly from: InstanceFacts;
  /** The one that shall serve again. */
  readonly to: InstanceFacts;
  /** What was written since the update, as lines for people. */
  readonly losses: readonly string[];
  readonly databaseRuns: boolean;
  readonly page: PageFacts | null;
}

/**
 * @param to the instance to go back to; the one that the current one was updated from unless named
 * @throws OperatorError NO_WAY_BACK
 */
export async function surveyRollback(
  world: World,
  homePath: string,
  to: string | undefined,
  templates: MaintenanceTemplates,
): Promise<RollbackFacts> {
  const { records, current } = await surveyHome(world, homePath);
  const from = chooseInstance(records, current, undefined);
  const name = to ?? (from.origin.how === "update" ? from.origin.from : undefined);
  if (name === undefined) {
    throw new OperatorError("NO_WAY_BACK", `${from.name} was not made by an update, so there is nothing to go back to.`, {
      hint: "graph-mgr rollback --to INSTANCE   (`graph-mgr list` shows them)",
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
    losses: await lossesOf(world, new Home(homePath), from, left),
    databaseRuns: left.containers.some(each => each.service === from.product.postgres?.service && isUp(each)),
    ...probesOf(target.product, ports, wanted.published),
    page: await surveyPage(world, from, templates),
  };
}

/** Rows by table and files by folder that are newer than the moment in which visitors were let in. */
async function lossesOf(world: World, home: Home, record: InstanceRecord, { containers }: InstanceFacts) {
  if (record.origin.how !== "update") return [];
  const text = await world.files.read(`${home.operation(record.origin.operation)}/baseline.json`);
  if (text === null) return [];
  const { takenAt, proof, trees = {} } = JSON.parse(text) as Baseline;
  const access = await runningDatabase(world, record, containers);
  const rows = proof === null || access === null ? [] : rowsSince(proof, await world.postgres.prove(access));
  const image = helperImageOf(record) ?? null;
  const { data } = layoutFor(record.product, record.release);
  const files: string[] = [];
  for (const folder of data) {
    const path = `${record.dir}/${folder}`;
    if (!(await world.files.isFolder(path))) continue;
    const count = await world.trees.countSince(path, takenAt, image);
    const before = trees[folder];
    const isOther = count === 0 && before !== undefined && before !== (await world.trees.fingerprint(path, image));
    files.push(...filesSince(folder, count, isOther));
  }
  return [...rows, ...files];
}
