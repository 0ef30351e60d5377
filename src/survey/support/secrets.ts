import { join } from "node:path";
import { Home } from "../../domain/home.ts";
import type { InstanceRecord } from "../../domain/instance.ts";
import { type KnownSecrets, pairsOfEnv, pairsOfYaml, secretsAmong } from "../../domain/known-secrets.ts";
import { plainText } from "../../domain/shared-resources.ts";
import type { World } from "../../host/world.ts";
import { attempt, orNull } from "../doctor/looked.ts";

type Pair = readonly [string, string];
const MOST_SECRET_FILE = 64 * 1024;

/**
 * Every secret that can be known: of env files and compose files as they are written, of what Compose makes of them, of what the containers
 * were started with, and of what operations were given. Stays in the survey.
 * @param texts the instances' env files and compose files
 */
export async function surveySecrets(
  world: World,
  homePath: string,
  records: readonly InstanceRecord[],
  texts: { readonly env: readonly string[]; readonly yaml: readonly string[] },
): Promise<KnownSecrets> {
  const pairs: Pair[] = [...texts.env.flatMap(pairsOfEnv), ...texts.yaml.flatMap(pairsOfYaml)];
  for (const record of records) pairs.push(...(await ofModel(world, record)));
  pairs.push(...(await ofContainers(world, records)), ...(await ofAnswers(world, homePath)));
  return secretsAmong(pairs);
}

async function ofModel(world: World, { project, dir, envFiles }: InstanceRecord): Promise<readonly Pair[]> {
  const model = orNull(await attempt(() => world.compose.resolve({ name: project, dir, envFiles })));
  if (model === null) return [];
  const environments = Object.values(model.services).flatMap(({ environment = {} }) =>
    Object.entries(environment).map(([key, value]): Pair => [key, plainText(value ?? "")]),
  );
  const files: Pair[] = [];
  for (const each of Object.values(model.secrets ?? {})) {
    const path = typeof each === "object" && each !== null && "file" in each && typeof each.file === "string" ? each.file : null;
    if (path === null) continue;
    const text = orNull(await attempt(() => world.files.read(plainText(path)))) ?? "";
    if (text.length <= MOST_SECRET_FILE) files.push(["SECRET", text.trim()]);
  }
  return [...environments, ...files];
}

async function ofContainers({ engine }: World, records: readonly InstanceRecord[]): Promise<readonly Pair[]> {
  const projects = new Set(records.map(({ project }) => project));
  const all = orNull(await attempt(() => engine.containers())) ?? [];
  const pairs: Pair[] = [];
  for (const { id } of all.filter(({ project }) => project !== null && projects.has(project)))
    for (const line of orNull(await attempt(() => engine.environment(id))) ?? []) pairs.push(pairOf(line));
  return pairs;
}

const pairOf = (line: string): Pair => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)];

/** What `--set` gave to an operation that is not finished. */
async function ofAnswers({ files }: World, homePath: string): Promise<readonly Pair[]> {
  const home = new Home(homePath);
  const pairs: Pair[] = [];
  for (const id of orNull(await attempt(() => files.list(home.operations()))) ?? []) {
    const text = orNull(await attempt(() => files.read(join(home.operation(id), "answers.json"))));
    const answers = text === null ? null : orNull(await attempt(async () => JSON.parse(text) as Record<string, unknown>));
    for (const [key, value] of Object.entries(answers ?? {})) pairs.push([key, String(value)]);
  }
  return pairs;
}
