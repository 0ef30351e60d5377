import { type DatabaseProof, proofDifferences, proofToJson } from "../domain/database.ts";
import { changesBetween } from "../domain/database-changes.ts";
import { messageOf, OperatorError } from "../errors.ts";
import type { DatabaseAccess } from "../host/world.ts";
import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";
import { accessTo, asSoonAsItAnswers, type Database, refuseUnequal } from "./database.ts";

type Input = {
  /** Runs, and nobody writes into it any more. */
  readonly source: Database;
  /** Holds what `dump` holds, and nobody else reaches it. */
  readonly target: Database;
  readonly dump: string;
  /** Where it is written down that both are equal. */
  readonly proof: string;
};

const rowsIn = ({ dump }: Input): string => `${dump}.rows`;

/**
 * The end of a move that began while the source was still written to: only what has changed since is moved, or everything anew where
 * that cannot be told apart or does not come out equal. What is there is looked at each time, so a run that goes on after a cut needs to know nothing.
 */
export const catchUp = defineStep({
  kind: "database.catch-up",
  title: ({ source, target }: Input) =>
    `Move what was written to the database of ${source.instance} since, and prove that ${target.instance} lacks nothing`,
  look: async () => null,
  async do(input, context: Context) {
    const { source, target, proof } = input;
    const ends = { from: await accessTo(source, context), to: await accessTo(target, context) };
    const copy = (await followed(input, ends, context)) ?? (await movedAnew(input, ends, context));
    await context.world.files.write(proof, `${JSON.stringify(proofToJson(copy))}\n`, 0o600);
  },
  isDone: ({ proof }, { world }) => world.files.exists(proof),
  async undo(input, { world }) {
    await world.trees.remove(rowsIn(input), input.source.helperImage);
    // What is in the target goes with its volume.
    await world.files.remove(input.proof);
  },
});

interface Ends {
  readonly from: DatabaseAccess;
  readonly to: DatabaseAccess;
}

/** The proof of the target, if it could follow. */
async function followed(input: Input, { from, to }: Ends, context: Context): Promise<DatabaseProof | null> {
  const { world, progress } = context;
  const { postgres, trees, files } = world;
  // It is taken away for another one; see below.
  if (!(await files.exists(input.dump))) return null;
  progress("comparing both databases");
  const like = await postgres.proofOf(input.dump);
  // Both may have been started just now, after a cut.
  const [source, before] = await asSoonAsItAnswers(context, () =>
    Promise.all([postgres.prove(from, like), postgres.prove(to, like)]),
  );
  const changes = changesBetween(source, before);
  if (changes.kind === "none") return before;
  if (changes.kind === "all") {
    progress(`moving everything once more, because not only rows have changed: ${changes.why}`);
    return null;
  }
  try {
    for (const each of changes.databases) {
      progress(`moving what has changed in ${each.tables.length} tables of ${each.database}`);
      await postgres.follow(from, to, each, rowsIn(input));
    }
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return onceMore(`What was written meanwhile did not go in by itself (${messageOf(error)})`, context);
  } finally {
    await trees.remove(rowsIn(input), input.source.helperImage);
  }
  progress("comparing both databases");
  const after = await postgres.prove(to, like);
  const missing = proofDifferences(source, after);
  if (missing.length === 0) return after;
  return onceMore(`What was written meanwhile did not come out equal by itself (${missing[0]})`, context);
}

function onceMore(why: string, { progress, remark }: Context): null {
  progress(why);
  remark(`${why}, so everything was moved once more.`);
  return null;
}

/** As if nothing had been moved before; the dump of then makes room for that of now. */
async function movedAnew({ dump, source }: Input, { from, to }: Ends, context: Context): Promise<DatabaseProof> {
  const { postgres, trees } = context.world;
  await asSoonAsItAnswers(context, () => Promise.all([from, to].map(postgres.check)));
  await postgres.empty(to, dump);
  await trees.remove(dump, source.helperImage);
  await postgres.dump(from, dump, context.progress);
  const copy = await postgres.restore(to, dump, context.progress);
  refuseUnequal(await postgres.proofOf(dump), copy);
  return copy;
}
