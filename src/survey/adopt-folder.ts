import { posix } from "node:path";
import { DESCRIPTION_FILE } from "../domain/bundle.ts";
import { ComposeDocument } from "../domain/compose-document.ts";
import type { ComposeModel } from "../domain/compose-model.ts";
import { composeRoots, composeSources } from "../domain/compose-sources.ts";
import { EnvFile } from "../domain/env-file.ts";
import type { Texts } from "../domain/merge-input.ts";
import { deriveProduct, describesImages, type Product } from "../domain/product.ts";
import { parseProduct } from "../domain/product-file.ts";
import { literalsOf } from "../domain/secrets.ts";
import { EXIT, OperatorError } from "../errors.ts";
import type { Files } from "../host/world.ts";

/** What an install made by hand says of itself in its folder. Texts hold secrets. */
export interface AdoptFolder {
  readonly path: string;
  readonly texts: Texts;
  /** Files that plain `docker compose` begins with there, absolute. */
  readonly roots: readonly string[];
  /** Of its `.env`. */
  readonly settings: Readonly<Record<string, string | null>>;
}

/** @throws OperatorError NO_FOLDER, NO_COMPOSE_FILE, COMPOSE_OUTSIDE, ENV_FILE_UNREADABLE */
export async function surveyFolder(files: Files, path: string): Promise<AdoptFolder> {
  const isFolder = await files.isFolder(path);
  if (!isFolder && (await files.exists(path)))
    throw new OperatorError("NO_FOLDER", `${path} is a file; what is taken over is the folder that it lies in.`, {
      exit: EXIT.usage,
      hint: `graph-mgr adopt ${posix.dirname(path)}`,
    });
  if (!isFolder)
    throw new OperatorError("NO_FOLDER", `There is no folder ${path}.`, {
      exit: EXIT.usage,
      hint: "graph-mgr adopt --scan   (what runs on this engine, and from which folder)",
    });
  const read = async (name: string): Promise<string | null> => await files.read(`${path}/${name}`);
  const settings = literalsOf(EnvFile.parse((await read(".env")) ?? "", `${path}/.env`));
  const composeFile = settings["COMPOSE_FILE"] ?? null;
  const sources = await composeSources(read, { composeFile }).catch((error: unknown) => {
    if (!(error instanceof OperatorError) || error.code !== "NO_COMPOSE_FILE" || composeFile !== null) throw error;
    throw new OperatorError("NO_COMPOSE_FILE", `There is no compose file in ${path}.`, {
      hint: "graph-mgr adopt --scan   (what runs on this engine, and from which folder)",
      cause: error,
    });
  });
  const texts: Record<string, string> = Object.fromEntries(sources.map(source => [source.path, source.text]));
  for (const name of [".env", "VERSION", DESCRIPTION_FILE]) {
    const text = await read(name);
    if (text !== null) texts[name] = text;
  }
  const roots = await composeRoots(read, { composeFile });
  return { path, texts, settings, roots: roots.map(name => posix.join(path, name)) };
}

/** @param described the descriptions that graph-mgr ships, as texts by name */
export function productOf(
  { path, texts, settings }: AdoptFolder,
  model: ComposeModel,
  described: Readonly<Record<string, string>>,
): Product {
  const own = texts[DESCRIPTION_FILE];
  if (own !== undefined) return parseProduct(own, `${path}/${DESCRIPTION_FILE}`);
  const known = Object.entries(described).map(([name, text]) => parseProduct(text, name));
  return known.find(each => describesImages(each, model)) ?? deriveProduct(model, settings, path);
}

/**
 * What Compose calls the project where no option names it: `COMPOSE_PROJECT_NAME`, the files' own `name`, else the folder's name in small
 * letters without what no project may be called.
 */
export function defaultProject({ path, texts, settings, roots }: AdoptFolder): string {
  const named = roots.flatMap(root => {
    const document = ComposeDocument.parse({ path: root, text: texts[posix.relative(path, root)] ?? "" });
    const name = document.scalar(document.entry(document.root, "name")?.value);
    return name === null || name.includes("$") ? [] : [name];
  });
  const plain = posix
    .basename(path)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "");
  return settings["COMPOSE_PROJECT_NAME"] || (named.at(-1) ?? plain);
}
