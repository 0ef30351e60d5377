import type { InstanceRecord } from "../../domain/instance.ts";
import { chooseInstance } from "../../domain/instances.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { surveyHome } from "../../survey/home.ts";
import { refuseFolderGone } from "../../survey/instance.ts";
import type { Session } from "../session.ts";
import { refuseArguments } from "./compose-refusals.ts";

/** `compose <instance> -- ARGS`: docker compose with the instance's own name and files. Returns its exit code. */
export async function compose(session: Session, name: string, args: readonly string[]): Promise<number> {
  if (args.length === 0)
    throw new OperatorError("USAGE", "There is nothing for docker compose to do.", {
      exit: EXIT.usage,
      hint: `graph-mgr compose ${name} -- ps`,
    });
  refuseArguments(args);
  return await attach(session, await recordOf(session, name), args);
}

export async function logs(
  session: Session,
  name: string | undefined,
  services: readonly string[],
  options: { readonly follow: boolean; readonly tail: string | undefined },
): Promise<number> {
  const { follow, tail } = options;
  if (tail !== undefined && !/^(\d+|all)$/.test(tail))
    throw new OperatorError("USAGE", `--tail takes a number of lines, not "${tail.slice(0, 40)}".`, {
      exit: EXIT.usage,
      hint: "--tail 100",
    });
  const record = await recordOf(session, name);
  const flags = [...(follow ? ["--follow"] : []), ...(tail === undefined ? [] : ["--tail", tail])];
  return await attach(session, record, ["logs", ...flags, "--", ...services]);
}

async function attach(session: Session, record: InstanceRecord, args: readonly string[]): Promise<number> {
  const project = { name: record.project, dir: record.dir, envFiles: record.envFiles };
  if (!session.flags.dryRun) return await session.attach(project, args);
  session.print(`This would run:\n  ${await session.attachedCommand(project, args)}`);
  return EXIT.ok;
}

async function recordOf({ world, home }: Session, name: string | undefined): Promise<InstanceRecord> {
  const { records, current } = await surveyHome(world, home.path);
  const record = chooseInstance(records, current, name);
  await refuseFolderGone(world, record);
  return record;
}
