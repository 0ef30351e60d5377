import { isUp } from "../domain/health.ts";
import { OperatorError } from "../errors.ts";
import type { ContainerDetail, World } from "../host/world.ts";
import { surveyFolder } from "./adopt-folder.ts";
import { otherHomes, recordsOf, surveyEngine } from "./claims.ts";
import { surveyHome } from "./home.ts";
import { releaseOf } from "./product.ts";
import { realFolder } from "./real-folder.ts";

/** A Compose project of the engine, or a folder of releases, that no home knows. */
export interface Candidate {
  /** Null where nothing was made from the folder yet. */
  readonly project: string | null;
  /** Real path; null where its containers do not say it. */
  readonly folder: string | null;
  /** Null where the folder does not say it. */
  readonly release: string | null;
  readonly running: number;
  readonly containers: number;
  /** Why it cannot be adopted as it is; null where nothing speaks against it at first sight. */
  readonly obstacle: string | null;
}

/** What could be adopted: every project that has containers, and what lies in the home's `releases`. Nothing is read of databases. */
export async function surveyCandidates(world: World, homePath: string): Promise<readonly Candidate[]> {
  const [own, state] = await Promise.all([surveyHome(world, homePath), surveyEngine(world)]);
  const known = new Set(own.records.map(({ project }) => project));
  const dirs = new Set(own.records.map(({ dir }) => dir));
  for (const other of otherHomes(state, homePath)) for (const { project } of await recordsOf(world, other)) known.add(project);
  const details = await world.engine.inspect(state.containers.map(({ id }) => id));
  const projects = new Map<string, ContainerDetail[]>();
  for (const each of details)
    if (each.project !== null && !known.has(each.project))
      projects.set(each.project, [...(projects.get(each.project) ?? []), each]);
  const found: Candidate[] = [];
  for (const [project, containers] of [...projects].sort(([a], [b]) => a.localeCompare(b)))
    found.push(await candidateOf(world, project, containers));
  const seen = new Set([...dirs, ...found.flatMap(({ folder }) => folder ?? [])]);
  for (const name of await world.files.list(own.home.releases())) {
    const folder = `${own.home.releases()}/${name}`;
    if (name.startsWith(".") || seen.has(folder) || !(await world.files.isFolder(folder))) continue;
    const said = await saidOf(world, folder);
    found.push({ project: null, folder, ...said, running: 0, containers: 0 });
  }
  return found;
}

async function candidateOf(world: World, project: string, containers: readonly ContainerDetail[]): Promise<Candidate> {
  const dirs = [...new Set(containers.flatMap(({ workingDir }) => workingDir ?? []))];
  const folders = [...new Set(await Promise.all(dirs.map(dir => realFolder(world.files, dir))))];
  const counts = { running: containers.filter(isUp).length, containers: containers.length };
  const [folder] = folders;
  if (folder === undefined || folders.length > 1) {
    const obstacle =
      folder === undefined
        ? "its containers do not say from which folder they were made"
        : `made from several folders: ${folders.join(", ")}`;
    return { project, folder: null, release: null, ...counts, obstacle };
  }
  const [kept] = await world.engine.tagsUnder(`graph-mgr/${project}`);
  const obstacle = kept === undefined ? {} : { obstacle: `another home has it: its images are kept (${kept})` };
  return { project, folder, ...(await saidOf(world, folder)), ...obstacle, ...counts };
}

async function saidOf(world: World, path: string): Promise<Pick<Candidate, "release" | "obstacle">> {
  try {
    if (!(await world.files.exists(path))) return { release: null, obstacle: "its folder is gone" };
    const folder = await surveyFolder(world.files, path);
    return { release: releaseOf(folder.texts, undefined), obstacle: null };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    if (error.code === "NO_RELEASE") return { release: null, obstacle: "say which release it is, with --release" };
    return { release: null, obstacle: error.message };
  }
}
