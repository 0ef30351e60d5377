import { isAlias, type Node } from "yaml";
import { type Definitions, isOwn, type Site } from "./compose-edit-definitions.ts";
import { publishedOf, wantedHosts } from "./compose-edit-port-hosts.ts";
import { type PortItem, portItems, rewrite } from "./compose-edit-port-items.ts";
import { cannotEdit, yamlFlow } from "./compose-edit-text.ts";
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
  const host = (service: string, port: PortModel): string => wanted.get(service)?.get(port) ?? publishedOf(port);
  const claims = new Map<Node, Claim>();
  for (const service of definitions.names("services")) claimItems(definitions, service, wanted.get(service), claims);

  const local = new Set<string>();
  const byVariable = new Map<string, { readonly claim: Claim; readonly hosts: readonly string[] }[]>();
  for (const claim of claims.values()) {
    const texts = new Set([...claim.services].map(([service, { ports }]) => ports.map(port => host(service, port)).join(" ")));
    const owner =
      [...claim.services].find(([, { site }]) => isOwn(site) && !isAlias(site.entry.written)) ?? [...claim.services][0];
    if (!owner) continue;
    if (texts.size > 1) for (const [service] of claim.services) if (service !== owner[0]) local.add(service);
    const [service, { ports }] = owner;
    if (ports.every(port => host(service, port) === publishedOf(port))) continue;
    const hosts = ports.map(port => host(service, port));
    const variable = texts.size === 1 ? onlyVariable(claim.item.host ?? "") : null;
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
  writeLocally(definitions, local, host);
  return env;
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

/** Services that share a list with others but need other ports get a list of their own, with everything that is resolved. */
function writeLocally(
  definitions: Definitions,
  names: ReadonlySet<string>,
  host: (service: string, port: PortModel) => string,
): void {
  const queue = [...names];
  const done = new Set<string>();
  for (let service = queue.shift(); service !== undefined; service = queue.shift()) {
    if (done.has(service)) continue;
    done.add(service);
    const { edits, entry } = definitions.home("services", service);
    const sites = definitions.sites("services", service, "ports");
    const present = sites.find(site => site.definition.entry === entry && isOwn(site));
    const elsewhere = sites.some(site => site.definition.entry !== entry);
    const list = (definitions.model.services[service]?.ports ?? []).map(port => portValue(port, host(service, port)));
    const yaml = `${elsewhere ? "!override " : ""}[${list.join(", ")}]`;
    if (present) edits.setValue(present.entry, yaml);
    else edits.addKey(entry, "ports", yaml);
    for (const heir of definitions.heirs("services", service)) {
      const home = definitions.home("services", heir.name);
      const stands = definitions
        .sites("services", heir.name, "ports")
        .some(site => site.definition.entry === home.entry && isOwn(site));
      if (!stands) queue.push(heir.name);
    }
  }
}

/** A resolved port as a list item. */
function portValue(port: PortModel, published: string): string {
  const { mode, target, protocol = "tcp", host_ip: address, ...rest } = port;
  if ((mode ?? "ingress") !== "ingress" || Object.keys(rest).some(key => key !== "published")) {
    return yamlFlow({ ...port, ...(published === "" ? {} : { published }) });
  }
  const bracketed = address?.includes(":") ? `[${address}]` : address;
  const parts = [...(bracketed ? [bracketed] : []), ...(published === "" && !bracketed ? [] : [published]), String(target)];
  return JSON.stringify(`${parts.join(":")}${protocol === "tcp" ? "" : `/${protocol}`}`);
}
