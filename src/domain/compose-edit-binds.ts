import type { Node } from "yaml";
import type { Definitions } from "./compose-edit-definitions.ts";
import { inFlow, keepForOthers } from "./compose-edit-scalars.ts";
import { cannotEdit, type TextEdits } from "./compose-edit-text.ts";
import type { BindMoves } from "./isolation.ts";
import { plainText } from "./shared-resources.ts";

/** Where a path lies once the folders that move have moved; null for one that stays. */
export function movedPath(path: string, binds: BindMoves): string | null {
  const [old, fresh] =
    Object.entries(binds)
      .filter(([from]) => path === from || path.startsWith(`${from}/`))
      .sort(([a], [b]) => b.length - a.length)[0] ?? [];
  return old === undefined || fresh === undefined ? null : fresh + path.slice(old.length);
}

/** One place that names a folder which moves. */
interface Claim {
  readonly edits: TextEdits;
  /** The whole item in the short syntax, its `source` in the long one. */
  readonly node: Node;
  readonly flow: boolean;
  /** The source as written, without what follows it in the short syntax. */
  readonly written: string;
  readonly rest: string;
  /** As Compose resolves it. */
  readonly source: string;
  readonly moved: string;
}

/**
 * Mounts other folders in the place of some outside of the instance. Where the source begins with a variable that is used
 * for nothing else, the text stays and the variable is returned, to be set in `.env`.
 */
export function editBinds(definitions: Definitions, binds: BindMoves): Readonly<Record<string, string>> {
  const claims = new Map<Node, Claim>();
  for (const service of definitions.names("services")) {
    for (const { type, source, target } of definitions.model.services[service]?.volumes ?? []) {
      const path = type === "bind" && source !== undefined ? plainText(source).replace(/(.)\/$/, "$1") : "";
      const moved = movedPath(path, binds);
      if (moved === null) continue;
      const claim = claimOf(definitions, service, plainText(target));
      if (claim === null) throw cannotEdit(`The mount of ${service} at ${target}`, "the place that says it cannot be found");
      claims.set(claim.node, { ...claim, source: path, moved });
    }
  }
  const byVariable = new Map<string, { readonly value: string; readonly claim: Claim }[]>();
  for (const claim of claims.values()) {
    const found = variableOf(claim, binds);
    if (found === null) rewrite(claim);
    else byVariable.set(found.name, [...(byVariable.get(found.name) ?? []), { value: found.value, claim }]);
  }
  const env: Record<string, string> = {};
  const used = definitions.files.flatMap(({ document }) => document.variables());
  for (const [name, uses] of byVariable) {
    const [value, ...others] = new Set(uses.map(use => use.value));
    const isOnlyHere = used.filter(each => each === name).length === uses.length;
    if (value !== undefined && others.length === 0 && isOnlyHere) env[name] = value;
    else for (const { claim } of uses) rewrite(claim);
  }
  return env;
}

/** The last item that mounts something at this place: of several files the last one counts. */
function claimOf(definitions: Definitions, service: string, target: string): Omit<Claim, "source" | "moved"> | null {
  for (const { definition, entry } of [...definitions.sites("services", service, "volumes")].reverse()) {
    const { edits } = definition;
    const { document } = edits;
    for (const item of [...(document.list(entry.value)?.items ?? [])].reverse()) {
      const node = document.follow(item);
      const text = document.scalar(node);
      if (node && text !== null) {
        const parts = partsOf(text);
        if (parts !== null && sameTarget(parts.target, target))
          return { edits, node, flow: inFlow(entry), written: parts.source, rest: parts.rest };
        continue;
      }
      const source = document.entry(node, "source") ?? document.entry(node, "src");
      const at = document.entry(node, "target") ?? document.entry(node, "dst") ?? document.entry(node, "destination");
      const written = document.scalar(source?.value);
      if (source?.value && written !== null && sameTarget(document.scalar(at?.value) ?? "", target))
        return { edits, node: source.value, flow: inFlow(source), written, rest: "" };
    }
  }
  return null;
}

/** A target with a variable in it cannot be read here; what Compose resolves afterwards shows whether it was the right one. */
const sameTarget = (written: string, target: string): boolean =>
  written.replace(/(.)\/$/, "$1") === target.replace(/(.)\/$/, "$1") || /\$/.test(written);

/** `SOURCE:TARGET[:MODE]`, where a colon within `${...}` cuts nothing. */
function partsOf(text: string): { readonly source: string; readonly target: string; readonly rest: string } | null {
  const colons = [...text.replaceAll(/\$\{[^}]*\}/g, whole => "_".repeat(whole.length)).matchAll(/:/g)].map(({ index }) => index);
  const [first, second] = colons;
  if (first === undefined) return null;
  return { source: text.slice(0, first), target: text.slice(first + 1, second), rest: text.slice(first) };
}

/** The variable that a source begins with, and the value that makes it the moved path. */
function variableOf({ written, source }: Claim, binds: BindMoves): { readonly name: string; readonly value: string } | null {
  const found = /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(?::?[-?])[^${}]*)?\})([^$]*)$/.exec(written);
  const [, bare, braced, tail = ""] = found ?? [];
  const name = bare ?? braced;
  const end = tail.replace(/\/$/, "");
  if (name === undefined || !source.endsWith(end)) return null;
  const value = movedPath(source.slice(0, source.length - end.length), binds);
  return value === null ? null : { name, value };
}

function rewrite({ edits, node, flow, rest, moved }: Claim): void {
  keepForOthers(edits, node, ([section, , attribute]) => section === "services" && attribute === "volumes");
  edits.setScalar(node, `${moved.replaceAll("$", "$$$$")}${rest}`, flow);
}
