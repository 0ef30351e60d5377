import { resolve } from "node:path";
import { chooseInstance } from "../../domain/instances.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { planDump, planRestore, usualDumpFolder } from "../../operations/postgres.ts";
import { surveyHome } from "../../survey/home.ts";
import { databaseAccess, surveyDump, surveyPostgres } from "../../survey/postgres.ts";
import { carryOut } from "../carry-out.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";

export interface PostgresArgs {
  readonly action: string;
  readonly instance: string | undefined;
  readonly to: string | undefined;
  readonly from: string | undefined;
}

const usage = (message: string, hint: string) => new OperatorError("USAGE", message, { exit: EXIT.usage, hint });

/** `postgres dump|restore|shell`: a database by hand. Of `shell` the exit code is psql's. */
export async function postgres(session: Session, args: PostgresArgs): Promise<number | undefined> {
  const { action, to, from } = args;
  if (to !== undefined && action !== "dump") throw usage("--to belongs to `postgres dump`.", "graph-mgr postgres --help");
  if (from !== undefined && action !== "restore")
    throw usage("--from belongs to `postgres restore`.", "graph-mgr postgres --help");
  if (action === "dump") return await dump(session, args);
  if (action === "restore") return await restore(session, args);
  if (action === "shell") return await shell(session, args);
  throw usage(`\`postgres\` can dump, restore and shell, not "${action.slice(0, 40)}".`, "graph-mgr postgres dump");
}

const factsOf = async ({ world, home }: Session, name: string | undefined) => {
  const { records, current } = await surveyHome(world, home.path);
  return await surveyPostgres(world, chooseInstance(records, current, name), home.path, current);
};

async function dump(session: Session, { instance, to }: PostgresArgs): Promise<undefined> {
  const { world, home, cwd } = session;
  const begun = world.now();
  const carried = await carryOut(session, {
    command: "postgres dump",
    answers: {},
    claimsEngine: false,
    isRoutine: true,
    onFailure: "undo",
    makePlan: async () => {
      const facts = await factsOf(session, instance);
      const { name } = facts.instance.record;
      const path = to === undefined ? usualDumpFolder(home.path, name, begun) : resolve(cwd, to);
      return planDump(await surveyDump(world, facts, path), { now: world.now(), random: world.random(4) });
    },
  });
  if (!carried) return;
  await reportFinished(session, carried);
  const path = carried.result?.["dump"];
  if (!session.flags.json && typeof path === "string") session.print(`  ${path}`);
}

async function restore(session: Session, { instance, from }: PostgresArgs): Promise<undefined> {
  const { world, cwd } = session;
  if (from === undefined) throw usage("`postgres restore` needs to know from where.", "graph-mgr postgres restore --from DIR");
  const dir = resolve(cwd, from);
  const carried = await carryOut(session, {
    command: "postgres restore",
    answers: {},
    claimsEngine: false,
    isRoutine: false,
    onFailure: "undo",
    makePlan: async () => {
      // Before anything else: whether it is a dump at all.
      await world.postgres.proofOf(dir);
      return planRestore(await factsOf(session, instance), dir, { now: world.now(), random: world.random(4) });
    },
  });
  if (carried) await reportFinished(session, carried);
}

/** psql of the database's own container, at the operator's terminal or fed by a pipe. */
async function shell(session: Session, { instance }: PostgresArgs): Promise<number> {
  const { world, home, flags } = session;
  if (flags.json) throw usage("`postgres shell` prints what psql prints; it has no --json.", "leave --json out");
  const { records, current } = await surveyHome(world, home.path);
  const { containerId, user, database, password } = await databaseAccess(world, chooseInstance(records, current, instance));
  const words = ["psql", "--no-password"];
  const environment = { PGUSER: user, PGDATABASE: database, PGPASSWORD: password };
  if (!flags.dryRun) return await session.enter(containerId, words, environment);
  session.print(`This would run:\n  ${session.enterCommand(containerId, words, environment)}`);
  return EXIT.ok;
}
