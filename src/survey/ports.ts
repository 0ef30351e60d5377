import { type PortSetting, portPlace } from "../domain/isolation.ts";
import type { World } from "../host/world.ts";

type Protocol = "tcp" | "udp";

export interface PortWish {
  readonly service: string;
  readonly container: number;
  readonly protocol: Protocol;
  /** What the compose files say. */
  readonly vendor: number;
  /** The same, or what the operator says. */
  readonly host: number;
  /** The operator said it: then nothing else is proposed. */
  readonly isExplicit: boolean;
}

export interface PortChoice extends PortSetting {
  /** What was wished for, where it is another. */
  readonly instead: number | null;
  /** An explicit wish for a port that somebody has. */
  readonly isTaken: boolean;
}

/** Ports below 1024 are moved up by this much, as people do by hand: 80 to 8080. */
const ALTERNATIVES_FROM = 8000;
const HIGHEST_PORT = 65_535;
const PROBE_AT_ONCE = 20;

/**
 * A free host port for every wish, in order. Avoided are ports that somebody listens on and those in `reserved`
 * (of other instances, running or not).
 */
export async function choosePorts(
  world: Pick<World, "ports">,
  wishes: readonly PortWish[],
  reserved: ReadonlySet<number>,
): Promise<PortChoice[]> {
  const given = new Set<number>();
  const choices: PortChoice[] = [];
  /** What is one port by several protocols or at several addresses stays one. */
  const twins = new Map<string, PortChoice>();
  const listening = await takenBy(world, wishes);
  // What the operator said comes first, so that no proposal takes it away.
  for (const wish of [...wishes].sort((a, b) => Number(b.isExplicit) - Number(a.isExplicit))) {
    const { service, container, protocol } = wish;
    const place = `${service}:${container}@${wish.vendor}=${wish.host}`;
    const twin = twins.get(place);
    if (twin !== undefined) {
      choices.push({ ...twin, protocol });
      continue;
    }
    const protocols = wishes.filter(each => each.service === service && each.container === container).map(each => each.protocol);
    const isFree = !listening.has(wish.host) && !given.has(wish.host) && (wish.isExplicit || !reserved.has(wish.host));
    const host =
      isFree || wish.isExplicit ? wish.host : await nextFree(world, wish.host, protocols, new Set([...reserved, ...given]));
    given.add(host);
    const choice = {
      service,
      container,
      protocol,
      host,
      instead: host === wish.host ? null : wish.host,
      isTaken: wish.isExplicit && !isFree,
    };
    twins.set(place, choice);
    choices.push(choice);
  }
  const order = wishes.map(portPlace);
  return choices.sort((a, b) => order.indexOf(portPlace(a)) - order.indexOf(portPlace(b)));
}

/** One number of the vendor's for one port, by another protocol: HTTP/3 beside HTTPS. */
export const isTwin = (a: PortWish, b: PortWish): boolean =>
  a.service === b.service && a.container === b.container && a.vendor === b.vendor && a.protocol !== b.protocol;

/** Host ports that one of those who want them cannot have. */
export async function takenBy(
  { ports }: Pick<World, "ports">,
  wishes: readonly Pick<PortWish, "protocol" | "host">[],
): Promise<ReadonlySet<number>> {
  const by = async (protocol: Protocol) => {
    const hosts = wishes.filter(wish => wish.protocol === protocol).map(({ host }) => host);
    return hosts.length === 0 ? [] : await ports.taken(hosts, protocol);
  };
  return new Set([...(await by("tcp")), ...(await by("udp"))]);
}

async function nextFree(
  { ports }: Pick<World, "ports">,
  wished: number,
  protocols: readonly Protocol[],
  avoid: ReadonlySet<number>,
): Promise<number> {
  for (let first = wished < 1024 ? wished + ALTERNATIVES_FROM : wished + 1; first <= HIGHEST_PORT; first += PROBE_AT_ONCE) {
    const candidates = Array.from({ length: PROBE_AT_ONCE }, (_, offset) => first + offset).filter(
      port => port <= HIGHEST_PORT && !avoid.has(port),
    );
    const taken = await Promise.all([...new Set(protocols)].map(protocol => ports.taken(candidates, protocol)));
    const free = candidates.find(port => !taken.some(each => each.has(port)));
    if (free !== undefined) return free;
  }
  return wished;
}
