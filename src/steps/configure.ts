import { editCompose } from "../domain/compose-edit.ts";
import { namedEnvFiles } from "../domain/compose-env-files.ts";
import { composeSources } from "../domain/compose-sources.ts";
import { EnvFile } from "../domain/env-file.ts";
import { portPlace } from "../domain/isolation.ts";
import type { Product } from "../domain/product.ts";
import { literalsOf, newSecrets } from "../domain/secrets.ts";
import { OperatorError } from "../errors.ts";
import { defineStep } from "../plan/step.ts";
import { answersIn, type Context, type Isolation, type ProjectInput, readerOf, valuesIn } from "./context.ts";

type Input = Isolation & {
  readonly project: ProjectInput;
  /** Which file each key of `--set` goes to; the values stand in the operation's answers. */
  readonly set: { readonly [key: string]: string };
  readonly answers: string | null;
  /** How secrets change, and what repeats them; null for an instance whose data depends on the secrets that it has. */
  readonly secrets: {
    /** Where new values go. */
    readonly file: string;
    /** Folder with the vendor's own files: what the values were. */
    readonly pristine: string;
    readonly generate: boolean;
    readonly known: Product["secrets"] & readonly { readonly [key: string]: string | readonly string[] | undefined }[];
  } | null;
};

/**
 * Every file of the instance as it shall be, by relative path. Computed from what is there, so it can be asked again
 * after a cut: what is already as wanted comes out unchanged.
 */
async function wantedTexts(
  input: Input,
  context: Context,
): Promise<ReadonlyMap<string, { readonly old: string; readonly text: string }>> {
  const { project } = input;
  const read = readerOf(context, project.dir);
  const texts = new Map<string, { old: string; text: string }>();
  const edit = async (path: string, change: (env: EnvFile) => EnvFile) => {
    const have = texts.get(path) ?? (text => ({ old: text, text }))((await read(path)) ?? "");
    texts.set(path, { ...have, text: change(EnvFile.parse(have.text)).text });
  };

  const env = EnvFile.parse((await read(".env")) ?? "");
  const sources = await composeSources(read, { composeFile: literalsOf(env)["COMPOSE_FILE"] ?? null });
  const model = await context.world.compose.resolve(project);
  const edited = editCompose(sources, model, {
    project: project.name,
    volumes: input.volumes,
    networks: input.networks,
    containers: input.containers,
    ports: input.ports,
    binds: input.binds,
    images: await imageIds(input, context),
  });
  for (const { path, text } of edited.sources)
    texts.set(path, { old: sources.find(source => source.path === path)?.text ?? "", text });

  await edit(".env", file => file.with("COMPOSE_PROJECT_NAME", project.name));
  for (const [key, value] of Object.entries(edited.env)) {
    // Where several files say it, the last one counts.
    const texts = await Promise.all(project.envFiles.map(async path => ({ path, text: (await read(path)) ?? "" })));
    const said = texts.findLast(({ text }) => EnvFile.parse(text).raw(key) !== null);
    await edit(said?.path ?? ".env", file => file.with(key, value));
  }
  const answers = await answersIn(input.answers, context);
  for (const [key, path] of Object.entries(input.set)) {
    const value = answers[key];
    if (value === undefined)
      throw new OperatorError("ANSWER_MISSING", `The value that --set gave for ${key} is no longer there.`, {
        hint: "graph-mgr undo",
      });
    await edit(path, file => file.with(key, value));
  }
  if (input.secrets !== null) {
    const { file, pristine, generate, known } = input.secrets;
    const paths = [".env", ...project.envFiles, file];
    const shipped = await valuesIn(paths, readerOf(context, pristine));
    const now = await valuesIn(paths, async path => texts.get(path)?.text ?? (await read(path)));
    const made = newSecrets({ secrets: known }, { shipped, now }, generate ? () => context.world.random(24) : null);
    await edit(file, env => Object.entries(made).reduce((result, [key, value]) => result.with(key, value), env));
  }
  return texts;
}

async function imageIds({ images }: Input, { world }: Context): Promise<Readonly<Record<string, string>>> {
  const services = Object.entries(images);
  const infos = await world.engine.images(services.map(([, own]) => own));
  return Object.fromEntries(
    services.map(([service, own], index) => {
      const id = infos[index]?.id;
      if (id === undefined)
        throw new OperatorError("IMAGE_MISSING", `The engine has no image ${own} for the service ${service}.`);
      return [service, id];
    }),
  );
}

/** Env files hold secrets, whatever their mode in the bundle. */
async function envFilesOf({ project, secrets }: Input, context: Context): Promise<readonly string[]> {
  const read = readerOf(context, project.dir);
  const composeFile = literalsOf(EnvFile.parse((await read(".env")) ?? ""))["COMPOSE_FILE"] ?? null;
  const named = (await composeSources(read, { composeFile })).flatMap(namedEnvFiles);
  return [...new Set([".env", ...project.envFiles, ...(secrets ? [secrets.file] : []), ...named])];
}

/** Exact edits to the instance's own files: names, ports, image ids, settings, secrets. The folder is still in staging, so undo has nothing to do. */
export const configure = defineStep({
  kind: "instance.configure",
  title: ({ project, ports }: Input) =>
    `Give the instance its own names (${project.name}_...)${ports.map(port => `, ${portPlace(port)} on port ${port.host}`).join("")}`,
  look: async () => null,
  async do(input, context: Context) {
    const { files } = context.world;
    for (const [path, { old, text }] of await wantedTexts(input, context)) {
      if (old !== text) await files.write(`${input.project.dir}/${path}`, text);
    }
    for (const path of await envFilesOf(input, context)) {
      const full = `${input.project.dir}/${path}`;
      const mode = await files.mode(full);
      if (mode !== null && mode !== 0o600) await files.changeMode(full, 0o600);
    }
  },
  async isDone(input, context) {
    for (const path of await envFilesOf(input, context)) {
      const mode = await context.world.files.mode(`${input.project.dir}/${path}`);
      if (mode !== null && mode !== 0o600) return false;
    }
    return [...(await wantedTexts(input, context)).values()].every(({ old, text }) => old === text);
  },
  undo: null,
});
