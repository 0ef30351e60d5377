import { posix } from "node:path";
import type { Brought } from "../domain/brought.ts";
import { namedEnvFiles } from "../domain/compose-env-files.ts";
import type { ComposeModel } from "../domain/compose-model.ts";
import { composeSources } from "../domain/compose-sources.ts";
import { EnvFile } from "../domain/env-file.ts";
import type { Texts } from "../domain/merge-input.ts";
import { isWithin, treesOf } from "../domain/merge-layout.ts";
import type { Layout } from "../domain/product.ts";
import { literalsOf } from "../domain/secrets.ts";
import { innerBinds } from "../domain/shared-resources.ts";
import type { Files } from "../host/world.ts";

/** What the administrator put beside the vendor's files. */
export interface Beside {
  /** What is merged: his compose files, his files in the folders of texts, and single files that he mounts. */
  readonly texts: Texts;
  /** Folders that he mounts, which are carried as they are. */
  readonly folders: readonly string[];
  /** What is neither as the vendor brought it nor carried. */
  readonly behind: readonly string[];
}

export interface BesideAsk {
  readonly dir: string;
  readonly layout: Layout;
  /** The vendor's texts of the old release, and those of the new one. */
  readonly base: Texts;
  readonly theirs: Texts;
  /** What the old release brought besides its texts. */
  readonly brought: Brought;
  /** Texts that are merged anyway. */
  readonly mine: Texts;
  /** What Compose makes of the folder, and of the vendor's own files in theirs. */
  readonly model: ComposeModel;
  readonly vendor: { readonly model: ComposeModel; readonly dir: string };
}

/** Larger ones, as those of a bundle, are no configuration. */
const MAX_TEXT_CHARACTERS = 1024 * 1024;
/** An image archive is in no copy either; the other is a write of graph-mgr's that was cut off. */
const OWN = /^containers\.tar(\.gz)?$|(^|\/)\.[^/]+\.graph-mgr-part$/;

/** @throws OperatorError NO_COMPOSE_FILE, COMPOSE_OUTSIDE, COMPOSE_UNREADABLE */
export async function surveyBeside(files: Files, ask: BesideAsk): Promise<Beside> {
  const { dir, layout, base, theirs, mine } = ask;
  const texts: Record<string, string> = {};
  const folders: string[] = [];
  const add = async (path: string): Promise<void> => {
    const text = await textOf(files, `${dir}/${path}`);
    if (text !== null) texts[path] = text;
  };
  const isKnown = (path: string): boolean => path in base || path in mine || path in texts;

  const composeFile = literalsOf(EnvFile.parse(mine[".env"] ?? ""))["COMPOSE_FILE"] ?? null;
  const sources = await composeSources(path => files.read(`${dir}/${path}`), { composeFile });
  const named = sources.flatMap(source => [source.path, ...namedEnvFiles(source)]);
  for (const path of named) if (!isKnown(path)) await add(path);

  const trees = treesOf(layout);
  const known = () => [...Object.keys(base), ...Object.keys(mine), ...Object.keys(texts), ...trees, ...folders];
  for (const folder of layout.texts)
    for (const path of await filesBelow(files, dir, await unknownBelow(files, dir, folder, known()))) await add(path);

  // What the vendor mounts himself, his release brings, or the layout names.
  const vendors = new Set(innerBinds(ask.vendor.model, ask.vendor.dir));
  for (const bind of innerBinds(ask.model, dir).filter(path => !vendors.has(path)))
    for (const path of await unknownBelow(files, dir, bind, known(), Object.keys(theirs))) {
      if (await files.isFolder(`${dir}/${path}`)) folders.push(path);
      else await add(path);
    }
  const same = await unchanged(files, ask, known());
  const behind = await unknownBelow(
    files,
    dir,
    "",
    [...known(), ...same.files],
    same.folders.map(path => `${path}/`),
  );
  return { texts, folders, behind: behind.filter(path => !OWN.test(path)) };
}

/** What still is as the vendor brought it; of a folder it is said only that it is one. Nothing is read of what lies in `known`. */
async function unchanged(
  files: Files,
  { dir, brought }: BesideAsk,
  known: readonly string[],
): Promise<{ readonly folders: readonly string[]; readonly files: readonly string[] }> {
  const found: { readonly folders: string[]; readonly files: string[] } = { folders: [], files: [] };
  for (const [path, what] of Object.entries(brought)) {
    if (known.some(each => isWithin(path, each)) || (await files.imprint(`${dir}/${path}`)) !== what) continue;
    (what === "folder" ? found.folders : found.files).push(path);
  }
  return found;
}

/**
 * The topmost entries, `path` itself included, that neither are known, nor lie in what is, nor hold it. Only what holds it is listed.
 * @param split paths that must not be held either
 */
async function unknownBelow(
  files: Files,
  dir: string,
  path: string,
  known: readonly string[],
  split: readonly string[] = [],
): Promise<readonly string[]> {
  if (known.some(each => isWithin(path, each))) return [];
  const isSplit = path === "" || known.some(each => isWithin(each, path)) || split.some(each => each.startsWith(`${path}/`));
  if (!isSplit) return (await files.exists(`${dir}/${path}`)) ? [path] : [];
  const found: string[] = [];
  for (const name of await files.list(posix.join(dir, path)))
    found.push(...(await unknownBelow(files, dir, posix.join(path, name), known, split)));
  return found;
}

async function filesBelow(files: Files, dir: string, paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if (!(await files.isFolder(`${dir}/${path}`))) found.push(path);
    else {
      const names = await files.list(`${dir}/${path}`);
      found.push(
        ...(await filesBelow(
          files,
          dir,
          names.map(name => `${path}/${name}`),
        )),
      );
    }
  }
  return found;
}

/** Null for what is no text: a link is not followed, and nothing is made of bytes that are no UTF-8. */
async function textOf(files: Files, path: string): Promise<string | null> {
  if ((await files.readLink(path)) !== null) return null;
  const text = await files.read(path);
  return text === null || text.length > MAX_TEXT_CHARACTERS || /[\0\ufffd]/.test(text) ? null : text;
}
