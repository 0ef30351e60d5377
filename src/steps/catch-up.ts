import { join } from "node:path";
import { type DatabaseProof, proofDifferences, proofToJson } from "../domain/database.ts";
import { changesBetween } from "../domain/database-changes.ts";
import { messageOf, OperatorError } from "../errors.ts";
import type { DatabaseAccess } from "../host/world.ts";
import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";
import { accessTo, asSoonAsItAnswers, type Database, refuseOthers, refuseUnequal } from "./database.ts";

/** What is known of the target ahead of the window; it is there for as long as the target holds that and nothing else. */
type Ahead = {
  readonly proof: string;
  /** Of its large tables. */
  readonly lists: string;
};

type List = {
  /** Holds what `dump` holds, and nobody else reaches it. */
  readonly target: Database;
  readonly dump: string;
  readonly lists: string;
};

/** Ahead of the window, so that in it only the source's rows have to be listed. */
export const listRows = defineStep({
  kind: "database.list",
  title: ({ target }: List) => `Note which rows ${target.instance} has by now, so that only what is written later has to follow`,
  look: async () => null,
  async do({ target, dump, lists }, context: Context) {
    const { postgres, files, trees } = context.world;
    await trees.remove(part(lists), target.helperImage);
    await files.makeFolder(part(lists));
    await postgres.prove(await accessTo(target, context), await postgres.proofOf(dump), part(lists));
    await files.rename(part(lists), lists);
  },
  isDone: ({ lists }, { world }) => world.files.exists(lists),
  async undo({ target, lists }, { world }) {
    for (const each of [part(lists), lists]) await world.trees.remove(each, target.helperImage);
  },
});

const part = (lists: string): string => `${lists}.part`;

type Input = {
  /** Runs, and nobody writes into it any more. */
  readonly source: Database;
  /** Holds what `dump` holds, and nobody else reaches it. */
  readonly target: Database;
  readonly dump: string;
  readonly ahead: Ahead;
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
    const [from, to] = await Promise.all([accessTo(source, context), accessTo(target, context)]);
    const ends = { from, to };
    const copy = await moved(input, ends, context);
    await forget(input, context);
    await context.world.files.write(proof, `${JSON.stringify(proofToJson(copy))}\n`, 0o600);
  },
  isDone: ({ proof }, { world }) => world.files.exists(proof),
  async undo(input, context: Context) {
    const { world } = context;
    await world.trees.remove(rowsIn(input), input.source.helperImage);
    await forget(input, context);
    // What is in the target goes with its volume.
    await world.files.remove(input.proof);
  },
});

interface Ends {
  readonly from: DatabaseAccess;
  readonly to: DatabaseAccess;
}

/**
 * Until the source has stood still all the while. A session that came and went is seen by the transactions that the server has counted; since autovacuum
 * counts there as well, only what the source then holds tells.
 */
async function moved(input: Input, ends: Ends, context: Context): Promise<DatabaseProof> {
  const { progress, world } = context;
  const counted = () => asSoonAsItAnswers(context, () => refuseOthers(input.source, ends.from, context));
  let before = await counted();
  let copy = await movedOnce(input, ends, context);
  for (let round = 1; ; round++) {
    const after = await counted();
    if (after === before) return copy;
    before = after;
    progress("seeing that nothing was written meanwhile");
    const missing = proofDifferences(await world.postgres.prove(ends.from, copy), copy);
    if (missing.length === 0 && round >= MANY_ROUNDS) return copy;
    if (round > MANY_ROUNDS)
      throw new OperatorError(
        "OTHER_SESSIONS",
        `Somebody goes on writing to the database of ${input.source.instance}: ${missing[0]}`,
        {
          hint: "end what connects from outside (a report, an open psql), then run the update again",
        },
      );
    if (missing.length > 0) copy = await movedOnce(input, ends, context);
  }
}

const MANY_ROUNDS = 3;

async function movedOnce(input: Input, ends: Ends, context: Context): Promise<DatabaseProof> {
  const clear = () => context.world.trees.remove(rowsIn(input), input.source.helperImage);
  // A run that was cut off may have left some.
  await clear();
  const copy = await followed(input, ends, context).finally(clear);
  return copy ?? (await movedAnew(input, ends, context));
}

/** The proof of the target, if it could follow. */
async function followed(input: Input, { from, to }: Ends, context: Context): Promise<DatabaseProof | null> {
  const { world, progress } = context;
  const { postgres, files } = world;
  // It is taken away for another one; see below.
  if (!(await files.exists(input.dump))) return null;
  progress("looking for what has been written since");
  const like = await postgres.proofOf(input.dump);
  const isAsBefore = await files.exists(input.ahead.lists);
  const rows = rowsIn(input);
  const lists = { source: join(rows, "source"), target: isAsBefore ? taken(input) : join(rows, "target") };
  // Both may have been started just now, after a cut.
  const whenUp = <T>(work: () => Promise<T>) => asSoonAsItAnswers(context, work);
  const [source, before] = await Promise.all([
    whenUp(() => postgres.prove(from, like, lists.source)),
    isAsBefore
      ? whenUp(() => postgres.check(to)).then(() => readProof(input.ahead.proof, context))
      : whenUp(() => postgres.prove(to, like, lists.target)),
  ]);
  const changes = changesBetween(source, before);
  if (changes.kind === "all") {
    progress(`moving everything once more, because not only rows have changed: ${changes.why}`);
    return null;
  }
  // A run that goes on after a cut shall not take the target for what it was.
  if (isAsBefore) await files.rename(input.ahead.lists, taken(input));
  let after: DatabaseProof;
  try {
    const moving = changes.kind === "rows" ? changes.databases : [];
    for (const { database, tables } of moving) progress(`moving what has changed in ${tables.length} tables of ${database}`);
    after =
      moving.length === 0
        ? await postgres.prove(to, like)
        : await postgres.follow(from, to, moving, { dir: join(rows, "moving"), lists, like });
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return onceMore(`What was written meanwhile did not go in by itself (${messageOf(error)})`, context);
  }
  const missing = proofDifferences(source, after);
  if (missing.length === 0) return after;
  return onceMore(`What was written meanwhile did not come out equal by itself (${missing[0]})`, context);
}

const taken = ({ ahead }: Input): string => `${ahead.lists}.taken`;

async function forget(input: Input, { world }: Context): Promise<void> {
  for (const each of [input.ahead.lists, taken(input)]) await world.trees.remove(each, input.source.helperImage);
}

async function readProof(path: string, { world }: Context): Promise<DatabaseProof> {
  const text = await world.files.read(path);
  if (text === null) throw new Error(`${path} is gone`);
  return JSON.parse(text) as DatabaseProof;
}

function onceMore(why: string, { progress, remark }: Context): null {
  progress(why);
  remark(`${why}, so everything was moved once more.`);
  return null;
}

/** As if nothing had been moved before; the dump of then makes room for that of now. */
async function movedAnew(input: Input, { from, to }: Ends, context: Context): Promise<DatabaseProof> {
  const { dump, source } = input;
  const { postgres, trees } = context.world;
  await forget(input, context);
  await asSoonAsItAnswers(context, () => Promise.all([from, to].map(postgres.check)));
  await postgres.empty(to, dump);
  await trees.remove(dump, source.helperImage);
  await postgres.dump(from, dump, context.progress);
  const copy = await postgres.restore(to, dump, context.progress);
  refuseUnequal(await postgres.proofOf(dump), copy);
  return copy;
}
