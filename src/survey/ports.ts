import type { PortSetting } from "../domain/isolation.ts";
import type { World } from "../host/world.ts";

export interface PortWish {
  readonly service: string;
  readonly container: number;
  readonly protocol: "tcp" | "udp";
  /** What the vendor or the operator says. */
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
): Promise<readonly PortChoice[]> {
  const given = new Set<number>();
  const choices: PortChoice[] = [];
  const listening = await world.ports.taken(wishes.map(({ host }) => host));
  // What the operator said comes first, so that no proposal takes it away.
  for (const wish of [...wishes].sort((a, b) => Number(b.isExplicit) - Number(a.isExplicit))) {
    const { service, container, protocol } = wish;
    const isFree = !listening.has(wish.host) && !given.has(wish.host) && (wish.isExplicit || !reserved.has(wish.host));
    const host = isFree || wish.isExplicit ? wish.host : await nextFree(world, wish.host, new Set([...reserved, ...given]));
    given.add(host);
    choices.push({
      service,
      container,
      protocol,
      host,
      instead: host === wish.host ? null : wish.host,
      isTaken: wish.isExplicit && !isFree,
    });
  }
  return choices.sort((a, b) => wishes.findIndex(wish => isSame(wish, a)) - wishes.findIndex(wish => isSame(wish, b)));
}

const isSame = (a: Omit<PortSetting, "host">, b: Omit<PortSetting, "host">): boolean =>
  a.service === b.service && a.container === b.container && a.protocol === b.protocol;

async function nextFree({ ports }: Pick<World, "ports">, wished: number, avoid: ReadonlySet<number>): Promise<number> {
  for (let first = wished < 1024 ? wished + ALTERNATIVES_FROM : wished + 1; first <= HIGHEST_PORT; first += PROBE_AT_ONCE) {
    const candidates = Array.from({ length: PROBE_AT_ONCE }, (_, offset) => first + offset).filter(
      port => port <= HIGHEST_PORT && !avoid.has(port),
    );
    const taken = await ports.taken(candidates);
    const free = candidates.find(port => !taken.has(port));
    if (free !== undefined) return free;
  }
  return wished;
}
