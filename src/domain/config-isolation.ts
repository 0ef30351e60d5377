import type { ComposeModel } from "./compose-model.ts";
import { type PublishedPort, publishedPorts } from "./shared-resources.ts";

/** What others have on the engine and in the home. */
export interface Others {
  readonly volumes: ReadonlySet<string>;
  readonly networks: ReadonlySet<string>;
  readonly containers: ReadonlySet<string>;
}

const namesIn = (section: ComposeModel["volumes"] | ComposeModel["networks"]): readonly (readonly [string, string])[] =>
  Object.entries(section ?? {}).flatMap(([key, { name, external }]) => (external === true ? [] : [[key, name] as const]));

/**
 * What stands against an edited project: another name for what it has (a volume with another name is empty), something that somebody
 * else has, or another image than the one that was recorded. Lines for people; empty when the instance stays itself.
 */
export function isolationFaults(before: ComposeModel, after: ComposeModel, others: Others): readonly string[] {
  const faults: string[] = [];
  if (before.name !== after.name) faults.push(`the project would be ${after.name} instead of ${before.name}`);
  for (const what of ["volumes", "networks"] as const) {
    const old = new Map(namesIn(before[what]));
    const one = what.slice(0, -1);
    for (const [key, name] of namesIn(after[what])) {
      const was = old.get(key);
      if (was === name) continue;
      if (was !== undefined) faults.push(`the ${one} ${key} would be ${name} instead of ${was}`);
      else if (others[what].has(name)) faults.push(`there is a ${one} ${name} of somebody else's already`);
    }
  }
  for (const [service, { image, container_name: container }] of Object.entries(after.services)) {
    const old = before.services[service];
    if (old !== undefined && old.image !== image) faults.push(`${service} would run another image than the one that is recorded`);
    if (old !== undefined && old.container_name !== container) faults.push(`the container of ${service} would have another name`);
    if (old === undefined && container !== undefined && others.containers.has(container))
      faults.push(`there is a container ${container} of somebody else's already`);
  }
  return faults;
}

type Published = PublishedPort & { readonly host: number };

/** Ports that would be published and are not now. */
export function newPorts(before: ComposeModel, after: ComposeModel): readonly Published[] {
  const old = new Set(publishedPorts(before).map(({ host, protocol }) => `${host}/${protocol}`));
  return publishedPorts(after).flatMap(port =>
    port.host === null || old.has(`${port.host}/${port.protocol}`) ? [] : [{ ...port, host: port.host }],
  );
}
