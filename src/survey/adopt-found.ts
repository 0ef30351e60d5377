import { posix } from "node:path";
import type { ComposeModel } from "../domain/compose-model.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import type { Layout } from "../domain/product.ts";
import { plainText, publishedPorts } from "../domain/shared-resources.ts";
import type { ContainerDetail, NetworkInfo, World } from "../host/world.ts";
import type { AdoptFolder } from "./adopt-folder.ts";

/** A volume that a container has where the files name another. */
export interface OtherVolume {
  readonly service: string;
  readonly target: string;
  readonly has: string;
  readonly says: string;
}

/** A network that is also that of others: `by` names them, for people. */
export interface SharedNetwork {
  readonly network: string;
  readonly by: string;
}

/** The images that services run, or would. */
export async function imagesOf({ engine }: Pick<World, "engine">, model: ComposeModel, own: readonly ContainerDetail[]) {
  const services = Object.entries(model.services).map(([service, { image }]) => ({
    service,
    reference: image ?? `${model.name}-${service}:latest`,
  }));
  const named = await engine.images(services.map(({ reference }) => reference));
  const wanted = services.flatMap(({ service, reference }, index) => {
    const runs = own.find(each => each.service === service)?.image;
    const id = runs ?? named[index]?.id;
    return id === undefined ? [] : [{ service, reference, id, isMoved: runs !== undefined && named[index]?.id !== runs }];
  });
  const infos = await engine.images(wanted.map(({ id }) => id));
  return wanted.map((each, index) => ({ ...each, layers: infos[index]?.layers ?? [] }));
}

/** As its containers publish them; where it has none, as its files say. */
export function portsOf(model: ComposeModel, own: readonly ContainerDetail[]) {
  return publishedPorts(model).map(({ service, container, protocol, host: says }) => {
    const bound = own
      .filter(each => each.service === service)
      .flatMap(({ boundPorts, ports }) => [...boundPorts, ...ports])
      .filter(port => port.container === container && port.protocol === protocol && port.host !== 0);
    const host = bound.some(port => port.host === says) ? says : (bound[0]?.host ?? says);
    return { service, container, protocol, host, says };
  });
}

/** Labels name them with commas between. */
const FILE_LABELS = ["com.docker.compose.project.config_files", "com.docker.compose.project.environment_file"];

/** Files that containers were made of, and that plain Compose does not read in the folder. */
export function otherFiles({ path, roots }: AdoptFolder, layout: Layout, own: readonly ContainerDetail[]): readonly string[] {
  const known = new Set([...roots, ...[".env", ...layout.envFiles].map(name => posix.join(path, name))]);
  const used = own.flatMap(({ labels, workingDir }) =>
    FILE_LABELS.flatMap(label => (labels[label] ?? "").split(","))
      .filter(file => file !== "")
      // Made through a link, or by an old Compose that wrote relative paths.
      .map(file => posix.resolve(path, posix.relative(workingDir ?? path, posix.resolve(workingDir ?? path, file)))),
  );
  return [...new Set(used)].filter(file => !known.has(file)).sort();
}

export function otherVolumes(model: ComposeModel, own: readonly ContainerDetail[]): readonly OtherVolume[] {
  return Object.entries(model.services).flatMap(([service, { volumes = [] }]) =>
    volumes.flatMap(({ type, source, target }) => {
      const says = type === "volume" ? model.volumes?.[source ?? ""]?.name : undefined;
      const mount = own
        .filter(each => each.service === service)
        .flatMap(({ mounts }) => mounts)
        .find(each => each.type === "volume" && each.target === plainText(target));
      const has = mount?.name ?? null;
      return says === undefined || has === null || has === says ? [] : [{ service, target, has, says }];
    }),
  );
}

/** Names of services are answered by everybody in a network: two installs in one get each other's requests. */
export function sharedNetworks(
  { networks, project }: InstanceRecord,
  all: readonly ContainerDetail[],
  existing: readonly NetworkInfo[],
): readonly SharedNetwork[] {
  return networks.flatMap(({ name: network }) => {
    const maker = existing.find(({ name }) => name === network)?.labels["com.docker.compose.project"];
    const others = all.filter(each => each.project !== null && each.project !== project && each.networks.includes(network));
    const found = [
      ...new Set([
        ...others.map(each => `the project ${each.project}`),
        ...(maker === undefined || maker === project ? [] : [`the project ${maker}`]),
      ]),
    ];
    return found.map(by => ({ network, by }));
  });
}
