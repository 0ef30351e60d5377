import { isAlias, isMap, isScalar, isSeq } from "yaml";
import type { ComposeDocument } from "./compose-document.ts";

/**
 * Every setting of a compose file by its path, as it is written: aliases are not followed, so that an edit of what several
 * services share is one edit. Items of a list have no position but a count: another item in front of one moves nothing.
 */
export function settingsIn(document: ComposeDocument): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  collect(document.root, "", found);
  return found;
}

function collect(node: unknown, path: string, found: Map<string, string>): void {
  if (isAlias(node)) {
    found.set(path, `*${node.source}`);
    return;
  }
  if (isScalar(node)) {
    found.set(path, `${mark(node)}${JSON.stringify(node.value) ?? "null"}`);
    return;
  }
  if (isMap(node)) {
    found.set(path, `${mark(node)}{}`);
    for (const { key, value } of node.items) collect(value, `${path}\0${isScalar(key) ? String(key.value) : "?"}`, found);
    return;
  }
  if (isSeq(node)) {
    found.set(path, `${mark(node)}[]`);
    for (const item of node.items) {
      const inside = new Map<string, string>();
      collect(item, "", inside);
      const place = `${path}\0[${JSON.stringify([...inside].sort())}]`;
      found.set(place, String(Number(found.get(place) ?? 0) + 1));
    }
  }
}

const mark = ({ anchor, tag }: { readonly anchor?: string; readonly tag?: string }): string =>
  `${anchor === undefined ? "" : `&${anchor} `}${tag === undefined ? "" : `${tag} `}`;
