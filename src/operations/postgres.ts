import { dirname, join } from "node:path";
import { Home } from "../domain/home.ts";
import { OperatorError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import { awaitHealth, dumpDatabase, launch, restoreDatabase } from "../steps/index.ts";
import type { DumpFacts, PostgresFacts } from "../survey/postgres.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";
import { refuseMissingVolumes, refuseOutsiders, stopStep } from "./run-instance.ts";

const projectOf = ({ instance: { record } }: PostgresFacts) => ({
  name: record.project,
  dir: record.dir,
  envFiles: record.envFiles,
});

/** A dump of everything in a running database, read back. @throws OperatorError DATABASE_DOWN, EXISTS, NO_FOLDER */
export function planDump(facts: DumpFacts, occasion: Occasion): Plan {
  const { instance, service, helperImage, to } = facts;
  const { record, home } = instance;
  if (facts.server === null)
    throw new OperatorError("DATABASE_DOWN", `The ${service} of ${record.name} is not running, so it cannot be dumped.`, {
      hint: `graph-mgr launch ${record.name}`,
    });
  if (facts.isTaken)
    throw new OperatorError("EXISTS", `There is already ${to}; a dump is put where nothing is.`, { hint: "another --to" });
  if (!facts.hasParent)
    throw new OperatorError("NO_FOLDER", `There is no folder ${dirname(to)} to put the dump into.`, {
      hint: `mkdir -p ${dirname(to)}`,
    });
  return newPlan({
    id: operationId("postgres-dump", occasion),
    operation: "postgres-dump",
    instance: record.name,
    home,
    engine: record.engine,
    summary: `Dump the database of ${record.name} to ${to}`,
    notes: ["it holds everything of the database, passwords of its roles included: keep it as you keep the database"],
    wayBack: null,
    steps: [
      dumpDatabase.step({
        source: { project: projectOf(facts), instance: record.name, service, helperImage },
        to,
        readBack: true,
      }),
    ],
    result: { dump: to },
  });
}

/** Where a dump goes when nobody says it: `HOME/v2.22.2-postgres-20261120T101500Z`. */
export const usualDumpFolder = (home: string, instance: string, now: Date): string =>
  join(home, `${instance}-postgres-${now.toISOString().replaceAll(/[-:]|\.\d+/g, "")}`);

/**
 * A dump into the empty database of an instance, whose Postgres runs alone meanwhile.
 * @throws OperatorError DATABASE_NOT_EMPTY, IS_RUNNING, DATABASE_DOWN
 */
export function planRestore(facts: PostgresFacts, from: string, occasion: Occasion): Plan {
  const { instance, service, helperImage, server } = facts;
  const { record, home } = instance;
  refuseOutsiders(instance, server === null ? "any state" : "running");
  refuseMissingVolumes(instance, "there is nothing to restore into");
  refuseFull(facts);
  const project = projectOf(facts);
  const id = operationId("postgres-restore", occasion);
  const { health } = record.product;
  const restore = restoreDatabase.step({
    target: { project, instance: record.name, service, helperImage },
    from,
    proof: join(new Home(home).operation(id), "database-proof.json"),
    empties: true,
  });
  return newPlan({
    id,
    operation: "postgres-restore",
    instance: record.name,
    home,
    engine: record.engine,
    summary: `Restore ${from} into the empty database of ${record.name}`,
    notes: [
      "databases and roles that the empty server has are replaced by those of the dump; the role that the instance logs in with keeps its password",
      "files that belong to rows (`data/`) are in no database dump",
    ],
    wayBack: null,
    steps:
      server !== null
        ? [restore]
        : [
            launch.step({ project, instance: record.name, services: [service], all: false }),
            awaitHealth.step({ project: record.project, instance: record.name, services: [service], ...health }),
            restore,
            stopStep(instance),
          ],
  });
}

function refuseFull({ instance: { record, containers }, service, server, clusterState }: PostgresFacts): void {
  const full = server?.databases.find(({ tables }) => tables > 0);
  if (full)
    throw new OperatorError(
      "DATABASE_NOT_EMPTY",
      `The database ${full.name} of ${record.name} has ${full.tables} tables, views and sequences already; nothing is restored over them.`,
      { hint: `restore into a new instance: graph-mgr copy ${record.name} --name restored --data none --no-launch` },
    );
  const others = containers.filter(each => each.state === "running" && each.service !== service);
  if (others.length > 0) {
    const names = others.map(each => each.service ?? each.name);
    throw new OperatorError(
      "IS_RUNNING",
      `${names.join(", ")} of ${record.name} ${names.length === 1 ? "is" : "are"} running, and would meet a database that is not there yet.`,
      { hint: `graph-mgr compose ${record.name} -- stop ${names.join(" ")}` },
    );
  }
  if (server === null && clusterState !== null)
    throw new OperatorError(
      "DATABASE_DOWN",
      `The ${service} of ${record.name} is not running, so it cannot be seen whether its database is empty.`,
      { hint: `graph-mgr compose ${record.name} -- up -d ${service}   (starts it alone), then again` },
    );
}
