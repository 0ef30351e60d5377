import { ownVolumes } from "../domain/shared-resources.ts";
import type { ContainerDetail, VolumeInfo, World } from "../host/world.ts";
import { type AdoptFolder, defaultProject } from "./adopt-folder.ts";
import { realFolder } from "./real-folder.ts";

/** Containers that Compose made from a folder, by whatever way somebody went into it. */
export interface FolderContainers {
  readonly containers: readonly ContainerDetail[];
  /** Ways other than the folder's real path that some of them were made by: links, which may be switched. */
  readonly links: readonly string[];
}

/** @param all every container of the engine */
export async function containersFrom(
  { files }: Pick<World, "files">,
  folder: string,
  all: readonly ContainerDetail[],
): Promise<FolderContainers> {
  const real = new Map<string, string>();
  for (const { workingDir } of all) if (workingDir !== null) real.set(workingDir, await realFolder(files, workingDir));
  const containers = all.filter(
    ({ workingDir, labels }) =>
      workingDir !== null && real.get(workingDir) === folder && labels["com.docker.compose.oneoff"] !== "True",
  );
  const links = containers.flatMap(({ workingDir }) => (workingDir === null || workingDir === folder ? [] : [workingDir]));
  return { containers, links: [...new Set(links)] };
}

/** Under which project's name an install runs, which its folder alone does not tell: it may have been started with `-p`. */
export interface ChosenProject {
  readonly name: string;
  /** Other projects that have containers from the folder. */
  readonly others: readonly string[];
  /** Where nothing on the engine has the name: projects that have volumes of the same keys, and no container. */
  readonly candidates: readonly string[];
  /** Whether anything on the engine is of this project. */
  readonly isThere: boolean;
  /** Whether it has containers from the folder. */
  readonly hasContainers: boolean;
}

/** By the engine's labels: what was asked for, the only one that has containers from the folder, else Compose's own choice. */
export async function chooseProject(
  world: Pick<World, "compose">,
  folder: AdoptFolder,
  asked: string | undefined,
  {
    containers,
    all,
    volumes,
  }: Pick<FolderContainers, "containers"> & {
    readonly all: readonly ContainerDetail[];
    readonly volumes: readonly VolumeInfo[];
  },
): Promise<ChosenProject> {
  const projects = [...new Set(containers.flatMap(({ project }) => project ?? []))].sort();
  const usual = defaultProject(folder);
  const name = asked ?? (projects.includes(usual) ? usual : (projects[0] ?? usual));
  const others = projects.filter(project => project !== name);
  if (projects.includes(name)) return { name, others, candidates: [], isThere: true, hasContainers: true };
  const model = await world.compose.resolve({ name, dir: folder.path, envFiles: [] });
  const keys = new Set(ownVolumes(model).map(({ key }) => key));
  const byProject = new Map<string, VolumeInfo[]>();
  for (const volume of volumes) {
    const project = volume.labels["com.docker.compose.project"];
    if (project !== undefined && keys.has(volume.labels["com.docker.compose.volume"] ?? ""))
      byProject.set(project, [...(byProject.get(project) ?? []), volume]);
  }
  const own = new Set(ownVolumes(model).map(volume => volume.name));
  const isThere = byProject.has(name) || volumes.some(volume => own.has(volume.name));
  const idle = [...byProject.keys()].filter(project => !all.some(each => each.project === project));
  return { name, others, candidates: isThere ? [] : idle.sort(), isThere, hasContainers: false };
}
