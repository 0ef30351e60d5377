import { ofRelease } from "../domain/by-release.ts";
import { textDigest } from "../domain/text-digest.ts";
import { EXIT, OperatorError } from "../errors.ts";
import { defineStep } from "../plan/step.ts";
import { answersIn, type Context } from "./context.ts";

type Input = {
  /** The instance that is left. */
  readonly from: string;
  /** The new release, while it is in staging. */
  readonly to: string;
  /** The administrator's files as they were when the merge was shown: their digests, or `absent`, by relative path. */
  readonly seen: { readonly [path: string]: string };
  /** Files that the merge changes, by relative path; the texts stand in the operation's answers, because they hold secrets. */
  readonly paths: readonly string[];
  readonly answers: string;
  /** Where an update of several hops merges for several releases: it stands before the paths there. */
  readonly release?: string;
};

/** @throws OperatorError CONFIG_CHANGED where the merge was made of something else than what is there now */
async function refuseEdited({ from, seen }: Input, { world }: Context, hint: string): Promise<void> {
  for (const [path, digest] of Object.entries(seen)) {
    if (textDigest(await world.files.read(`${from}/${path}`)) === digest) continue;
    throw new OperatorError("CONFIG_CHANGED", `${from}/${path} was changed after the merge was shown.`, {
      exit: EXIT.refused,
      hint,
    });
  }
}

async function wanted({ paths, answers, release }: Input, context: Context): Promise<readonly (readonly [string, string])[]> {
  const texts = await answersIn(answers, context);
  return paths.map(path => {
    const text = texts[release === undefined ? path : ofRelease(release, path)];
    if (text === undefined)
      throw new OperatorError("ANSWER_MISSING", `The merged ${path} is no longer there.`, { hint: "graph-mgr undo" });
    return [path, text] as const;
  });
}

/** Writes the merged configuration, exactly as it was shown, into the new release. That is still in staging, so undo has nothing to do. */
export const mergeConfiguration = defineStep({
  kind: "configuration.merge",
  title: ({ paths, release }: Input) =>
    `${paths.length === 0 ? "Take the vendor's configuration as it is" : `Merge the configuration (${paths.join(", ")})`}${release === undefined ? "" : ` for ${release}`}`,
  look: async () => null,
  async do(input, context: Context) {
    const { files } = context.world;
    for (const [path, text] of await wanted(input, context)) {
      const to = `${input.to}/${path}`;
      const isNew = !path.endsWith(".env") && !(await files.exists(to));
      // What only the administrator has must stay readable for containers that are not root.
      const mode = isNew ? await files.mode(`${input.from}/${path}`) : null;
      await files.write(to, text, mode ?? undefined);
    }
  },
  // Asked before `do` and after it, and also where the merge writes nothing or was cut off after its last file.
  async isDone(input, context) {
    await refuseEdited(input, context, "run the update again, to see the merge anew");
    for (const [path, text] of await wanted(input, context))
      if ((await context.world.files.read(`${input.to}/${path}`)) !== text) return false;
    return true;
  },
  // What is edited while the update waits to be gone on with is in no merge any more.
  untouched: (input, context) =>
    refuseEdited(input, context, "graph-mgr undo   (the edit stays; the update, begun again, merges it)"),
  undo: null,
});
