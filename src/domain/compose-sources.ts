import { OperatorError } from "../errors.ts";
import { ComposeDocument } from "./compose-document.ts";
import { includes } from "./compose-edit-definitions.ts";
import { folderOf, joinPath } from "./compose-paths.ts";
import type { ComposeSource } from "./isolation.ts";

/** In Compose's order of preference. */
const MAIN = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"] as const;
/** The first that is there counts, whatever the main file is called (measured with 2.26.1). */
const OVERRIDES = [
  "compose.override.yml",
  "compose.override.yaml",
  "docker-compose.override.yml",
  "docker-compose.override.yaml",
] as const;
const MAX_FILES = 200;

interface Options {
  /** COMPOSE_FILE from `.env`; null when it is not set. */
  readonly composeFile: string | null;
  /** COMPOSE_PATH_SEPARATOR; `:` when it is not set. */
  readonly separator?: string;
}

type Read = (relativePath: string) => Promise<string | null>;

/**
 * The compose files that Compose uses in a folder, in its order: main file and override, or what COMPOSE_FILE names; then
 * what they include and extend.
 *
 * @param read a file of the folder; null when there is none
 * @throws OperatorError NO_COMPOSE_FILE, COMPOSE_OUTSIDE for files that are not the folder's own, COMPOSE_UNREADABLE
 */
export async function composeSources(read: Read, options: Options): Promise<readonly ComposeSource[]> {
  const roots = await composeRoots(read, options);
  // What the project's own files name is relative to the folder of the first of them.
  const base = folderOf(roots[0] ?? "");
  const queue = roots.map((path): Reference & { namedBy: string } => ({ path, base, namedBy: "COMPOSE_FILE" }));
  const found = new Map<string, ComposeSource>();
  const seen = new Set<string>();
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { path, namedBy } = next;
    const visit = `${next.base}\0${path}`;
    if (seen.has(visit)) continue;
    seen.add(visit);
    if (seen.size > MAX_FILES) throw outside(path, `the compose files name more than ${MAX_FILES} others`);
    const text = found.get(path)?.text ?? (await read(path));
    if (text === null) {
      throw new OperatorError("NO_COMPOSE_FILE", `${namedBy} names ${path}, which is not there.`, {
        hint: `bring the file along, or correct ${namedBy}`,
      });
    }
    const source = { path, text };
    found.set(path, source);
    queue.push(...references(source, next.base).map(reference => ({ ...reference, namedBy: path })));
  }
  return [...found.values()];
}

/** Only those that Compose begins with. @throws OperatorError NO_COMPOSE_FILE, COMPOSE_OUTSIDE */
export async function composeRoots(read: Read, { composeFile, separator = ":" }: Options): Promise<readonly string[]> {
  const named = composeFile ? composeFile.split(separator || ":").filter(path => path !== "") : await defaultFiles(read);
  return named.map(path => inside("", path, "COMPOSE_FILE"));
}

/** A file, and the folder that its own references are relative to. */
interface Reference {
  readonly path: string;
  readonly base: string;
}

async function defaultFiles(read: Read): Promise<readonly string[]> {
  const first = async (names: readonly string[]): Promise<string | null> => {
    for (const name of names) if ((await read(name)) !== null) return name;
    return null;
  };
  const main = await first(MAIN);
  if (main === null) {
    throw new OperatorError("NO_COMPOSE_FILE", `There is no compose file: none of ${MAIN.join(", ")}.`, {
      hint: "name the folder that holds docker-compose.yml",
    });
  }
  const override = await first(OVERRIDES);
  return override === null ? [main] : [main, override];
}

/** What a file includes and what its services extend (measured: both are relative to `base`). */
function references(source: ComposeSource, base: string): readonly Reference[] {
  const document = ComposeDocument.parse(source);
  const included = includes(document).flatMap(({ paths, folder }): Reference[] => {
    const resolved = paths.map(path => inside(base, path, source.path));
    const own = folder === null ? folderOf(resolved[0] ?? "") : inside(base, folder, source.path);
    return resolved.map(path => ({ path, base: own === "." ? "" : own }));
  });
  const extended = [...document.section("services").values()].flatMap(({ value }): Reference[] => {
    const file = document.scalar(document.entry(document.entry(value, "extends")?.value, "file")?.value);
    if (file === null) return [];
    const path = inside(base, file, source.path);
    return [{ path, base: folderOf(path) }];
  });
  return [...included, ...extended];
}

const outside = (path: string, why: string): OperatorError =>
  new OperatorError("COMPOSE_OUTSIDE", `The compose file ${JSON.stringify(path)} cannot be used: ${why}.`, {
    hint: "put the file into the folder and name it by a relative path",
  });

/** @returns the path relative to the project's folder, normal */
function inside(folder: string, path: string, namedBy: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(path) || /^(?:git@|github\.com\/)/.test(path) || path === "-")
    throw outside(path, `${namedBy} takes it from elsewhere`);
  if (path.includes("$")) throw outside(path, `${namedBy} names it with a variable`);
  if (path.startsWith("/") || path.startsWith("~")) throw outside(path, `${namedBy} names it by an absolute path`);
  if (path === "" || path.includes("\0") || path.includes("\\")) throw outside(path, `${namedBy} names no file`);
  const joined = joinPath(folder, path);
  if (joined === ".." || joined.startsWith("../")) throw outside(path, `${namedBy} takes it from outside of the folder`);
  return joined;
}
