import { OperatorError } from "../../errors.ts";

/** Flags of docker compose itself that take a value in the word behind them. */
const GLOBALS_WITH_VALUE = ["--ansi", "--parallel", "--profile", "--progress"];

/** What aims at another project than the one that was named. */
const AIMING = ["project-name", "file", "project-directory", "env-file", "workdir"];

interface Refused {
  readonly verb: string;
  readonly short: string;
  readonly long: string;
  readonly what: string;
  readonly hint: string;
}
const DELETING: readonly Refused[] = [
  {
    verb: "down",
    short: "v",
    long: "volumes",
    what: "`down -v` deletes the database",
    hint: "graph-mgr remove NAME --volumes --confirm NAME",
  },
  { verb: "rm", short: "v", long: "volumes", what: "`rm -v` deletes volumes", hint: "leave -v out" },
  {
    verb: "up",
    short: "V",
    long: "renew-anon-volumes",
    what: "`up -V` replaces volumes by empty ones",
    hint: "leave -V out",
  },
];

/** Short flags of `down`, `rm` and `up` whose value may stand in the same word: `-t10`. What is behind one of them is no flag. */
const SHORT_WITH_VALUE = ["t"];

const isShort = (arg: string): boolean => /^-[^-]/.test(arg);

/** docker compose takes no abbreviations; `=value` may follow. */
const isLong = (arg: string, name: string): boolean => arg === `--${name}` || arg.startsWith(`--${name}=`);

/** A flag may stand in a cluster, `-fsv`, with a value, `-v=true`. */
function hasShort(arg: string, letter: string): boolean {
  if (!isShort(arg)) return false;
  for (const each of arg.slice(1)) {
    if (each === letter) return true;
    if (each === "=" || SHORT_WITH_VALUE.includes(each)) return false;
  }
  return false;
}

/**
 * Refuses what would delete data, or aim at another project than the one that was named.
 * @param args what stands behind `docker compose`
 * @throws OperatorError REFUSED_ARGUMENTS
 */
export function refuseArguments(args: readonly string[]): void {
  const at = args.findIndex((arg, index) => !arg.startsWith("-") && !GLOBALS_WITH_VALUE.includes(args[index - 1] ?? ""));
  const [globals, verb, rest] = at < 0 ? [args, "", []] : [args.slice(0, at), args[at] ?? "", args.slice(at + 1)];
  // Of compose's own flags only -p and -f aim elsewhere, and nothing can stand before them in a cluster but -v and -h.
  const aiming = globals.find(arg => AIMING.some(name => isLong(arg, name)) || (isShort(arg) && /[pf]/.test(arg)));
  if (aiming !== undefined)
    throw refused(
      "graph-mgr itself says which project and files are meant",
      "leave -p, -f, --project-directory and --env-file out",
    );
  for (const { verb: of, short, long, what, hint } of DELETING) {
    if (verb === of && rest.some(arg => isLong(arg, long) || hasShort(arg, short))) throw refused(what, hint);
  }
}

const refused = (what: string, hint: string) =>
  new OperatorError("REFUSED_ARGUMENTS", `These arguments are not passed on: ${what}.`, { hint });
