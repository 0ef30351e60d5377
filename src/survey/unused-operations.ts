import { join } from "node:path";
import { LABELS } from "../domain/instance.ts";
import type { Unused } from "../domain/unused.ts";
import type { World } from "../host/world.ts";
import type { OperationEntry } from "../plan/operations.ts";
import type { Stock } from "./unused.ts";

/** What the names of our folders look like: a time, a kind, a random part. */
const OPERATION_ID = /^\d{8}T\d{6}Z-[a-z-]+-[a-z0-9]+$/;

/** Finished operations that are not among the newest, and that nothing looks up any more; and dumps that they left beside the backups. */
export async function surveyUnusedOperations(world: World, stock: Stock, keep: number): Promise<readonly Unused[]> {
  const { home, operations } = stock;
  const needed = neededOperations(stock);
  const old = operations
    .slice(0, Math.max(0, operations.length - keep))
    .filter(({ plan, outcome }) => outcome !== "unfinished" && !needed.has(plan.id));
  const found: Unused[] = [];
  for (const { plan, outcome } of old) {
    const path = home.operation(plan.id);
    const sizeBytes = await world.room.treeBytes(path, null);
    const why = `${outcome}, and not among the newest ${keep}`;
    found.push({ what: "operation", name: plan.id, sizeBytes, why, paths: [path] });
  }
  return [...found, ...(await dumps(world, stock))];
}

/**
 * What instances were made by (`rollback` reads there what was there before visitors came in), what a container of this engine was made by (a
 * page mounts its files from there), and the last trial of each instance's backups (a schedule goes by it).
 */
function neededOperations({ home, records, removed, containers, operations }: Stock): ReadonlySet<string> {
  const origins = [...records, ...removed.map(({ record }) => record)].map(({ origin }) => origin.operation);
  const labels = containers.flatMap(({ labels: each }) =>
    each[LABELS.home] === home.path ? (each[LABELS.operation] ?? []) : [],
  );
  const drills = new Map<unknown, string>();
  for (const { plan, outcome } of operations)
    if (plan.operation === "backup-drill" && outcome === "done") drills.set(plan.result?.["from"] ?? null, plan.id);
  return new Set([...origins, ...labels, ...drills.values()]);
}

/** Of updates and rollbacks: a database as it was, which no backup replaces. So they go by name alone. */
async function dumps(world: World, { home, operations, records }: Stock): Promise<readonly Unused[]> {
  const found: Unused[] = [];
  const isUnfinished = (id: string) =>
    operations.some(({ plan, outcome }: OperationEntry) => plan.id === id && outcome === "unfinished");
  for (const name of await world.files.list(home.backups())) {
    const path = join(home.backups(), name);
    if (!OPERATION_ID.test(name) || isUnfinished(name) || !(await world.files.isFolder(path))) continue;
    const isLast = records.some(({ origin }) => origin.operation === name);
    const why = isLast
      ? "the database before the update that made an instance of this home"
      : "the database before an update or a rollback";
    found.push({ what: "dump", name, sizeBytes: await world.room.treeBytes(path, null), why, paths: [path] });
  }
  return found;
}
