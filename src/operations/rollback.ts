import { join } from "node:path";
import { Home, targetOf } from "../domain/home.ts";
import { OperatorError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import {
  awaitAnswer,
  awaitHealth,
  commit,
  dumpDatabase,
  maintenanceDown,
  maintenanceUp,
  openFront,
  quiet,
  revive,
  setCurrent,
} from "../steps/index.ts";
import type { RollbackFacts } from "../survey/rollback.ts";
import { pageOf } from "./page.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";
import { refuseMissingVolumes, refuseMovedImages, refuseOutsiders } from "./run-instance.ts";

export interface RollbackRequest {
  /** Leaves what was written since the update behind, knowingly. */
  readonly acceptLoss: boolean;
}

const GRACE_SECONDS = 120;
const ANSWER_SECONDS = 120;

/**
 * The instance before serves again, with its own data, complete. What was written into the one that is left stays there, with its
 * folder and volumes, and a dump of it is taken.
 */
export function planRollback(facts: RollbackFacts, { acceptLoss }: RollbackRequest, occasion: Occasion): Plan {
  const { from, to, losses, noDump, probe, otherProbe } = facts;
  refuseOutsiders(from, "any state");
  refuseOutsiders(to, "any state");
  refuseMissingVolumes(to, "it cannot serve again");
  refuseMovedImages(to);
  if (losses.length > 0 && !acceptLoss) {
    throw new OperatorError(
      "LOSES_WRITES",
      `Going to ${to.record.name} leaves behind what was written since into ${from.record.name}: ${losses.join("; ")}.`,
      {
        hint: `--accept-loss   (it stays in the folder and volumes of ${from.record.name}${keptAs(facts)})`,
      },
    );
  }
  const home = new Home(facts.home);
  const id = operationId("rollback", occasion);
  const old = from.record;
  const next = to.record;
  const stopping = { project: old.project, instance: old.name, record: from.recordPath, graceSeconds: GRACE_SECONDS };
  const project = { name: next.project, dir: next.dir, envFiles: next.envFiles };
  const services = [...to.active];
  const database = old.product.postgres;
  const image = database === null ? undefined : old.images[database.service]?.id;
  const dumps = database !== null && image !== undefined && noDump === null;
  const wholePage = pageOf(facts.page, home, id);
  // It is made of the files of what is left, which may be left because they are broken.
  const page = wholePage === null ? null : { ...wholePage, isOptional: true };
  const wayBack = `graph-mgr rollback${from.isCurrent ? "" : ` --from ${next.name}`} --to ${old.name}`;
  return newPlan({
    id,
    operation: "rollback",
    instance: next.name,
    home: home.path,
    engine: next.engine,
    summary: `Go back from ${old.name} to ${next.name}`,
    notes: [
      ...losses.map(loss => `left behind: ${loss}`),
      ...(losses.length > 0 ? [] : [`nothing was written into ${old.name} since visitors came in: no row, and no file`]),
      ...(dumps ? [`a dump of ${old.name}'s database is kept in ${join(home.backups(), id)}`] : []),
      ...(noDump === null ? [] : [`no dump of ${old.name}'s database is taken, because ${noDump}`]),
      ...(facts.noPage === null ? [] : [`visitors see no maintenance page meanwhile, because ${facts.noPage}`]),
      `${old.name} stays as it is, stopped, with its folder and volumes; \`${wayBack}\` leads there again`,
    ],
    wayBack,
    steps: [
      quiet.step({ ...stopping, keep: dumps ? [database.service] : [] }),
      ...(page === null ? [] : [maintenanceUp.step(page)]),
      ...(dumps
        ? [
            dumpDatabase.step({
              source: {
                project: { name: old.project, dir: old.dir, envFiles: old.envFiles },
                instance: old.name,
                service: database.service,
                helperImage: image,
              },
              to: join(home.backups(), id, "database"),
            }),
          ]
        : []),
      quiet.step({ ...stopping, keep: [] }),
      ...(page === null ? [] : [maintenanceDown.step(page)]),
      openFront.step({ project, instance: next.name, services, probe, otherProbe, wayBack }),
      revive.step({ project: next.project, instance: next.name, record: to.recordPath }),
      awaitHealth.step({ project: next.project, instance: next.name, services, ...next.product.health }),
      awaitAnswer.step({ instance: next.name, probe, otherProbe, timeoutSeconds: ANSWER_SECONDS }),
      commit.step({ instance: next.name, wayBack }),
      ...(from.isCurrent ? [setCurrent.step({ link: home.current(), target: targetOf(home, next.dir) })] : []),
    ],
    result: { version: next.release, project: next.project, from: old.name, backup: dumps ? join(home.backups(), id) : null },
  });
}

function keptAs({ from, noDump }: RollbackFacts): string {
  if (from.record.product.postgres === null) return "";
  return noDump === null
    ? ", and a dump of its database is kept in backups/"
    : `; no dump of its database can be taken, because ${noDump}`;
}
