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
      const same = before.length === now.length ? now[before.indexOf(port)] : undefined;
      return same === undefined ? port : { ...port, host: same.host };
    }),
  };
}
