import { type ConfigChange, historyToText, parseHistory } from "../domain/config-history.ts";
import { textDigest } from "../domain/text-digest.ts";
import { OperatorError } from "../errors.ts";
import { defineStep } from "../plan/step.ts";
import { answersIn, type Context } from "./context.ts";
import { missingAbove, removeEmpty } from "./missing-folders.ts";

type Version = {
  /** Folder of the instance. */
  readonly dir: string;
  /** Relative to it. */
  readonly path: string;
  /** sha256 of what stands there, under which it is kept. */
  readonly digest: string;
  readonly attic: string;
};

const changedMeanwhile = (path: string): OperatorError =>
  new OperatorError("CONFIG_CHANGED", `${path} was changed since it was looked at.`, { hint: "run the same again" });

/** Before a file is changed, so that it can be put back also long afterwards. */
export const keepVersion = defineStep({
  kind: "config.keep",
  title: ({ path }: Version) => `Keep ${path} as it is now`,
  look: async ({ attic, digest }, context: Context) => ({
    existed: await context.world.files.exists(`${attic}/${digest}`),
    missing: await missingAbove(`${attic}/${digest}`, context),
  }),
  async do({ dir, path, digest, attic }, { world: { files } }) {
    const text = await files.read(`${dir}/${path}`);
    if (text === null || textDigest(text) !== digest) throw changedMeanwhile(`${dir}/${path}`);
    await files.write(`${attic}/${digest}`, text, 0o600);
  },
  isDone: async ({ attic, digest }, { world: { files } }) => textDigest(await files.read(`${attic}/${digest}`)) === digest,
  async undo({ attic, digest }, context, { existed, missing }) {
    if (existed) await context.world.files.clearPart(`${attic}/${digest}`);
    else await context.world.files.remove(`${attic}/${digest}`);
    await removeEmpty(missing, context);
  },
});

type Write = {
  readonly instance: string;
  readonly dir: string;
  readonly path: string;
  /** sha256 of the texts, or `absent`. */
  readonly before: string;
  readonly after: string;
  /** Where the new text stands by its path, because it may hold secrets. */
  readonly answers: string;
  readonly attic: string;
};

/** One file of the configuration, whole and at once. What somebody else wrote meanwhile is never overwritten, neither on the way nor back. */
export const writeConfig = defineStep({
  kind: "config.write",
  title: ({ path, after, instance }: Write) => `${after === "absent" ? "Delete" : "Write"} ${path} of ${instance}`,
  look: async ({ dir, path, after, attic }, context: Context) => ({
    missing: await missingAbove(`${dir}/${path}`, context),
    missingAttic: await missingAbove(`${attic}/${after}`, context),
    isKept: await context.world.files.exists(`${attic}/${after}`),
  }),
  async do({ dir, path, before, after, answers, attic }, context) {
    const { files } = context.world;
    const full = `${dir}/${path}`;
    const now = textDigest(await files.read(full));
    if (now === after) return await files.clearPart(full);
    if (now !== before) throw changedMeanwhile(full);
    if (after === "absent") return await files.remove(full);
    const text = (await answersIn(answers, context))[path];
    if (text === undefined)
      throw new OperatorError("ANSWER_MISSING", `The new text of ${path} is no longer there.`, { hint: "graph-mgr undo" });
    // Also the new text, so that what this change did can still be told once somebody has edited the file by hand.
    await files.write(`${attic}/${after}`, text, 0o600);
    await files.write(full, text, now === "absent" ? 0o600 : undefined);
  },
  isDone: async ({ dir, path, after }, { world }) => textDigest(await world.files.read(`${dir}/${path}`)) === after,
  async undo({ dir, path, before, after, attic }, context, { missing, missingAttic, isKept }) {
    const { files } = context.world;
    const full = `${dir}/${path}`;
    const now = textDigest(await files.read(full));
    if (now === after && before !== after) {
      if (before === "absent") await files.remove(full);
      else await files.write(full, (await files.read(`${attic}/${before}`)) ?? "", after === "absent" ? 0o600 : undefined);
    } else if (now === before) await files.clearPart(full);
    else context.remark(`${full} was changed by somebody else meanwhile, and stays as it is.`);
    if (isKept) await files.clearPart(`${attic}/${after}`);
    else await files.remove(`${attic}/${after}`);
    await removeEmpty([...missing, ...missingAttic], context);
  },
});

type Note = {
  readonly path: string;
  /** The operation that made the instance. */
  readonly of: string;
  readonly change: ConfigChange;
};

/** What `config history` lists. */
export const noteChange = defineStep({
  kind: "config.note",
  title: ({ change }: Note) => `Note it as change ${change.number}`,
  look: async ({ path }, context: Context) => ({
    text: await context.world.files.read(path),
    missing: await missingAbove(path, context),
  }),
  async do({ path, of, change }, { world: { files } }, before) {
    const history = parseHistory(before.text, path, of);
    await files.write(path, historyToText({ ...history, changes: [...history.changes, change] }), 0o600);
  },
  isDone: async ({ path, of, change }, { world: { files } }) =>
    parseHistory(await files.read(path), path, of).changes.some(({ operation }) => operation === change.operation),
  async undo({ path }, context, { text, missing }) {
    const { files } = context.world;
    if (text === null) await files.remove(path);
    else await files.write(path, text, 0o600);
    await removeEmpty(missing, context);
  },
});
