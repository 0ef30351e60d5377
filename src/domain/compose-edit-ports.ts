import type { Node } from "yaml";
import type { Definitions, Site } from "./compose-edit-definitions.ts";
import { publishedOf, wantedHosts } from "./compose-edit-port-hosts.ts";
import { type PortItem, portItems, rewrite } from "./compose-edit-port-items.ts";
import { replacedLists, withHeirs, writeLists } from "./compose-edit-port-lists.ts";
import { cannotEdit } from "./compose-edit-text.ts";
import type { PortModel } from "./compose-model.ts";
import { onlyVariable, readRange } from "./compose-port-text.ts";
import type { PortSetting } from "./isolation.ts";

/** An item of a `ports:` list, and what each service that has it makes of it. */
interface Claim {
  readonly item: PortItem;
  readonly services: Map<string, { readonly site: Site; readonly ports: readonly PortModel[] }>;
}

/**
 * Changes published ports where they are written. Where the host part is one variable that is used for nothing else, the
 * text stays and the variable is returned, to be set in `.env`.
 */
export function editPorts(definitions: Definitions, settings: readonly PortSetting[]): Readonly<Record<string, string>> {
  const wanted = wantedHosts(definitions.model, settings);
  const host: Host = (service, port) => wanted.get(service)?.get(port) ?? publishedOf(port);
  const claims = new Map<Node, Claim>();
  for (const service of definitions.names("services")) claimItems(definitions, service, wanted.get(service), claims);

  const local = withHeirs(definitions, parting(definitions, claims.values(), host));
  const replaced = replacedLists(definitions, local);
  const byVariable = new Map<string, { readonly claim: Claim; readonly hosts: readonly string[] }[]>();
  for (const claim of claims.values()) {
    const owner = ownerOf(definitions, claim);
    if (!owner || replaced.has(claim.item.list)) continue;
    const [service, { ports }] = owner;
    if (ports.every(port => host(service, port) === publishedOf(port))) continue;
    const hosts = ports.map(port => host(service, port));
    const variable = textsOf(claim, host).size === 1 ? onlyVariable(claim.item.host ?? "") : null;
    if (variable === null) rewrite(claim.item, ports, hosts);
    else byVariable.set(variable, [...(byVariable.get(variable) ?? []), { claim, hosts }]);
  }

  const env: Record<string, string> = {};
  for (const [variable, uses] of byVariable) {
    const values = [...new Set(uses.flatMap(({ hosts }) => hosts))];
    const [value] = values;
    const everywhere = definitions.files.flatMap(({ document }) => document.variables()).filter(name => name === variable);
    const whole = uses.every(({ claim, hosts }) => hosts.length === 1 && claim.item.container !== null);
    if (value !== undefined && values.length === 1 && everywhere.length === uses.length && whole) env[variable] = value;
    else for (const { claim, hosts } of uses) rewrite(claim.item, [...claim.services.values()][0]?.ports ?? [], hosts);
  }
  writeLists(definitions, local, host);
  return env;
}

type Host = (service: string, port: PortModel) => string;

/** What the services that have an item would have to read in it. */
const textsOf = (claim: Claim, host: Host): ReadonlySet<string> =>
  new Set([...claim.services].map(([service, { ports }]) => ports.map(port => host(service, port)).join(" ")));

/** For whom an item is changed in its place when not all can have their way: whoever it is written for. */
const ownerOf = (definitions: Definitions, { services }: Claim) =>
  [...services].find(([name, { site }]) => definitions.isHome("services", name, site)) ?? [...services][0];

/** Services that cannot have their way with a shared item. */
function parting(definitions: Definitions, claims: Iterable<Claim>, host: Host): ReadonlySet<string> {
  const found = new Set<string>();
  for (const claim of claims) {
    if (textsOf(claim, host).size === 1) continue;
    for (const service of claim.services.keys()) if (service !== ownerOf(definitions, claim)?.[0]) found.add(service);
  }
  return found;
}

/** Finds out which item says which port of a service: by what is written, else by what is left over. */
function claimItems(
  definitions: Definitions,
  service: string,
  wanted: ReadonlyMap<PortModel, string> | undefined,
  claims: Map<Node, Claim>,
): void {
  const sites = definitions.sites("services", service, "ports");
  const ports = definitions.model.services[service]?.ports ?? [];
  const items = sites.flatMap(site => portItems(site.definition.edits, site.entry).map(item => ({ site, item })));
  const taken = new Set<PortModel>();
  const claim = ({ site, item }: (typeof items)[number], found: readonly PortModel[]): void => {
    if (found.length === 0) return;
    const known = claims.get(item.node) ?? { item, services: new Map() };
    known.services.set(service, { site, ports: found });
    claims.set(item.node, known);
    for (const port of found) taken.add(port);
  };
  const fits = (item: PortItem, port: PortModel): boolean =>
    (port.protocol ?? "tcp") === item.protocol &&
    (item.address === null || item.address.includes("$") || item.address === (port.host_ip ?? ""));
  const open: typeof items = [];
  for (const each of items) {
    const { container, host } = each.item;
    const hosts = host === null || host === "" ? [] : readRange(host);
    if (container === null || hosts === null) open.push(each);
    else
      claim(
        each,
        ports.filter(port => fits(each.item, port) && says(container, hosts, host ?? "", port)),
      );
  }
  for (const each of open.filter(({ item }) => item.container !== null)) {
    const free = ports.filter(port => !taken.has(port) && fits(each.item, port) && each.item.container?.includes(port.target));
    const rivals = open.filter(
      ({ item }) => item.container?.some(port => each.item.container?.includes(port)) && item.protocol === each.item.protocol,
    );
    const share = rivals.length > 1 ? free.slice(0, each.item.container?.length) : free;
    claim(each, share);
  }
  const rest = open.filter(({ item }) => item.container === null);
  const [onlyRest] = rest;
  if (onlyRest && rest.length === 1)
    claim(
      onlyRest,
      ports.filter(port => !taken.has(port) && fits(onlyRest.item, port)),
    );
  const lost = [...(wanted?.keys() ?? [])].find(port => !taken.has(port));
  if (lost)
    throw cannotEdit(
      `The published port of ${service} ${lost.target}/${lost.protocol ?? "tcp"}`,
      "the place that says it cannot be found",
    );
}

/** Whether an item with these literal numbers is where a port comes from. */
function says(container: readonly number[], hosts: readonly number[], host: string, port: PortModel): boolean {
  const index = container.indexOf(port.target);
  if (index < 0) return false;
  if (hosts.length === 0) return publishedOf(port) === "";
  return publishedOf(port) === (hosts.length === container.length ? String(hosts[index]) : host.trim());
}
