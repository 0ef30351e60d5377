import type { InstanceRecord } from "../../domain/instance.ts";
import { chooseInstance } from "../../domain/instances.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { surveyHome } from "../../survey/home.ts";
import type { Session } from "../session.ts";

/** What would delete data, or aim at another project than the one that was named. */
const REFUSED: readonly { readonly isIn: (args: readonly string[]) => boolean; readonly what: string; readonly hint: string }[] =
  [
    {
      isIn: args => verbOf(args) === "down" && has(args, "v", "--volumes"),
      what: "`down -v` deletes the database",
      hint: "graph-mgr remove NAME --volumes --confirm NAME",
    },
    { isIn: args => verbOf(args) === "rm" && has(args, "v", "--volumes"), what: "`rm -v` deletes volumes", hint: "leave -v out" },
    {
      isIn: args => verbOf(args) === "up" && has(args, "V", "--renew-anon-volumes"),
      what: "`up -V` replaces volumes by empty ones",
      hint: "leave -V out",
    },
    {
      isIn: args => globalsOf(args).some(isAim),
      what: "graph-mgr itself says which project and files are meant",
      hint: "leave -p, -f, --project-directory and --env-file out",
    },
  ];

const VALUE_FLAGS = ["--ansi", "--parallel", "--profile", "--progress"];

/** Arguments before the verb. */
function globalsOf(args: readonly string[]): readonly string[] {
  const end = args.findIndex((arg, index) => !arg.startsWith("-") && !VALUE_FLAGS.includes(args[index - 1] ?? ""));
  return end < 0 ? args : args.slice(0, end);
}
const verbOf = (args: readonly string[]): string => args[globalsOf(args).length] ?? "";
const restOf = (args: readonly string[]): readonly string[] => args.slice(globalsOf(args).length + 1);

/** A short flag may stand in a cluster: `-fsv`. */
const has = (args: readonly string[], short: string, long: string): boolean =>
  restOf(args).some(arg => arg === long || arg.startsWith(`${long}=`) || (/^-[A-Za-z]+$/.test(arg) && arg.includes(short)));

const isAim = (arg: string): boolean =>
  /^(-p|-f)/.test(arg) || /^--(project-name|file|project-directory|env-file|workdir)(=|$)/.test(arg);

/** `compose <instance> -- ARGS`: docker compose with the instance's own name and files. */
export async function compose(session: Session, name: string, args: readonly string[]): Promise<number> {
  const record = await recordOf(session, name);
  if (args.length === 0)
    throw new OperatorError("USAGE", "There is nothing for docker compose to do.", {
      exit: EXIT.usage,
      hint: `graph-mgr compose ${record.name} -- ps`,
    });
  const refused = REFUSED.find(({ isIn }) => isIn(args));
  if (refused)
    throw new OperatorError("REFUSED_ARGUMENTS", `These arguments are not passed on: ${refused.what}.`, { hint: refused.hint });
  return await session.attach({ name: record.project, dir: record.dir, envFiles: record.envFiles }, args);
}

export async function logs(
  session: Session,
  name: string | undefined,
  services: readonly string[],
  options: { readonly follow: boolean; readonly tail: string | undefined },
): Promise<number> {
  const record = await recordOf(session, name);
  const flags = [...(options.follow ? ["--follow"] : []), ...(options.tail === undefined ? [] : ["--tail", options.tail])];
  return await session.attach({ name: record.project, dir: record.dir, envFiles: record.envFiles }, [
    "logs",
    ...flags,
    "--",
    ...services,
  ]);
}

async function recordOf({ world, home }: Session, name: string | undefined): Promise<InstanceRecord> {
  const { records, current } = await surveyHome(world, home.path);
  return chooseInstance(records, current, name);
}
