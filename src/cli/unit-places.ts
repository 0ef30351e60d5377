import { resolve } from "node:path";
import { EXIT, OperatorError } from "../errors.ts";
import { placeOf, type UnitPlace } from "../survey/units.ts";
import type { Arguments } from "./arguments.ts";
import type { Session } from "./session.ts";

/** The place that was named, or all where units of ours may be. @throws OperatorError USAGE */
export function unitPlaces({ world, cwd }: Session, args: Arguments): readonly [UnitPlace, ...UnitPlace[]] {
  const folder = args.text("unit-dir");
  if (args.flag("user") && folder !== undefined)
    throw new OperatorError("USAGE", "--user and --unit-dir are two places for units.", {
      exit: EXIT.usage,
      hint: "give one of them",
    });
  if (folder !== undefined) return [{ dir: resolve(cwd, folder), scope: null }];
  return args.flag("user") ? [placeOf(world, "user")] : [placeOf(world, "system"), placeOf(world, "user")];
}
