import { isAlias, isMap, isSeq } from "yaml";
import { type Definitions, isOwn, type Site } from "./compose-edit-definitions.ts";
import { addAliases, lacking, type Networks, withAlias } from "./compose-edit-networks.ts";
import { cannotEdit, lookup, yamlFlow } from "./compose-edit-text.ts";

/**
 * How a service gets its networks: by an edit of what it says itself; by an own key with everything that Compose
 * resolves, where it inherits them; by one that replaces (`!override`) what it extends.
 */
type Way = "edit" | "full" | "override";

/** Renamed containers stay reachable under their old name, on every network of their service, and nobody else under it. */
export function editAliases(definitions: Definitions, names: Readonly<Record<string, string>>): void {
  const former = formerNames(definitions, names);
  const ways = new Map<string, Way>();
  const queue: (readonly [string, Way])[] = [...former]
    .filter(([service, alias]) => lacking(networksOf(definitions, service), alias).length > 0)
    .map(([service]) => [service, "edit"]);
  const strength: readonly Way[] = ["edit", "full", "override"];
  for (let next = queue.shift(); next; next = queue.shift()) {
    const [service, way] = next;
    const known = ways.get(service);
    if (known && strength.indexOf(known) >= strength.indexOf(way)) continue;
    ways.set(service, way);
    queue.push(...inheriting(definitions, service));
  }
  for (const [service, way] of ways) {
    const alias = former.get(service) ?? null;
    const networks = withAlias(networksOf(definitions, service), alias);
    const { edits, entry } = definitions.home("services", service);
    const site = ownSite(definitions, service);
    if (way === "edit" && site && addAliases(site, networksOf(definitions, service), alias ?? "")) continue;
    const yaml = `${way === "override" ? "!override " : ""}${yamlFlow(networks)}`;
    if (site) edits.setValue(site.entry, yaml);
    else edits.addKey(entry, "networks", yaml);
  }
}

/** By service: the name that its container has now and loses, or had before an earlier edit. */
function formerNames(definitions: Definitions, names: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const renamed = Object.entries(names).filter(([old, name]) => old !== name);
  const back = new Map(renamed.map(([old, name]) => [name, old]));
  const found = new Map<string, string>();
  for (const [service, { container_name: name, network_mode: mode }] of Object.entries(definitions.model.services)) {
    if (name === undefined || (mode ?? "") !== "") continue;
    const old = lookup(names, name) === undefined ? back.get(name) : name;
    if (old !== undefined && lookup(names, old) !== old) found.set(service, old);
  }
  return found;
}

const networksOf = ({ model }: Definitions, service: string): Networks => model.services[service]?.networks ?? {};

/** Where the service's own mapping says `networks`. */
function ownSite(definitions: Definitions, service: string): Site | null {
  const home = definitions.home("services", service);
  const site = definitions.sites("services", service, "networks").at(-1);
  return site && site.definition.entry === home.entry && isOwn(site) ? site : null;
}

/** Services that would get the alias along, because they take over what this one says. */
function inheriting(definitions: Definitions, service: string): (readonly [string, Way])[] {
  const { edits } = definitions.home("services", service);
  const found: (readonly [string, Way])[] = [];
  for (const heir of definitions.heirs("services", service)) {
    const own = ownSite(definitions, heir.name);
    const stands = own !== null && (!heir.extending || tagOf(own.entry.value) === "!override");
    if (!stands) found.push([heir.name, heir.extending ? "override" : "full"]);
  }
  const site = ownSite(definitions, service);
  const node = site?.entry.value;
  if (!site || !node || isAlias(site.entry.written) || !edits.document.isShared(node)) return found;
  for (const { path, alias } of edits.document.uses(new Set([node])).get(node) ?? []) {
    if (!alias) continue;
    const [section, name = "", attribute] = path;
    const other = section === "services" && attribute === "networks" && path.length === 3 ? ownSite(definitions, name) : null;
    if (!other || other.definition.edits !== edits)
      throw cannotEdit(`services.${service}.networks`, `it is shared with ${path.join(".")}`);
    found.push([name, "full"]);
  }
  return found;
}

const tagOf = (node: unknown): string | undefined => (isMap(node) || isSeq(node) ? node.tag : undefined);
