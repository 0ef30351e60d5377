import type { Definitions } from "./compose-edit-definitions.ts";
import { editScalars } from "./compose-edit-scalars.ts";
import { cannotEdit, lookup } from "./compose-edit-text.ts";
import type { ServiceModel } from "./compose-model.ts";

type Names = Readonly<Record<string, string>>;

/** What a reference to a container (`container:old`, `old:alias`) becomes; undefined when it names none that is renamed. */
export type Renaming = (reference: string, names: Names) => string | undefined;

export const container: Renaming = (reference, names) => {
  const [kind, name = "", ...rest] = reference.split(":");
  const renamed = kind === "container" ? lookup(names, name) : undefined;
  return renamed === undefined || renamed === name ? undefined : ["container", renamed, ...rest].join(":");
};

/** `old` is short for `old:old`: the name that the link has inside stays. */
export const link: Renaming = (reference, names) => {
  const [name = "", alias = name] = reference.split(":");
  const renamed = lookup(names, name);
  return renamed === undefined || renamed === name ? undefined : `${renamed}:${alias}`;
};

/** Services that name a renamed container (`network_mode: container:NAME` and the like) follow it. */
export function editReferences(definitions: Definitions, names: Names): void {
  const { services } = definitions.model;
  for (const attribute of ["network_mode", "pid", "ipc"] as const) {
    const wanted = Object.entries(services).flatMap(([name, service]): [string, string][] => {
      const text = container(service[attribute] ?? "", names);
      return text === undefined ? [] : [[name, text]];
    });
    editScalars(definitions, {
      section: "services",
      attribute,
      wanted: new Map(wanted),
      current: name => services[name]?.[attribute],
    });
  }
  editLists(definitions, "volumes_from", names, container);
  editLists(definitions, "external_links", names, link);
}

function editLists(
  definitions: Definitions,
  attribute: "volumes_from" | "external_links",
  names: Names,
  renaming: Renaming,
): void {
  for (const [name, service] of Object.entries(definitions.model.services)) {
    const items = (service as ServiceModel & { external_links?: readonly string[] })[attribute] ?? [];
    const open = new Set(items.filter(item => renaming(item, names) !== undefined));
    for (const { definition, entry } of definitions.sites("services", name, attribute)) {
      const { edits } = definition;
      const list = edits.document.list(entry.value);
      for (const item of list?.items ?? []) {
        const node = edits.document.follow(item);
        const text = edits.document.scalar(node) ?? "";
        const renamed = renaming(text, names);
        if (!node || renamed === undefined) continue;
        edits.setScalar(node, renamed, list?.flow === true);
        open.delete(text);
      }
    }
    const [left] = open;
    if (left !== undefined) throw cannotEdit(`services.${name}.${attribute}`, `the place that says "${left}" cannot be found`);
  }
}
