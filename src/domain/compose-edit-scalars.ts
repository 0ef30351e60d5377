import { isAlias, isScalar, type Node } from "yaml";
import type { Entry, Use } from "./compose-document.ts";
import { type Definitions, isOwn, ownMap, type Section, type Site } from "./compose-edit-definitions.ts";
import { cannotEdit, type TextEdits, yamlString } from "./compose-edit-text.ts";

export interface ScalarEdit {
  readonly section: Section;
  readonly attribute: string;
  /** What each shall have. Who is not in here keeps what it has. */
  readonly wanted: ReadonlyMap<string, string>;
  /** What Compose resolves now; written out for those who would otherwise inherit somebody else's new text. */
  readonly current: (name: string) => string | undefined;
  /** Those that come to the wanted text by Compose's own default as long as nothing is written. */
  readonly implicit?: ReadonlySet<string>;
}

/** Gives services, volumes or networks a new text for one attribute, in every file that sets it. */
export function editScalars(definitions: Definitions, edit: ScalarEdit): void {
  const { section, attribute, wanted, implicit } = edit;
  const local = new Set<string>();
  for (const group of groupByNode(definitions, edit)) editGroup(definitions, edit, group, local);
  for (const name of wanted.keys()) {
    if (definitions.sites(section, name, attribute).length === 0 && !implicit?.has(name)) local.add(name);
  }
  writeLocally(definitions, edit, local);
}

interface Group {
  readonly node: Node;
  readonly edits: TextEdits;
  /** For whom this node is the last word. */
  readonly effective: Map<string, Site>;
  /** For whom a later file says something else. */
  readonly shadowed: Map<string, Site>;
}

function groupByNode(definitions: Definitions, { section, attribute }: ScalarEdit): Iterable<Group> {
  const groups = new Map<Node, Group>();
  for (const name of definitions.names(section)) {
    const sites = definitions.sites(section, name, attribute);
    for (const [index, site] of sites.entries()) {
      const node = site.entry.value;
      if (!node) continue;
      const group = groups.get(node) ?? { node, edits: site.definition.edits, effective: new Map(), shadowed: new Map() };
      (index === sites.length - 1 ? group.effective : group.shadowed).set(name, site);
      groups.set(node, group);
    }
  }
  return groups.values();
}

function editGroup(definitions: Definitions, edit: ScalarEdit, group: Group, local: Set<string>): void {
  const { section, wanted } = edit;
  if (group.effective.size === 0) {
    editShadowed(edit, group);
    return;
  }
  const texts = new Set([...group.effective.keys()].map(name => wanted.get(name)));
  const [text] = texts;
  const [site] = group.effective.values();
  if (texts.size === 1) {
    if (text !== undefined && site) setNode(edit, group, site, text);
    return;
  }
  // One place would have to say two things. Whoever it is written for keeps it; the others get a key of their own.
  const owner = [...group.effective].find(each => definitions.isHome(section, ...each));
  const ownText = owner && wanted.get(owner[0]);
  if (owner && ownText !== undefined) setNode(edit, group, owner[1], ownText);
  for (const name of group.effective.keys()) {
    if (name !== owner?.[0] && (wanted.has(name) || ownText !== undefined)) local.add(name);
  }
}

/** What a later file overrides counts for nobody, but would count if that file went away. */
function editShadowed(edit: ScalarEdit, group: Group): void {
  const texts = new Set([...group.shadowed.keys()].map(name => edit.wanted.get(name)));
  const sites = [...group.shadowed.values()];
  const [text] = texts;
  const [site] = sites;
  const isDirect = sites.every(each => isOwn(each) && !isAlias(each.entry.written));
  if (texts.size === 1 && text !== undefined && site && isDirect) setNode(edit, group, site, text);
}

function setNode(edit: ScalarEdit, group: Group, site: Site, text: string): void {
  const { edits, node } = group;
  if (edits.document.scalar(node) === text) return;
  if (!isScalar(node))
    throw cannotEdit(`${edit.section}.${site.definition.entry.key}.${edit.attribute}`, "it is not a plain value");
  keepForOthers(edits, node, ([section, , attribute]) => section === edit.section && attribute === edit.attribute);
  edits.setScalar(node, text, inFlow(site.entry));
}

/** A value with an anchor may be used for other things too: those get its present text written out. */
export function keepForOthers(edits: TextEdits, node: Node, same: (path: readonly string[]) => boolean): void {
  if (!edits.document.isShared(node)) return;
  const others: readonly Use[] = (edits.document.uses(new Set([node])).get(node) ?? []).filter(({ path }) => !same(path));
  for (const { path, alias } of others) {
    const text = edits.document.text.slice(...edits.extent(node));
    if (!alias || text.includes("\n")) {
      throw cannotEdit(
        path.join("."),
        `it shares its text with something else (${edits.document.path}, line ${edits.lineAt(node.range?.[0] ?? 0)})`,
      );
    }
    const [from, to] = edits.extent(alias);
    edits.replace(from, to, text);
  }
}

/** Writes keys of their own; who inherits from such a place and should not change gets one too. */
function writeLocally(definitions: Definitions, edit: ScalarEdit, names: ReadonlySet<string>): void {
  const { section, attribute, wanted } = edit;
  const queue = [...names];
  const done = new Set<string>();
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (done.has(name)) continue;
    done.add(name);
    const text = wanted.get(name) ?? edit.current(name);
    if (text === undefined) continue;
    const { edits, entry } = definitions.home(section, name);
    for (const heir of definitions.heirs(section, name)) {
      const said = definitions.sites(section, heir.name, attribute).at(-1);
      const stands = said !== undefined && said.entry.holder === ownMap(definitions.home(section, heir.name).entry);
      if (!stands && (wanted.get(heir.name) ?? edit.current(heir.name)) !== text) queue.push(heir.name);
    }
    const own = ownMap(entry);
    const present = own && edits.document.entry(own, attribute);
    if (present && present.holder === own) edits.setValue(present, yamlString(text, inFlow(present)));
    else edits.addKey(entry, attribute, yamlString(text, true));
  }
}

export const inFlow = (entry: Entry): boolean => entry.holder.flow === true;
