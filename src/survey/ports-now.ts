import type { InstanceRecord } from "../domain/instance.ts";
import { portPlace } from "../domain/isolation.ts";
import { publishedPorts } from "../domain/shared-resources.ts";
import type { World } from "../host/world.ts";

/**
 * The record with the host ports that its files name now. An administrator may have edited a port since it was written; that is a setting of this
 * instance, as one is that was given at the installation, and no change of the vendor's file. What the files publish besides, or no longer, is one.
 */
export async function withPortsNow({ compose }: Pick<World, "compose">, record: InstanceRecord): Promise<InstanceRecord> {
  const { project: name, dir, envFiles } = record;
  const published = publishedPorts(await compose.resolve({ name, dir, envFiles }));
  return {
    ...record,
    ports: record.ports.map(port => {
      const isHere = (each: InstanceRecord["ports"][number]): boolean => portPlace(each) === portPlace(port);
      const [before, now] = [record.ports.filter(isHere), published.filter(isHere)];
      if (before.length === now.length) return { ...port, host: now[before.indexOf(port)]?.host ?? null };
      // Some were added or taken out: one that is not there any more has become one that was not there.
      const isIn = (ports: typeof record.ports, { host }: { readonly host: number | null }) =>
        ports.some(each => each.host === host);
      const gone = before.filter(each => !isIn(now, each));
      const come = now.filter(each => !isIn(before, each));
      return { ...port, host: come[gone.indexOf(port)]?.host ?? port.host };
    }),
  };
}
