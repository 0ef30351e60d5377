import { type Finding, fine, remark, risky } from "../../domain/finding.ts";
import { Home } from "../../domain/home.ts";
import { LABELS } from "../../domain/instance.ts";
import { maintenanceName } from "../../domain/maintenance.ts";
import type { DoctorFacts } from "../../survey/doctor/facts.ts";

/** F19 F25: what carries this home's mark and belongs to nothing any more. Data is never mended away. */
export function judgeStrays(facts: DoctorFacts): readonly Finding[] {
  const { home } = facts;
  const operations = "value" in home.operations ? home.operations.value : [];
  const unfinished = new Set(operations.filter(({ outcome }) => outcome === "unfinished").map(({ plan }) => plan.id));
  const found = [...folders(facts, unfinished), ...onEngine(facts, unfinished)];
  return found.length > 0 || !home.isThere ? found : [fine("strays", home.path, "nothing is left over")];
}

function folders({ home }: DoctorFacts, unfinished: ReadonlySet<string>): readonly Finding[] {
  const known = new Set(home.records.map(({ dir }) => dir));
  const own = new Home(home.path);
  return home.folders.flatMap(name => {
    const path = own.instanceDir(name);
    const [, operation] = /^\.staging-(.+)$/.exec(name) ?? [];
    if (operation !== undefined)
      return unfinished.has(operation)
        ? []
        : [
            risky("strays", path, "an instance that was never finished, and whose operation is over", {
              cure: `rm -r ${path}   (after a look into it)`,
            }),
          ];
    // What cannot be read says nothing about its folder.
    if (known.has(path) || home.broken.some(each => each.path === own.record(name)) || name.startsWith(".")) return [];
    return [
      remark("strays", path, "a folder among the releases that no record knows", {
        cure: `graph-mgr adopt ${path} --dry-run   (tells whether it is an installation that was made by hand)`,
      }),
    ];
  });
}

function onEngine({ engine, home, instances, ownTags }: DoctorFacts, unfinished: ReadonlySet<string>): readonly Finding[] {
  if (!("value" in engine)) return [];
  const { containers, volumes, networks } = engine.value;
  const records = instances.map(({ record }) => record);
  // With a record that cannot be read nobody can tell whose they are.
  if (home.broken.length > 0)
    return [remark("strays", home.path, "what belongs to nothing on the engine cannot be told while a record cannot be read")];
  const ours = (labels: Readonly<Record<string, string>>) =>
    labels[LABELS.home] === home.path && !unfinished.has(labels[LABELS.operation] ?? "");
  const projects = new Set([...records, ...home.removed.map(({ record }) => record)].map(({ project }) => project));
  const kept = new Set(
    [...records, ...home.removed.map(({ record }) => record)].flatMap(each => each.volumes.map(({ name }) => name)),
  );
  const found: Finding[] = [];
  for (const { name, labels } of volumes)
    if (ours(labels) && !kept.has(name))
      found.push(
        risky("strays", name, "a volume of this home that no instance has", {
          cure: `look into it; if nobody needs what is in it: docker volume rm ${name}`,
        }),
      );
  for (const { name, labels, state } of containers) {
    if (!ours(labels)) continue;
    if (labels["graph-mgr.helper"] !== undefined) {
      // One that runs may be at work for a command that only looks.
      if (state !== "running" || (labels[LABELS.operation] ?? "") !== "")
        found.push(
          risky("strays", name, `a helper container (${state}) that a command left which was killed`, {
            cure: `docker rm --force ${name}`,
            fixes: [{ kind: "helper", container: name }],
          }),
        );
    } else if (!records.some(({ project }) => name === maintenanceName(project)))
      found.push(
        risky("strays", name, `a container (${state}) of this home that stands in for no instance`, {
          cure: `docker rm --force ${name}   (after looking at what it is)`,
        }),
      );
  }
  for (const { project, workingDir } of containers)
    if (
      project !== null &&
      !projects.has(project) &&
      (workingDir ?? "").startsWith(`${home.path}/releases/`) &&
      !found.some(({ subject }) => subject === project)
    )
      found.push(
        risky("strays", project, `containers that run from ${workingDir} belong to no instance`, {
          cure: home.folders.some(name => workingDir === new Home(home.path).instanceDir(name))
            ? `graph-mgr adopt ${workingDir} --dry-run   (if it was started by hand, this shows how it is taken over)`
            : `docker compose -p ${project} down   (its folder is gone; never with -v)`,
        }),
      );
  const projectOf = (labels: Readonly<Record<string, string>>) => labels["com.docker.compose.project"] ?? "";
  const gone = volumes.filter(({ labels }) => ours(labels)).map(({ labels }) => projectOf(labels));
  // What is of no project, as the engine's own networks, is nobody's.
  const ownProjects = new Set(gone.filter(project => project !== ""));
  for (const { name, labels } of networks) {
    const project = projectOf(labels);
    if (ownProjects.has(project) && !projects.has(project))
      found.push(remark("strays", name, "a network of a project that is gone", { cure: `docker network rm ${name}` }));
  }
  return [...found, ...tags(ownProjects, projects, ownTags)];
}

/** Other homes on this engine have such tags as well, so only those count whose project left volumes of this home. */
const tags = (ownProjects: ReadonlySet<string>, projects: ReadonlySet<string>, ownTags: DoctorFacts["ownTags"]) =>
  ownTags.flatMap(({ name }) => {
    const [, project = ""] = name.split("/");
    return ownProjects.has(project) && !projects.has(project)
      ? [remark("strays", name, "an image is kept for a project that is gone", { cure: `docker image rm ${name}` })]
      : [];
  });
