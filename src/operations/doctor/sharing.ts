import { broken, type Finding, fine, remark, risky } from "../../domain/finding.ts";
import { isUp } from "../../domain/health.ts";
import type { EngineLook } from "../../survey/doctor/engine.ts";
import type { DoctorFacts } from "../../survey/doctor/facts.ts";
import { linkCure } from "../refusals.ts";

type Container = EngineLook["containers"][number];

/** F08 F10 F11 F36 F37 F44: what two projects have in common, seen on the engine and in the files. */
export function judgeSharing(facts: DoctorFacts): readonly Finding[] {
  const { engine, instances } = facts;
  if (!("value" in engine)) return [];
  const found = [
    ...sharedVolumes(facts, engine.value),
    ...sharedDevices(facts, engine.value),
    ...foreignNetworks(facts, engine.value),
    ...sharedNames(facts),
    ...sharedFolders(facts),
    ...outsiders(facts),
    ...links(facts),
  ];
  return found.length > 0 || instances.length === 0 ? found : [fine("sharing", "instances", "nothing is shared by two")];
}

const projectOf = ({ project, name }: Container): string => project ?? name;
const isPostgres = (target: string): boolean => target.startsWith("/var/lib/postgresql");

/** Two that run and may write: of Postgres that is the end of the data. */
function sharedVolumes({ instances }: DoctorFacts, { containers }: EngineLook): readonly Finding[] {
  const own = new Map(instances.flatMap(({ record }) => record.volumes.map(({ name }) => [name, record.name] as const)));
  const users = new Map<string, { container: Container; target: string }[]>();
  for (const container of containers.filter(isUp))
    for (const { name, writable, target } of container.mounts)
      if (name !== null && writable && own.has(name)) users.set(name, [...(users.get(name) ?? []), { container, target }]);
  return [...users].flatMap(([volume, all]) => {
    if (new Set(all.map(({ container }) => projectOf(container))).size < 2) return [];
    const names = all.map(({ container }) => container.name);
    const servers = all.filter(({ target }) => isPostgres(target)).length;
    const what =
      servers > 1
        ? `${servers} Postgres servers run on its volume ${volume}, which destroys it`
        : `containers of several projects write to its volume ${volume}`;
    return [
      broken("sharing", own.get(volume) ?? volume, `${what}: ${names.join(", ")}`, {
        cure: `docker stop ${names.join(" ")}   (all of them; then see which is right)`,
      }),
    ];
  });
}

/** F44: two names, one directory. */
function sharedDevices({ instances }: DoctorFacts, { volumes }: EngineLook): readonly Finding[] {
  return instances.flatMap(({ record, files }) => {
    const devices = "value" in files ? files.value.devices : [];
    return devices.flatMap(({ name, device }) => {
      const other = volumes.find(each => each.name !== name && each.options["device"] === device);
      return other === undefined
        ? []
        : [
            broken("sharing", record.name, `its volume ${name} and the volume ${other.name} are one directory, ${device}`, {
              cure: "give one of them a directory of its own, and a volume made for it",
            }),
          ];
    });
  });
}

/** On one network containers answer to each other's service names. */
function foreignNetworks({ instances }: DoctorFacts, { containers }: EngineLook): readonly Finding[] {
  return instances.flatMap(({ record }) =>
    record.networks.flatMap(({ name }) => {
      const guests = containers.filter(each => each.project !== record.project && each.networks.includes(name));
      if (guests.length === 0) return [];
      const said = `on its network ${name} are also ${guests.map(each => each.name).join(", ")}: a service name may be answered by them`;
      return [
        risky("sharing", record.name, said, {
          cure: `docker network disconnect ${name} ${guests[0]?.name}   (where it does not belong there)`,
        }),
      ];
    }),
  );
}

/** Of one home; those of others are told by the engine. */
function sharedNames({ instances }: DoctorFacts): readonly Finding[] {
  const found: Finding[] = [];
  for (const [at, { record }] of instances.entries()) {
    for (const { record: other } of instances.slice(at + 1)) {
      const names = (of: typeof record) => [
        `the project ${of.project}`,
        ...of.volumes.map(({ name }) => `the volume ${name}`),
        ...of.networks.map(({ name }) => `the network ${name}`),
        `the folder ${of.dir}`,
      ];
      const common = names(record).filter(name => names(other).includes(name));
      if (common.length > 0)
        found.push(
          broken("sharing", `${record.name} and ${other.name}`, `both have ${common.join(", ")}`, {
            cure: `graph-mgr remove ${other.name}   (the one that is too many)`,
          }),
        );
      const ports = record.ports.filter(
        ({ host, protocol }) => host !== null && other.ports.some(each => each.host === host && each.protocol === protocol),
      );
      if (ports.length > 0)
        found.push(
          remark(
            "ports",
            `${record.name} and ${other.name}`,
            `both publish port ${[...new Set(ports.map(({ host }) => host))].join(", ")}, so only one of them can run at a time`,
          ),
        );
    }
  }
  return found;
}

/** Folders outside that two instances write to, or the containers of one. */
function sharedFolders({ instances }: DoctorFacts): readonly Finding[] {
  const writes = instances.flatMap(({ record, files }) =>
    [...new Set("value" in files ? files.value.writableOutside : [])].map(path => ({ name: record.name, path })),
  );
  return writes.flatMap(({ name, path }, at) =>
    writes
      .slice(at + 1)
      .filter(other => other.name !== name && (isAtOrBelow(path, other.path) || isAtOrBelow(other.path, path)))
      .map(other =>
        risky("sharing", `${name} and ${other.name}`, `both write to ${path}`, {
          cure: `give one a folder of its own: graph-mgr copy ${other.name} --bind ${path}=NEW`,
        }),
      ),
  );
}

const isAtOrBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** What looks like an instance's own and lies elsewhere. */
function links({ instances }: DoctorFacts): readonly Finding[] {
  return instances.flatMap(({ record, facts }) =>
    ("value" in facts ? facts.value.linked : []).map(({ path, target, isFolder }) =>
      (isFolder ? risky : remark)(
        "sharing",
        record.name,
        `${path} is a link to ${target}: a backup holds the link, and not what lies there${isFolder ? "; it is neither copied nor updated" : ""}`,
        isFolder ? { cure: linkCure(`${record.dir}/${path}`, target) } : {},
      ),
    ),
  );
}

/** Containers that are not the instance's and have its volumes, its folder or its project. */
function outsiders({ instances }: DoctorFacts): readonly Finding[] {
  return instances.flatMap(({ record, facts }) =>
    ("value" in facts ? facts.value.outsiders : []).map(({ container, state, project, volume, workingDir }) => {
      const judge = isUp({ state }) ? broken : risky;
      const what =
        workingDir === record.dir && project !== record.project
          ? `${container} (${state}) was started from its folder by hand, as the project ${project}`
          : volume !== null
            ? `${container} (${state}) mounts its volume ${volume}`
            : `${container} (${state}) has its project name and runs from ${workingDir ?? "elsewhere"}`;
      const cure =
        workingDir === record.dir && project !== record.project
          ? `docker compose -p ${project} down   (never with -v)`
          : `docker stop ${container}   (after looking at what it is)`;
      return judge("sharing", record.name, what, { cure });
    }),
  );
}

/** RULES 6: a switch of the link, and they serve another one's data after a mere restart. */
export function judgeThroughCurrent({ engine, home, instances }: DoctorFacts): readonly Finding[] {
  if (!("value" in engine)) return [];
  const link = `${home.path}/current`;
  const through = engine.value.containers.filter(
    ({ workingDir, mounts }) => isAtOrBelow(workingDir ?? "", link) || mounts.some(({ source }) => isAtOrBelow(source, link)),
  );
  const projects = [...new Set(through.map(projectOf))];
  return projects.map(project => {
    const own = through.filter(each => projectOf(each) === project);
    const name = instances.find(({ record }) => record.project === project)?.record.name ?? null;
    const judge = own.some(isUp) ? broken : risky;
    const said = `${own.map(each => each.name).join(", ")} ${own.length === 1 ? "was" : "were"} started through the link ${link}: when it is switched, a restart gives them another release's files`;
    const launch = name === null ? "" : `, then: graph-mgr launch ${name}`;
    return judge("through-current", name ?? project, said, {
      cure: `docker compose -p ${project} down   (never with -v)${launch}`,
    });
  });
}
