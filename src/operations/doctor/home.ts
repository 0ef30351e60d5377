import { join } from "node:path";
import { broken, type Finding, fine, remark, risky } from "../../domain/finding.ts";
import { Home } from "../../domain/home.ts";
import { FIRST_INSTANCE } from "../../domain/instances.ts";
import { several } from "../../domain/units.ts";
import { spoken } from "../../plan/plan.ts";
import type { DoctorFacts } from "../../survey/doctor/facts.ts";

export function judgeRecords({ home, instances }: DoctorFacts): readonly Finding[] {
  if (home.unable !== null)
    return [
      broken("records", home.path, `what is installed here cannot be told: ${home.unable}`, {
        cure: "run it as root, or as the owner of the home",
      }),
    ];
  if (!home.isThere)
    return [
      remark("records", home.path, "this is no home yet: nothing is installed here", {
        cure: FIRST_INSTANCE,
      }),
    ];
  const found: Finding[] = home.broken.map(({ path, why, hint }) =>
    broken("records", path, `the record cannot be read, and every other command stops at it: ${why}`, {
      cure: hint ?? `bring it back from a backup of the home, or move it away: mv ${path} ${path}.broken`,
    }),
  );
  if (!home.mayWrite)
    found.push(
      broken("records", home.path, "this user may not write to the home", {
        cure: "run it as root, or as the owner of the home",
      }),
    );
  if (home.current.target !== null && home.current.name === null)
    found.push(
      broken("records", new Home(home.path).current(), `it points at ${home.current.target}, which is no instance of this home`, {
        cure: "graph-mgr list   (then: graph-mgr launch NAME, and set the link to its folder)",
      }),
    );
  for (const { record, isCurrent, hasFolder, facts } of instances) {
    if (!hasFolder)
      found.push(
        broken("records", record.name, `its folder ${record.dir} is gone`, {
          cure: `bring the folder back, or give it up: graph-mgr remove ${record.name}${isCurrent ? " --current" : ""}`,
        }),
      );
    else if (home.links.includes(record.name))
      found.push(
        risky("records", record.name, `its folder ${record.dir} is a link: whoever changes the link changes what is mounted`, {
          cure: "put the folder itself there",
        }),
      );
    for (const volume of "value" in facts ? facts.value.missingVolumes : [])
      found.push(
        broken("records", record.name, `its volume ${volume} is gone; Compose would start it with an empty one`, {
          cure: "graph-mgr backup list   (then: graph-mgr backup restore NUMBER)",
        }),
      );
  }
  const isWell = found.length === 0;
  return isWell ? [fine("records", home.path, `${several(home.records.length, "instance")}, all there`)] : found;
}

/** F20 F92: what is unfinished is never mended here. */
export function judgeOperations({ home: { operations, path, isAtWork } }: DoctorFacts): readonly Finding[] {
  if (!("value" in operations))
    return [
      broken("operations", join(path, ".graph-mgr/operations"), `the operations cannot be read: ${operations.unable}`, {
        cure: operations.hint ?? "do not go on by hand; keep the folder, and ask for help",
      }),
    ];
  const unfinished = operations.value.filter(({ outcome }) => outcome === "unfinished");
  if (unfinished.length === 0) return [fine("operations", path, "none is unfinished")];
  if (isAtWork)
    return unfinished.map(({ plan, stepsDone }) =>
      remark(
        "operations",
        plan.instance ?? path,
        `a graph-mgr is at the ${spoken(plan.operation)} now: ${stepsDone} of ${several(plan.steps.length, "step")} done`,
      ),
    );
  return unfinished.map(({ plan, stepsDone, closing }) =>
    broken(
      "operations",
      plan.instance ?? path,
      closing === null
        ? `the ${spoken(plan.operation)} is not finished: ${stepsDone} of ${plan.steps.length} steps are done`
        : `the ${spoken(plan.operation)} is ${closing}, and was cut off before it was closed`,
      {
        cure:
          closing === null ? "graph-mgr resume   (goes on; `graph-mgr undo` takes it back)" : "graph-mgr resume   (closes it)",
      },
    ),
  );
}

export const judgeCache = ({ home }: DoctorFacts): readonly Finding[] =>
  home.badCaches.map(path =>
    remark("cache", path, "it cannot be read; it is made anew when it is needed", {
      cure: `rm ${path}`,
      fixes: [{ kind: "cache", path }],
    }),
  );
