import type { ComposeModel } from "../domain/compose-model.ts";
import { type LinkedFolder, linkedFolders } from "../domain/linked-folders.ts";
import { modelDifferences } from "../domain/model-differences.ts";
import { shellWord } from "../domain/shell-word.ts";
import { OperatorError } from "../errors.ts";
import { defineStep } from "../plan/step.ts";
import { type Context, type Isolation, type ProjectInput, readerOf, valuesIn } from "./context.ts";

type Input = Isolation & {
  /** The files before the edits, resolved under the instance's own project name. */
  readonly before: ProjectInput;
  readonly after: ProjectInput;
  /** What it may write to behind a link that leads out of it; missing: nothing. */
  readonly shared?: readonly string[];
  /** Env keys whose values were meant to change. */
  readonly changedEnv: readonly string[];
};

async function differences({ before, after, images, ...names }: Input, { world }: Context): Promise<readonly string[]> {
  const services = Object.entries(images);
  const infos = await world.engine.images(services.map(([, own]) => own));
  const settings = await valuesOf(after, names.changedEnv, { world });
  const [was, is] = [await world.compose.resolve(before, settings), await world.compose.resolve(after)];
  return modelDifferences(was, is, {
    isolation: {
      project: after.name,
      volumes: names.volumes,
      networks: names.networks,
      containers: names.containers,
      ports: names.ports,
      binds: names.binds,
      images: Object.fromEntries(services.map(([service], index) => [service, infos[index]?.id ?? ""])),
    },
    beforeDir: before.dir,
    afterDir: after.dir,
    changedEnv: [...names.changedEnv, ...keysOf(is, names)],
  });
}

/** The new values of what was meant to change: the vendor's files must come to the same with them. */
async function valuesOf(after: ProjectInput, keys: readonly string[], context: Pick<Context, "world">) {
  const values = await valuesIn(after.envFiles.length > 0 ? after.envFiles : [".env"], readerOf(context, after.dir));
  const changed = Object.entries(values).filter(([key]) => keys.includes(key) && !key.startsWith("COMPOSE_"));
  return Object.fromEntries(changed.flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])));
}

/** Ports and folders that stand in `.env` come into containers through `env_file: .env`, with nothing else in their value. */
function keysOf({ services }: ComposeModel, { ports, binds }: Pick<Input, "ports" | "binds">): readonly string[] {
  const hosts = new Set(ports.map(({ host }) => String(host)));
  const folders = Object.values(binds);
  const isOurs = (value: string) =>
    hosts.has(value) || folders.some(folder => value === folder || value.startsWith(`${folder}/`));
  return Object.values(services).flatMap(({ environment = {} }) =>
    Object.keys(environment).filter(key => isOurs(environment[key] ?? "")),
  );
}

/** Files that came from elsewhere may look like folders of the instance, and lead anywhere. */
async function linkOut({ after, shared }: Input, { world }: Context): Promise<LinkedFolder | undefined> {
  const model = await world.compose.resolve(after);
  const linked = await linkedFolders(path => world.files.readLink(path), model, after.dir);
  return linked.find(({ target }) => shared?.includes(target) !== true);
}

const linkError = (first: LinkedFolder, { shared }: Input): OperatorError =>
  new OperatorError(
    "LINK_OUTSIDE",
    `${first.service} writes to ${first.path}, which is a link to ${first.target}: outside of the instance's folder, where others may write as well.`,
    {
      hint:
        shared === undefined
          ? "ask where the files come from"
          : `--share-bind ${shellWord(first.target)}   (when sharing it is meant; and ask where the backup comes from)`,
    },
  );

/** What Compose makes of the edited files is what it made of the vendor's, but for the intended names. Changes nothing. */
export const verifyIsolation = defineStep({
  kind: "instance.verify",
  title: ({ after }: Input) => `Check that Compose sees only the intended changes in ${after.name}`,
  look: async () => null,
  async do(input, context: Context) {
    const link = await linkOut(input, context);
    if (link !== undefined) throw linkError(link, input);
    const found = await differences(input, context);
    if (found.length > 0) {
      throw new OperatorError(
        "NOT_EXACT",
        `The compose file cannot be given names of its own exactly; Compose would see other changes: ${found.slice(0, 5).join("; ")}`,
        {
          hint: "ask the vendor for a compose file without this, or edit it by hand in a copy of the bundle",
        },
      );
    }
  },
  isDone: async (input, context) =>
    (await linkOut(input, context)) === undefined && (await differences(input, context)).length === 0,
  undo: null,
});
