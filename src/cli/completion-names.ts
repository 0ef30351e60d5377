import { basename, join, resolve } from "node:path";
import { findHome, type Home } from "../domain/home.ts";

/** What completion may look at: names, and nothing that is in files but in records. */
export interface Sight {
  readonly cwd: string;
  readonly userHome: string;
  /** `$GRAPH_MGR_HOME`. */
  readonly variable: string | undefined;
  /** What is in a folder; null where it is none that can be read. */
  readonly list: (folder: string) => readonly { readonly name: string; readonly isFolder: boolean }[] | null;
  /** A file's text; null where it cannot be read. */
  readonly read: (path: string) => string | null;
}

export interface Candidate {
  readonly value: string;
  /** A phrase, or nothing. */
  readonly about: string;
}

const ARCHIVE = /\.(tar|tar\.gz|tgz)(\.age)?$/;
const plain = (value: string): Candidate => ({ value, about: "" });

export const homeSeen = (sight: Sight, flag: string | undefined): Promise<Home> =>
  findHome(
    { flag, variable: sight.variable, cwd: sight.cwd, userHome: sight.userHome },
    async folder => sight.list(join(folder, ".graph-mgr")) !== null,
    path => resolve(sight.cwd, expanded(path, sight)),
  );

const expanded = (path: string, { userHome }: Sight): string => path.replace(/^~(?=\/|$)/, () => userHome);

const names = (sight: Sight, folder: string, pattern: RegExp): readonly string[] =>
  (sight.list(folder) ?? []).flatMap(({ name }) => pattern.exec(name)?.[1] ?? []);

export function instances(sight: Sight, home: Home): readonly Candidate[] {
  const found = names(sight, home.records(), /^(v.+)\.json$/).map(plain);
  return sight.list(home.current()) === null ? found : [...found, { value: "current", about: "what serves" }];
}

export const operations = (sight: Sight, home: Home): readonly Candidate[] =>
  names(sight, home.operations(), /^(\d{8}T.+)$/).map(plain);

/** Of the instance that is named on the line; `current` where none is. */
export function services(sight: Sight, home: Home, instance: string): readonly Candidate[] {
  const name = instances(sight, home).find(({ value }) => value === instance || value === `v${instance}`)?.value;
  try {
    const record: unknown = JSON.parse(sight.read(home.record(name ?? "")) ?? "null");
    const own = typeof record === "object" && record !== null && "services" in record ? record.services : [];
    return Array.isArray(own) ? own.filter(each => typeof each === "string").map(plain) : [];
  } catch {
    return [];
  }
}

/** By their numbers. */
export function backups(sight: Sight, home: Home): readonly Candidate[] {
  const files = (sight.list(home.backups()) ?? []).map(({ name }) => name);
  return names(sight, home.backupNotes(), /^(\d+)\.json$/)
    .toSorted((a, b) => Number(b) - Number(a))
    .map(value => ({ value, about: files.find(name => name.startsWith(`${value}-`)) ?? "" }));
}

/** Files and folders that begin like what is typed, which may lead elsewhere. A folder ends with `/`. */
export function paths(sight: Sight, typed: string, isWanted: (name: string) => boolean): readonly Candidate[] {
  const begin = typed.slice(0, typed.lastIndexOf("/") + 1);
  const folder = resolve(sight.cwd, expanded(begin, sight) || ".");
  const isHiddenAsked = basename(typed).startsWith(".") && !typed.endsWith("/");
  return (sight.list(folder) ?? [])
    .filter(({ name, isFolder }) => name.startsWith(".") === isHiddenAsked && (isFolder || isWanted(name)))
    .map(({ name, isFolder }) =>
      plain(`${begin === "" && name.startsWith("-") ? "./" : ""}${begin}${name}${isFolder ? "/" : ""}`),
    );
}

const isArchive = (name: string): boolean => ARCHIVE.test(name) && !name.startsWith("containers.tar");

/** Those of the folder where one is, and by their whole path those of the home. */
export function bundles(sight: Sight, home: Home, typed: string): readonly Candidate[] {
  const elsewhere = [home.path, join(home.path, "bundles")].filter(folder => folder !== sight.cwd);
  const found = elsewhere.flatMap(folder =>
    (sight.list(folder) ?? []).filter(({ name }) => isArchive(name)).map(({ name }) => plain(join(folder, name))),
  );
  const here = paths(sight, typed, isArchive);
  const [files, folders] = [false, true].map(isFolder => here.filter(({ value }) => value.endsWith("/") === isFolder));
  return [...(files ?? []), ...found, ...(folders ?? [])];
}
