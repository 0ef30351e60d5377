import { OperatorError } from "../errors.ts";
import type { InstanceRecord } from "./instance.ts";
import { show } from "./names.ts";

/** What leads out of a home where nothing is installed. */
export const FIRST_INSTANCE =
  "graph-mgr install BUNDLE   (or give another --home; what was installed by hand: graph-mgr adopt --scan)";

/** The instance that a command is about: the one that is named, else the current one, else the only one. @throws OperatorError NO_INSTANCE */
export function chooseInstance(
  records: readonly InstanceRecord[],
  current: string | null,
  name: string | undefined,
): InstanceRecord {
  const names = records.map(each => each.name).join(", ");
  if (records.length === 0)
    throw new OperatorError("NO_INSTANCE", "Nothing is installed in this home.", {
      hint: FIRST_INSTANCE,
    });
  if (name === undefined || name === "current") {
    const found = records.find(each => each.name === current) ?? (records.length === 1 ? records[0] : undefined);
    if (found) return found;
    throw new OperatorError("NO_INSTANCE", `No instance is current in this home; there are ${names}.`, {
      hint: "name the one that is meant",
    });
  }
  const found = records.find(each => each.name === name || each.name === `v${name}` || each.project === name);
  if (found) return found;
  throw new OperatorError("NO_INSTANCE", `There is no instance ${show(name)} in this home; there is ${names}.`, {
    hint: "graph-mgr list",
  });
}
