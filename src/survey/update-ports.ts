import type { ComposeModel } from "../domain/compose-model.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import { type PortSetting, portPlace } from "../domain/isolation.ts";
import type { Product } from "../domain/product.ts";
import type { World } from "../host/world.ts";
import type { EngineState } from "./claims.ts";
import type { HomeFacts } from "./home.ts";
import { portWishes, reservedPorts } from "./install.ts";
import { choosePorts, isTwin } from "./ports.ts";

/** The ports of the instances that are left, of the last that has one, in their order; and for what none published a free one. */
export async function portsOf(
  world: World,
  model: ComposeModel,
  product: Product,
  known: readonly InstanceRecord["ports"][],
  home: HomeFacts,
  state: EngineState,
): Promise<readonly PortSetting[]> {
  const wishes = portWishes(model, product, { http: undefined, https: undefined, ports: [] });
  const left = new Map<string, (number | null)[]>();
  for (const ports of known)
    for (const key of new Set(ports.map(portPlace)))
      left.set(
        key,
        ports.filter(port => portPlace(port) === key).map(({ host }) => host),
      );
  const kept = wishes.map(wish => left.get(portPlace(wish))?.shift() ?? null);
  const hosts = wishes.map((wish, index) => kept[index] ?? kept[wishes.findIndex(each => isTwin(each, wish))] ?? null);
  const fresh = await choosePorts(
    world,
    wishes.filter((_, index) => hosts[index] === null),
    reservedPorts(home, state),
  );
  return wishes.map(({ service, container, protocol, vendor }, index) => {
    const host = hosts[index] ?? fresh.shift()?.host ?? vendor;
    return { service, container, protocol, host };
  });
}
