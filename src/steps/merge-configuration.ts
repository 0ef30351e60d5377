import { hash } from "node:crypto";
import { ofRelease } from "../domain/by-release.ts";
import { OperatorError } from "../errors.ts";
import { defineStep } from "../plan/step.ts";
import { answersIn, type Context } from "./context.ts";

type Input = {
  /** The instance that is left. */
  readonly from: string;
  /** The new release, while it is in staging. */
  readonly to: string;
  /** The administrator's files as they were when the merge was shown: their digests, by relative path. */
  readonly seen: { readonly [path: string]: string };
  /** Files that the merge changes, by relative path; the texts stand in the operation's answers, because they hold secrets. */
  readonly paths: readonly string[];
  readonly answers: string;
  /** Where an update of several hops merges for several releases: it stands before the paths there. */
  readonly release?: string;
};

/** What a file is recognised by. */
export const textDigest = (text: string): string => hash("sha256", text);

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
    for (const [path, digest] of Object.entries(input.seen)) {
      const text = await files.read(`${input.from}/${path}`);
      if (text !== null && textDigest(text) === digest) continue;
      throw new OperatorError("CONFIG_CHANGED", `${input.from}/${path} was changed after the merge was shown.`, {
        hint: "run the update again, to see the merge anew",
      });
    }
    for (const [path, text] of await wanted(input, context)) {
      const to = `${input.to}/${path}`;
      const isNew = !path.endsWith(".env") && !(await files.exists(to));
      // What only the administrator has must stay readable for containers that are not root.
      const mode = isNew ? await files.mode(`${input.from}/${path}`) : null;
      await files.write(to, text, mode ?? undefined);
    }
  },
  async isDone(input, context) {
    for (const [path, text] of await wanted(input, context))
      if ((await context.world.files.read(`${input.to}/${path}`)) !== text) return false;
    return true;
  },
  undo: async () => {},
});
