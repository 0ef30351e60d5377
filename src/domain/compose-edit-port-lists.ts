import { isSeq, type YAMLSeq } from "yaml";
import { type Definitions, isOwn, type Site } from "./compose-edit-definitions.ts";
import { yamlFlow } from "./compose-edit-text.ts";
import type { PortModel } from "./compose-model.ts";

/** With those that would inherit the lists that these services are about to get. */
export function withHeirs(definitions: Definitions, names: ReadonlySet<string>): ReadonlySet<string> {
  const queue = [...names];
  const found = new Set<string>();
  for (let service = queue.shift(); service !== undefined; service = queue.shift()) {
    if (found.has(service)) continue;
    found.add(service);
    for (const heir of definitions.heirs("services", service)) {
      const own = ownPorts(definitions, heir.name);
      if (!own || (heir.extending && !replaces(own))) queue.push(heir.name);
    }
  }
  return found;
}

/** The lists that `writeLists` replaces as a whole. */
export const replacedLists = (definitions: Definitions, names: ReadonlySet<string>): ReadonlySet<YAMLSeq> =>
  new Set(
    [...names].flatMap(name =>
      (site => (site && isSeq(site.entry.written) ? [site.entry.written as YAMLSeq] : []))(ownPorts(definitions, name)),
    ),
  );

/** Services that share a list with others but need other ports get a list of their own, with everything that is resolved. */
export function writeLists(
  definitions: Definitions,
  names: ReadonlySet<string>,
  host: (service: string, port: PortModel) => string,
): void {
  for (const service of names) {
    const { edits, entry } = definitions.home("services", service);
    const own = ownPorts(definitions, service);
    // A list from another definition would be added to this one.
    const elsewhere = definitions.sites("services", service, "ports").some(site => site.definition.entry !== entry);
    const list = (definitions.model.services[service]?.ports ?? []).map(port => portValue(port, host(service, port)));
    const yaml = `${elsewhere && !(own && replaces(own)) ? "!override " : ""}[${list.join(", ")}]`;
    if (own) edits.setValue(own.entry, yaml);
    else edits.addKey(entry, "ports", yaml);
  }
}

/** Where a service's own mapping says `ports`. */
function ownPorts(definitions: Definitions, service: string): Site | undefined {
  const { entry } = definitions.home("services", service);
  return definitions.sites("services", service, "ports").find(site => site.definition.entry === entry && isOwn(site));
}

const replaces = ({ entry: { written } }: Site): boolean => isSeq(written) && written.tag === "!override";

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
