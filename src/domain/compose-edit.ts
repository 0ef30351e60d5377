import { editAliases } from "./compose-edit-aliases.ts";
import { editBinds } from "./compose-edit-binds.ts";
import { Definitions, type Section } from "./compose-edit-definitions.ts";
import { editPorts } from "./compose-edit-ports.ts";
import { editReferences } from "./compose-edit-references.ts";
import { editScalars } from "./compose-edit-scalars.ts";
import { cannotEdit, lookup } from "./compose-edit-text.ts";
import type { ComposeModel } from "./compose-model.ts";
import type { ComposeSource, Isolation } from "./isolation.ts";

export interface ComposeEdits {
  /** Every source, in the same order; unchanged ones with the same text. */
  readonly sources: readonly ComposeSource[];
  /** Keys that Compose interpolates and that have to be set in `.env`: ports, folders. */
  readonly env: Readonly<Record<string, string>>;
}

const PLAIN = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/**
 * Gives a project names, ports and images of its own by exact edits of its compose files: comments, order and formatting
 * stay. Doing it again changes nothing.
 *
 * @param model what Compose resolves for the sources as they are now, all profiles on
 * @throws OperatorError COMPOSE_UNREADABLE, COMPOSE_EDIT where a change cannot be made without changing something else
 */
export function editCompose(sources: readonly ComposeSource[], model: ComposeModel, isolation: Isolation): ComposeEdits {
  checkNames(isolation);
  const definitions = new Definitions(sources, model);
  editNames(definitions, "volumes", isolation.volumes, isolation.project);
  editNames(definitions, "networks", isolation.networks, isolation.project);
  const services = Object.entries(model.services);
  editScalars(definitions, {
    section: "services",
    attribute: "container_name",
    wanted: new Map(
      services.flatMap(([name, { container_name }]) => pair(name, lookup(isolation.containers, container_name ?? ""))),
    ),
    current: name => model.services[name]?.container_name,
  });
  editScalars(definitions, {
    section: "services",
    attribute: "image",
    wanted: new Map(services.flatMap(([name]) => pair(name, lookup(isolation.images, name)))),
    current: name => model.services[name]?.image,
  });
  editReferences(definitions, isolation.containers);
  editAliases(definitions, isolation.containers);
  const env = { ...editPorts(definitions, isolation.ports), ...editBinds(definitions, isolation.binds) };
  return {
    sources: definitions.files.map(edits => ({ path: edits.document.path, text: edits.result() })),
    env,
  };
}

const pair = (name: string, text: string | undefined): [string, string][] => (text === undefined ? [] : [[name, text]]);

/** Engine-wide names. What has no `name:` is named after the project and its key by Compose itself. */
function editNames(
  definitions: Definitions,
  section: Exclude<Section, "services">,
  names: Isolation["volumes"],
  project: string,
): void {
  const resolved = definitions.model[section] ?? {};
  const wanted = new Map<string, string>();
  const implicit = new Set<string>();
  for (const [key, { name, external }] of Object.entries(resolved)) {
    const text = external === true ? undefined : lookup(names, name);
    // A new name may be another's old one; what has its new name already, from an earlier edit, keeps it.
    const isNew = name === `${project}_${key}` && Object.entries(names).some(([old, fresh]) => fresh === name && old !== name);
    if (text === undefined || isNew) continue;
    wanted.set(key, text);
    if (text === `${project}_${key}`) implicit.add(key);
  }
  editScalars(definitions, { section, attribute: "name", wanted, implicit, current: key => resolved[key]?.name });
}

function checkNames({ project, volumes, networks, containers, images }: Isolation): void {
  const names = [project, ...[volumes, networks, containers].flatMap(each => Object.values(each))];
  for (const name of names)
    if (!PLAIN.test(name)) throw cannotEdit(`The name ${JSON.stringify(name)}`, "it is no name that Docker takes");
  for (const image of Object.values(images)) {
    if (!/^[A-Za-z0-9][A-Za-z0-9_.:/@-]*$/.test(image))
      throw cannotEdit(`The image ${JSON.stringify(image)}`, "it is no reference");
  }
}
