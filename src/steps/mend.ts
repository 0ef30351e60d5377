import { several } from "../domain/units.ts";
import { defineStep } from "../plan/step.ts";
import { containersOf } from "./containers.ts";
import type { Context } from "./context.ts";

type Modes = { readonly files: readonly { readonly path: string; readonly mode: number }[] };
type OldModes = readonly { readonly path: string; readonly mode: number | null }[];

/** A link has no mode of its own, and what it leads to is not meant. */
const modeOf = async (path: string, { world: { files } }: Context): Promise<number | null> =>
  (await files.readLink(path)) === null ? await files.mode(path) : null;

/** Takes other people's access to files and folders away. */
export const mendModes = defineStep({
  kind: "files.modes",
  title: ({ files }: Modes) =>
    `Take other people's access away from ${files.length === 1 ? (files[0]?.path ?? "") : several(files.length, "file")}`,
  async look({ files }, context: Context): Promise<OldModes> {
    const old = [];
    for (const { path } of files) old.push({ path, mode: await modeOf(path, context) });
    return old;
  },
  async do({ files }, context) {
    for (const { path, mode } of files) {
      const now = await modeOf(path, context);
      if (now !== null && now !== mode) await context.world.files.changeMode(path, mode);
    }
  },
  async isDone({ files }, context) {
    for (const { path, mode } of files) {
      const now = await modeOf(path, context);
      if (now !== null && now !== mode) return false;
    }
    return true;
  },
  async undo(_, context, before) {
    for (const { path, mode } of before) {
      const now = await modeOf(path, context);
      if (mode !== null && now !== null && now !== mode) await context.world.files.changeMode(path, mode);
    }
  },
});

type Policies = {
  readonly project: string;
  /** By the container's name: what Compose made anew meanwhile has another id, and the same one. */
  readonly policies: readonly { readonly container: string; readonly policy: string }[];
};

/** Puts restart policies back that somebody changed by hand. */
export const mendPolicies = defineStep({
  kind: "containers.policies",
  title: ({ policies }: Policies) =>
    `Put the restart policy back of ${policies.map(({ container, policy }) => `${container} (${policy})`).join(", ")}`,
  async look({ project, policies }, context: Context): Promise<Policies["policies"]> {
    const there = await containersOf(context, project);
    return there
      .filter(({ name }) => policies.some(({ container }) => container === name))
      .map(({ name, restartPolicy }) => ({ container: name, policy: restartPolicy }));
  },
  do: ({ project, policies }, context) => put(project, policies, context),
  async isDone({ project, policies }, context) {
    const there = await containersOf(context, project);
    return policies.every(({ container, policy }) =>
      there.every(({ name, restartPolicy }) => name !== container || restartPolicy === policy),
    );
  },
  undo: ({ project }, context, before) => put(project, before, context),
});

async function put(project: string, policies: Policies["policies"], context: Context): Promise<void> {
  for (const { id, name, restartPolicy } of await containersOf(context, project)) {
    const wanted = policies.find(({ container }) => container === name)?.policy ?? restartPolicy;
    if (wanted !== restartPolicy) await context.world.engine.setRestartPolicy(id, wanted);
  }
}

type Helpers = { readonly home: string; readonly containers: readonly string[] };

/** What a killed command left. Every operation begins with it, so it may be done already. */
export const sweepHelpers = defineStep({
  kind: "helpers.sweep",
  title: ({ containers }: Helpers) => `Remove what a killed command left: ${containers.join(", ")}`,
  look: async () => null,
  async do({ home }, { world }: Context) {
    await world.engine.sweep(home);
  },
  async isDone({ containers }, { world }) {
    return !(await world.engine.containers()).some(({ name }) => containers.includes(name));
  },
  // A helper holds nothing that would be missed.
  undo: null,
});

/** What is made anew when it is needed. */
export const dropCache = defineStep({
  kind: "cache.drop",
  title: ({ path }: { readonly path: string }) => `Delete ${path}, which is made anew`,
  look: async () => null,
  do: ({ path }, { world }: Context) => world.files.remove(path),
  isDone: async ({ path }, { world }) => !(await world.files.exists(path)),
  undo: null,
});
