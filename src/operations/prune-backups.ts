import { dirname, join } from "node:path";
import { type Keep, type ListedBackup, prunable } from "../domain/backup-note.ts";
import { Home } from "../domain/home.ts";
import { isRestic } from "../domain/restic-place.ts";
import { bytes } from "../domain/units.ts";
import { OperatorError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import { deleteBackup, reclaimRoom } from "../steps/index.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";

/** Deletes what need not be kept; never the newest that was verified. @throws OperatorError NOTHING_TO_PRUNE */
export function planPrune(
  facts: { readonly home: string; readonly engine: string; readonly backups: readonly ListedBackup[] },
  keep: Keep,
  occasion: Occasion,
): Plan {
  const { home, engine, backups } = facts;
  const gone = prunable(backups, keep);
  if (gone.length === 0)
    throw new OperatorError("NOTHING_TO_PRUNE", `None of the ${backups.length} backups of ${home} is to go.`, {
      hint: "graph-mgr backup list",
    });
  const size = bytes(gone.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  const id = operationId("backup-prune", occasion);
  const repositories = [...new Set(gone.flatMap(({ path }) => (isRestic(path) ? [dirname(path)] : [])))];
  return newPlan({
    id,
    operation: "backup-prune",
    instance: null,
    home,
    engine,
    summary: `Delete ${gone.length} of ${backups.length} backups (${size})`,
    notes: [...stayNotes(backups.filter(each => !gone.includes(each))), "what is deleted cannot be brought back"],
    wayBack: null,
    steps: [
      ...gone.map(({ sequence, path }) => deleteBackup.step({ sequence, path, note: new Home(home).backupNote(sequence) })),
      ...repositories.map((place, index) =>
        reclaimRoom.step({ place, proof: join(new Home(home).operation(id), `reclaimed-${index + 1}`) }),
      ),
    ],
    result: { deleted: gone.map(({ sequence }) => sequence) },
  });
}

/** Each instance is counted by itself, which surprises whoever reads one list. */
function stayNotes(staying: readonly ListedBackup[]): readonly string[] {
  const instances = [...new Set(staying.map(({ instance }) => instance))];
  return instances.map(instance => {
    const numbers = staying.filter(each => each.instance === instance).map(({ sequence }) => sequence);
    return `${numbers.join(", ")} ${numbers.length === 1 ? "stays" : "stay"}${instances.length === 1 ? "" : ` of ${instance}, which is counted by itself`}`;
  });
}
