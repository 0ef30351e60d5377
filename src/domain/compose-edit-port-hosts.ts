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
    const hosts = [...new Set(group.map(({ host }) => host))];
    if (hosts.some(host => !Number.isInteger(host) || host < 1 || host > 65535))
      throw cannotEdit(what, "a port is between 1 and 65535");
    const published = [...new Set(ports.map(publishedOf))];
    const news = assign(what, published, hosts);
    for (const port of ports) {
      const host = news.get(publishedOf(port));
      if (host === undefined || host === publishedOf(port)) continue;
      wanted.set(first.service, (wanted.get(first.service) ?? new Map<PortModel, string>()).set(port, host));
    }
  }
  return wanted;
}

function assign(what: string, published: readonly string[], hosts: readonly number[]): ReadonlyMap<string, string> {
  const [only] = published;
  if (only === undefined) throw cannotEdit(what, "the service publishes no such port");
  if (published.length === hosts.length) return new Map(published.map((each, index) => [each, String(hosts[index])]));
  const range = published.length === 1 ? readRange(only) : null;
  const written = range?.length === hosts.length ? writeRange(hosts) : null;
  if (written !== null) return new Map([[only, written]]);
  throw cannotEdit(what, `it is published as ${published.join(" and ")}, and ${hosts.length} new ports were given`);
}
