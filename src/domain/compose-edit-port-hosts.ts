import { cannotEdit } from "./compose-edit-text.ts";
import type { ComposeModel, PortModel } from "./compose-model.ts";
import { readRange, writeRange } from "./compose-port-text.ts";
import type { PortSetting } from "./isolation.ts";

/** Published ports that change, by service and by what Compose resolves now: the new `published`. */
export type WantedHosts = ReadonlyMap<string, ReadonlyMap<PortModel, string>>;

export const publishedOf = (port: PortModel): string => String(port.published ?? "");

/**
 * Which published port each setting is about. A container port that is published several times takes its settings in the
 * order in which Compose lists it.
 * @throws OperatorError COMPOSE_EDIT when a setting fits no port, or cannot be told which of several
 */
export function wantedHosts(model: ComposeModel, settings: readonly PortSetting[]): WantedHosts {
  const wanted = new Map<string, Map<PortModel, string>>();
  const groups = new Map<string, PortSetting[]>();
  for (const setting of settings) {
    const id = `${setting.service} ${setting.container}/${setting.protocol}`;
    groups.set(id, [...(groups.get(id) ?? []), setting]);
  }
  for (const [id, group] of groups) {
    const [first] = group;
    if (!first) continue;
    const what = `The published port of ${id}`;
    const ports = (model.services[first.service]?.ports ?? []).filter(
      port => port.target === first.container && (port.protocol ?? "tcp") === first.protocol,
    );
    if (group.some(({ host }) => !Number.isInteger(host) || host < 1 || host > 65535))
      throw cannotEdit(what, "a port is between 1 and 65535");
    for (const [port, host] of assign(
      what,
      ports,
      group.map(each => each.host),
    )) {
      if (host !== publishedOf(port))
        wanted.set(first.service, (wanted.get(first.service) ?? new Map<PortModel, string>()).set(port, host));
    }
  }
  return wanted;
}

function assign(
  what: string,
  ports: readonly PortModel[],
  settings: readonly number[],
): readonly (readonly [PortModel, string])[] {
  if (ports.length === 0) throw cannotEdit(what, "the service publishes no such port");
  if (ports.length === settings.length) return ports.map((port, index) => [port, String(settings[index])] as const);
  const published = [...new Set(ports.map(publishedOf))];
  const hosts = [...new Set(settings)];
  if (published.length === hosts.length)
    return ports.map(port => [port, String(hosts[published.indexOf(publishedOf(port))])] as const);
  const range = published.length === 1 ? readRange(published[0] ?? "") : null;
  const written = range?.length === hosts.length ? writeRange(hosts) : null;
  if (written !== null) return ports.map(port => [port, written] as const);
  throw cannotEdit(what, `it is published as ${published.join(" and ")}, and ${settings.length} new ports were given`);
}
