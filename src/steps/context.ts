import { EnvFile } from "../domain/env-file.ts";
import type { BindMoves, PortSetting } from "../domain/isolation.ts";
import { literalsOf } from "../domain/secrets.ts";
import type { World } from "../host/world.ts";
import type { StepContext } from "../plan/step.ts";

export type Context = StepContext<World>;

/** A Compose project as plans name it. */
export type ProjectInput = { readonly name: string; readonly dir: string; readonly envFiles: readonly string[] };

type Names = { readonly [resolvedName: string]: string };

/** What sets an instance apart: the names that it has to itself, what it publishes, and its folders outside. */
export type Isolation = {
  readonly volumes: Names;
  readonly networks: Names;
  readonly containers: Names;
  readonly ports: readonly PortSetting[];
  /** graph-mgr's own tag by service: what it points to is written in as an id. */
  readonly images: { readonly [service: string]: string };
  readonly binds: BindMoves;
};

/** What `--set` gave, by key. They stand in a file of their own because they may be secrets. */
export async function answersIn(
  path: string | null,
  { world }: Pick<Context, "world">,
): Promise<Readonly<Record<string, string>>> {
  return path === null ? {} : (JSON.parse((await world.files.read(path)) ?? "{}") as Record<string, string>);
}

/** Reads files of an instance by their relative path. */
export const readerOf =
  ({ world }: Pick<Context, "world">, dir: string) =>
  (relative: string): Promise<string | null> =>
    world.files.read(`${dir}/${relative}`);

/** The literal values of env files. Later files win, as they do with Compose. */
export async function valuesIn(
  paths: readonly string[],
  read: (path: string) => Promise<string | null>,
): Promise<Readonly<Record<string, string | null>>> {
  const values: Record<string, string | null> = {};
  for (const path of paths) Object.assign(values, literalsOf(EnvFile.parse((await read(path)) ?? "")));
  return values;
}
