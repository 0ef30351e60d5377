import { proofDifferences, proofToJson } from "../domain/database.ts";
import { OperatorError } from "../errors.ts";
import type { DatabaseAccess } from "../host/world.ts";
import { defineStep } from "../plan/step.ts";
import type { Context, ProjectInput } from "./context.ts";
import { containersOf } from "./launch.ts";

type Database = {
  readonly project: ProjectInput;
  readonly instance: string;
  readonly service: string;
  readonly helperImage: string;
};

const plain = (value: string | null | undefined): string | undefined => value?.replaceAll("$$", "$");

/** Who logs in, by what Compose gives the Postgres service. Read anew each time, because plans and journals hold no secrets. */
async function accessTo({ project, instance, service, helperImage }: Database, context: Context): Promise<DatabaseAccess> {
  const container = (await containersOf(context, project.name)).find(
    each => each.service === service && each.state === "running",
  );
  if (!container) {
    throw new OperatorError("DATABASE_DOWN", `The ${service} of ${instance} is not running.`, {
      hint: `graph-mgr launch ${instance}`,
    });
  }
  const environment = (await context.world.compose.resolve(project)).services[service]?.environment ?? {};
  const user = plain(environment["POSTGRES_USER"]) ?? "postgres";
  const password = plain(environment["POSTGRES_PASSWORD"]);
  if (password === undefined) {
    throw new OperatorError(
      "NO_PASSWORD",
      `${instance} gives its ${service} no POSTGRES_PASSWORD, so its database cannot be reached.`,
      { hint: "set it in the instance's .env" },
    );
  }
  return { containerId: container.id, helperImage, user, database: plain(environment["POSTGRES_DB"]) ?? user, password };
}

type Dump = { readonly source: Database; readonly to: string };

/** One snapshot of everything in the running source, with its proof. The source is only read. */
export const dumpDatabase = defineStep({
  kind: "database.dump",
  title: ({ source }: Dump) => `Dump the database of ${source.instance}, which goes on serving`,
  look: async () => null,
  async do({ source, to }, context: Context) {
    await context.world.postgres.dump(await accessTo(source, context), to, context.progress);
  },
  isDone: ({ to }, { world }) => world.files.exists(to),
  async undo({ to, source }, { world }) {
    await world.trees.remove(`${to}.part`, source.helperImage);
    await world.trees.remove(to, source.helperImage);
  },
});

type Restore = { readonly target: Database; readonly from: string; readonly proof: string };

/** Into the new instance's own fresh cluster, which nobody else can reach yet, and proven equal to what was dumped. */
export const restoreDatabase = defineStep({
  kind: "database.restore",
  title: ({ target }: Restore) => `Restore it into ${target.instance}, and prove that nothing is missing`,
  look: async () => null,
  async do({ target, from, proof }, context: Context) {
    const { postgres, files } = context.world;
    const access = await accessTo(target, context);
    await postgres.restore(access, from, context.progress);
    context.progress("comparing schema, rows, sequences, large objects and roles");
    const copy = await postgres.prove(access);
    const missing = proofDifferences(await postgres.proofOf(from), copy);
    if (missing.length > 0)
      throw new OperatorError("NOT_EQUAL", `The restored database differs: ${missing.slice(0, 5).join("; ")}`);
    await files.write(proof, `${JSON.stringify(proofToJson(copy))}\n`, 0o600);
  },
  isDone: ({ proof }, { world }) => world.files.exists(proof),
  // The cluster lives in a volume of this operation and goes with it.
  undo: ({ proof }, { world }) => world.files.remove(proof),
});

type BaselineInput = { readonly target: Database | null; readonly to: string };

/** What the new release holds before visitors come in: `rollback` says by it what was written since. */
export const takeBaseline = defineStep({
  kind: "data.baseline",
  title: (_: BaselineInput) => "Note what is there before visitors come in",
  look: async () => null,
  async do({ target, to }, context: Context) {
    const { postgres, files, now } = context.world;
    const proof = target === null ? null : await postgres.prove(await accessTo(target, context));
    const baseline = { takenAt: now().toISOString(), proof: proof === null ? null : { entries: proof.entries } };
    await files.write(to, `${JSON.stringify(baseline)}\n`, 0o600);
  },
  isDone: ({ to }, { world }) => world.files.exists(to),
  undo: ({ to }, { world }) => world.files.remove(to),
});

/** Files of the operation that are of no use any more; they may hold secrets. */
export const dropScratch = defineStep({
  kind: "scratch.drop",
  title: (_: { readonly path: string }) => "Remove the scratch copy of the configuration",
  look: async () => null,
  do: ({ path }, { world }: Context) => world.trees.remove(path, null),
  isDone: async ({ path }, { world }) => !(await world.files.exists(path)),
  undo: async () => {},
});

type Drop = { readonly path: string; readonly helperImage: string };

/** Rows do not lie about in a second place longer than they are needed. */
export const dropDump = defineStep({
  kind: "database.drop-dump",
  title: (_: Drop) => "Remove the dump",
  look: async () => null,
  do: ({ path, helperImage }, { world }: Context) => world.trees.remove(path, helperImage),
  isDone: async ({ path }, { world }) => !(await world.files.exists(path)),
  undo: async () => {},
});
