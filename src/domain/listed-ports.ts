import type { PortSetting } from "./isolation.ts";

/** A host port as `list` shows it; null where the engine chooses it. */
export interface ListedPort extends Omit<PortSetting, "host"> {
  readonly host: number | null;
}

interface Running {
  readonly service: string | null;
  readonly ports: readonly { readonly container: number; readonly protocol: string; readonly host: number }[];
}

/**
 * Ports as they are published now; of a service that publishes none, as it would. What is published elsewhere than it is
 * recorded takes the place of what is not there, each once.
 */
export function listedPorts(recorded: readonly ListedPort[], containers: readonly Running[]): readonly ListedPort[] {
  const publishedAt = ({ service, container, protocol }: ListedPort): readonly number[] => {
    const ports = containers.filter(each => each.service === service).flatMap(each => each.ports);
    const own = ports.filter(port => port.container === container && port.protocol === protocol);
    return [...new Set(own.map(({ host }) => host))];
  };
  const isSame = (a: ListedPort, b: ListedPort): boolean =>
    a.service === b.service && a.container === b.container && a.protocol === b.protocol;
  const shown: ListedPort[] = [];
  for (const { service, container, protocol, host } of recorded) {
    const port = { service, container, protocol, host };
    const published = publishedAt(port);
    if (published.length === 0 || (host !== null && published.includes(host))) {
      shown.push(port);
      continue;
    }
    const known = [...recorded, ...shown].filter(each => isSame(each, port)).map(each => each.host);
    const other = published.find(each => !known.includes(each));
    if (other !== undefined) shown.push({ ...port, host: other });
  }
  return shown;
}
