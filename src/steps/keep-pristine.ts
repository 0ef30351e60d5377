import { posix } from "node:path";
import { BROUGHT_FILE, type Brought, broughtToText } from "../domain/brought.ts";
import type { Files } from "../host/world.ts";
import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";

type Input = { readonly from: string; readonly to: string; readonly paths: readonly string[]; readonly release: string };

/** The vendor's own texts of this cut of the release: the base of later merges and of the check that only names were changed. */
export const keepPristine = defineStep({
  kind: "pristine.keep",
  title: ({ release }: Input) => `Keep the vendor's own files of ${release}`,
  look: async ({ to }, { world }: Context) => ({ existed: await world.files.exists(to) }),
  async do(input, context) {
    const { from, to, paths } = input;
    await copyTexts(input, context);
    // Of the rest it is enough to know whether it is still what the vendor brought.
    const others = await othersBelow(context.world.files, from, new Set(paths));
    await context.world.files.write(`${to}.part/${BROUGHT_FILE}`, broughtToText(others), 0o600);
    await context.world.files.rename(`${to}.part`, to);
  },
  isDone: ({ to }, { world }) => world.files.exists(to),
  async undo({ to }, { world }, { existed }) {
    await world.trees.remove(`${to}.part`, null);
    if (!existed) await world.trees.remove(to, null);
  },
});

/** Of a release whose bundle nobody has: a base with nothing in it, so that nothing is taken for the vendor's. */
export const noPristine = defineStep({
  kind: "pristine.none",
  title: ({ release }: { readonly to: string; readonly release: string }) =>
    `Note that the vendor's own files of ${release} are not known`,
  look: async ({ to }, { world }: Context) => ({ existed: await world.files.exists(to) }),
  do: ({ to }, { world }) => world.files.write(`${to}/${BROUGHT_FILE}`, broughtToText({}), 0o600),
  isDone: ({ to }, { world }) => world.files.exists(`${to}/${BROUGHT_FILE}`),
  async undo({ to }, { world }, { existed }) {
    if (!existed) await world.trees.remove(to, null);
  },
});

/** The same of the merged configuration, before graph-mgr's own edits: what the check of these compares with. Holds secrets. */
export const keepMerged = defineStep({
  ...keepPristine,
  kind: "configuration.keep",
  title: (_: Input) => "Keep the merged configuration, to compare with",
  async do(input, context) {
    await copyTexts(input, context);
    await context.world.files.rename(`${input.to}.part`, input.to);
  },
});

async function copyTexts({ from, to, paths }: Input, { world: { files, trees } }: Context): Promise<void> {
  await trees.remove(`${to}.part`, null);
  for (const path of paths) await files.write(`${to}.part/${path}`, (await files.read(`${from}/${path}`)) ?? "", 0o600);
}

const OWNER_LISTS = 0o500;

async function othersBelow(files: Files, dir: string, texts: ReadonlySet<string>, folder = ""): Promise<Brought> {
  const found: Record<string, string> = {};
  for (const name of await files.list(posix.join(dir, folder))) {
    const path = posix.join(folder, name);
    const what = texts.has(path) ? null : await files.imprint(`${dir}/${path}`);
    if (what === null) continue;
    found[path] = what;
    // A vendor may close a folder to its owner, who is whoever unpacked it.
    const isOpen = what === "folder" && (((await files.mode(`${dir}/${path}`)) ?? 0) & OWNER_LISTS) === OWNER_LISTS;
    if (isOpen) Object.assign(found, await othersBelow(files, dir, texts, path));
  }
  return found;
}
