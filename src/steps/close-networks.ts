import { composeRoots } from "../domain/compose-sources.ts";
import { EnvFile } from "../domain/env-file.ts";
import { literalsOf } from "../domain/secrets.ts";
import { OperatorError } from "../errors.ts";
import { defineStep } from "../plan/step.ts";
import { type Context, type ProjectInput, readerOf } from "./context.ts";

type Input = {
  readonly project: ProjectInput;
  readonly instance: string;
  /** Keys of its own networks, as Compose resolves them. */
  readonly networks: readonly string[];
};

/** Read after the instance's own files, so that it has the last word. */
const FILE = "graph-mgr-closed-networks.yml";

async function isClosed({ project, networks }: Input, { world }: Context): Promise<boolean> {
  const model = await world.compose.resolve(project);
  return networks.every(key => model.networks?.[key]?.internal === true);
}

/** Of an instance that is there for a trial, before anything of it starts: nothing in it reaches what is outside. Its folder goes with it. */
export const closeNetworks = defineStep({
  kind: "networks.close",
  title: ({ instance }: Input) => `Let the networks of ${instance} lead nowhere`,
  look: async () => null,
  async do(input, context: Context) {
    const { project, networks } = input;
    const { files } = context.world;
    const read = readerOf(context, project.dir);
    const env = EnvFile.parse((await read(".env")) ?? "");
    const settings = literalsOf(env);
    const separator = settings["COMPOSE_PATH_SEPARATOR"] || ":";
    const roots = await composeRoots(read, { composeFile: settings["COMPOSE_FILE"] ?? null, separator });
    const text = `networks:\n${networks.map(key => `  ${JSON.stringify(key)}:\n    internal: true\n`).join("")}`;
    await files.write(`${project.dir}/${FILE}`, text);
    const all = [...roots.filter(path => path !== FILE), FILE].join(separator);
    await files.write(`${project.dir}/.env`, env.with("COMPOSE_FILE", all).text, 0o600);
    if (!(await isClosed(input, context)))
      throw new OperatorError(
        "NOT_EXACT",
        `The networks of ${input.instance} cannot be closed: Compose would still let them lead outside.`,
        {
          hint: "graph-mgr backup verify   (reads every byte of a backup, and starts nothing)",
        },
      );
  },
  isDone: isClosed,
  undo: null,
});
