import { dirname } from "node:path";
import { type DatabaseProof, proofDifferences, proofToJson } from "../domain/database.ts";
import { loginIn } from "../domain/database-login.ts";
import type { Baseline } from "../domain/losses.ts";
import { OperatorError } from "../errors.ts";
import type { DatabaseAccess } from "../host/world.ts";
import { defineStep } from "../plan/step.ts";
import { containersOf } from "./containers.ts";
import type { Context, ProjectInput } from "./context.ts";
import { missingAbove, removeEmpty } from "./missing-folders.ts";
import { refuseGoneVolumes } from "./own-volumes.ts";

export type Database = {
  readonly project: ProjectInput;
  readonly instance: string;
  readonly service: string;
  readonly helperImage: string;
};

/** Who logs in, by what Compose gives the Postgres service. Read anew each time, because plans and journals hold no secrets. */
export async function accessTo({ project, instance, service, helperImage }: Database, context: Context): Promise<DatabaseAccess> {
  const container = (await containersOf(context, project.name)).find(
    each => each.service === service && each.state === "running",
  );
  if (!container) {
    throw new OperatorError("DATABASE_DOWN", `The ${service} of ${instance} is not running.`, {
      hint: `graph-mgr launch ${instance}`,
    });
  }
  const { user, database, password } = loginIn((await context.world.compose.resolve(project)).services[service]?.environment);
  if (password === undefined) {
    throw new OperatorError(
      "NO_PASSWORD",
      `${instance} gives its ${service} no POSTGRES_PASSWORD, so its database cannot be reached.`,
      { hint: "set it in the instance's .env" },
    );
  }
  return { containerId: container.id, helperImage, user, database, password };
}

/** The same on the way back, when the machine may have stopped it meanwhile; the step that started it stops it again. */
async function startedAccess(database: Database, context: Context): Promise<DatabaseAccess> {
  const { world } = context;
  await refuseGoneVolumes(context, database.project);
  await world.compose.up(database.project, [database.service]);
  const access = await accessTo(database, context);
  await asSoonAsItAnswers(context, () => world.postgres.check({ ...access, database: "template1" }));
  return access;
}

/** Of servers that may still be starting. @throws OperatorError DATABASE_LOGIN when they let nobody in for too long */
export async function asSoonAsItAnswers<T>({ world }: Context, work: () => Promise<T>): Promise<T> {
  for (const until = world.elapsedMs() + START_TIMEOUT_MS; ; await world.pause(500, new AbortController().signal)) {
    try {
      return await work();
    } catch (error) {
      const isStarting = error instanceof OperatorError && error.code === "DATABASE_LOGIN";
      if (!isStarting || world.elapsedMs() > until) throw error;
    }
  }
}

const START_TIMEOUT_MS = 120_000;

/** @throws OperatorError NOT_EQUAL */
export function refuseUnequal(source: DatabaseProof, copy: DatabaseProof): void {
  const missing = proofDifferences(source, copy);
  if (missing.length > 0)
    throw new OperatorError("NOT_EQUAL", `The restored database differs: ${missing.slice(0, 5).join("; ")}`, {
      hint: "the source is untouched; try it once more, and if it differs again, keep the folder `.graph-mgr/operations` and ask for help",
    });
}

type Dump = {
  readonly source: Database;
  readonly to: string;
  /** Reads it from end to end before it counts. */
  readonly readBack?: boolean;
  /** Not compressed, so that a repository finds again what has not changed. */
  readonly isPlain?: boolean;
};

const unread = (to: string): string => `${to}.unread`;

/** One snapshot of everything in the running source, with its proof. The source is only read. */
export const dumpDatabase = defineStep({
  kind: "database.dump",
  title: ({ source }: Dump) => `Dump the database of ${source.instance}`,
  look: async ({ to }, context: Context) => ({ missing: await missingAbove(to, context) }),
  async do({ source, to, readBack = false, isPlain = false }, context: Context) {
    const { postgres, files, trees } = context.world;
    const access = await accessTo(source, context);
    await files.makeFolder(dirname(to));
    if (!readBack) return await postgres.dump(access, to, context.progress, isPlain);
    // It gets its name when it was read, so that a run that goes on after a cut does not take an unread one for done.
    await trees.remove(unread(to), source.helperImage);
    await postgres.dump(access, unread(to), context.progress, isPlain);
    await postgres.verify(unread(to), source.helperImage, context.progress);
    await files.rename(unread(to), to);
  },
  isDone: ({ to }, { world }) => world.files.exists(to),
  async undo({ to, source }, context, before) {
    const { world } = context;
    for (const each of [`${unread(to)}.part`, unread(to), `${to}.part`]) await world.trees.remove(each, source.helperImage);
    await world.trees.remove(to, source.helperImage);
    // Journals of older versions do not say it.
    await removeEmpty(before?.missing ?? [], context);
  },
});

type Restore = {
  readonly target: Database;
  readonly from: string;
  readonly proof: string;
  /** The server is one that stays, and is to be as empty afterwards as it was; else it goes with its volume. */
  readonly empties?: boolean;
};

/** Into the new instance's own fresh cluster, which nobody else can reach yet, and proven equal to what was dumped. */
export const restoreDatabase = defineStep({
  kind: "database.restore",
  title: ({ target }: Restore) => `Restore it into ${target.instance}, and prove that nothing is missing`,
  async look({ target, empties = false }, context: Context): Promise<{ readonly wasEmpty: boolean } | null> {
    if (!empties) return null;
    const { databases } = await context.world.postgres.describe(await accessTo(target, context));
    return { wasEmpty: databases.every(({ tables }) => tables === 0) };
  },
  async do({ target, from, proof }, context: Context) {
    const { postgres, files } = context.world;
    const access = await accessTo(target, context);
    const copy = await postgres.restore(access, from, context.progress);
    refuseUnequal(await postgres.proofOf(from), copy);
    await files.write(proof, `${JSON.stringify(proofToJson(copy))}\n`, 0o600);
  },
  isDone: ({ proof }, { world }) => world.files.exists(proof),
  async undo({ target, from, proof }, context, before) {
    // What was there before the restore is not ours to take away; without `before` the cluster lives in a volume that goes itself.
    if (before?.wasEmpty === true) await context.world.postgres.empty(await startedAccess(target, context), from);
    await context.world.files.remove(proof);
  },
});

/**
 * Whoever else is connected could write what does not move any more.
 * @returns how far the server has counted: while that stands still, nobody has written
 * @throws OperatorError OTHER_SESSIONS
 */
export async function refuseOthers({ instance }: Database, access: DatabaseAccess, { world }: Context): Promise<string> {
  const { sessions, nextTransactionId } = await world.postgres.activity(access);
  if (sessions.length === 0) return nextTransactionId;
  const who = sessions.map(({ user, application, address }) => [user, application, address].filter(Boolean).join(" "));
  throw new OperatorError(
    "OTHER_SESSIONS",
    `Others are connected to the database of ${instance}: ${who.slice(0, 5).join(", ")}.`,
    {
      hint: "end what connects from outside (a report, an open psql), then run the update again",
    },
  );
}

/** Only looks. */
export const databaseAlone = defineStep({
  kind: "database.alone",
  title: ({ source }: { readonly source: Database }) => `See that nobody else is on the database of ${source.instance}`,
  look: async () => null,
  async do({ source }, context: Context) {
    await refuseOthers(source, await accessTo(source, context), context);
  },
  isDone: async ({ source }, context) =>
    (await context.world.postgres.activity(await accessTo(source, context))).sessions.length === 0,
  undo: null,
});

type BaselineInput = {
  readonly target: Database | null;
  readonly to: string;
  /** Folders with data; plans of older versions do not name them. */
  readonly trees?: readonly { readonly name: string; readonly path: string }[];
  /** Docker's names of volumes with files, which plans of older versions do not name either. */
  readonly volumes?: readonly string[];
  readonly helperImage?: string;
};

/** What the new release holds before visitors come in: `rollback` says by it what was written since. */
export const takeBaseline = defineStep({
  kind: "data.baseline",
  title: (_: BaselineInput) => "Note what is there before visitors come in",
  look: async () => null,
  async do({ target, to, trees = [], volumes = [], helperImage = null }, context: Context) {
    const { postgres, files, engine, now, trees: folders } = context.world;
    const proven = async () => (target === null ? null : await postgres.prove(await accessTo(target, context)));
    const inFolders = async () => {
      const seen: Record<string, string> = {};
      for (const { name, path } of trees)
        if (await files.isFolder(path)) seen[name] = await folders.fingerprint(path, helperImage);
      return seen;
    };
    // At once, because visitors wait for it.
    const [proof, seen, inVolumes] = await Promise.all([
      proven(),
      inFolders(),
      helperImage === null ? {} : engine.volumeFingerprints(volumes, helperImage),
    ]);
    const baseline: Baseline = {
      takenAt: now().toISOString(),
      proof: proof === null ? null : { entries: proof.entries },
      trees: seen,
      volumes: inVolumes,
    };
    await files.write(to, `${JSON.stringify(baseline)}\n`, 0o600);
  },
  isDone: ({ to }, { world }) => world.files.exists(to),
  undo: ({ to }, { world }) => world.files.remove(to),
});

/** Files of the operation that are of no use any more; they may hold secrets. */
export const dropScratch = defineStep({
  kind: "scratch.drop",
  title: (_: { readonly path: string }) => "Clear away what is needed no more",
  look: async () => null,
  do: ({ path }, { world }: Context) => world.trees.remove(path, null),
  isDone: async ({ path }, { world }) => !(await world.files.exists(path)),
  undo: null,
});

type Drop = { readonly path: string; readonly helperImage: string };

/** Rows do not lie about in a second place longer than they are needed. */
export const dropDump = defineStep({
  kind: "database.drop-dump",
  title: (_: Drop) => "Remove the dump",
  look: async () => null,
  do: ({ path, helperImage }, { world }: Context) => world.trees.remove(path, helperImage),
  isDone: async ({ path }, { world }) => !(await world.files.exists(path)),
  undo: null,
});
