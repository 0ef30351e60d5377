import { ComposeDocument } from "./compose-document.ts";
import type { ComposeSource } from "./isolation.ts";

const REFERENCE = /\$\{?([A-Za-z_][A-Za-z0-9_]*)/g;

/** Variables that a text puts in, as it is written. */
export const referencesIn = (text: string): readonly string[] =>
  [...text.replaceAll("$$", "").matchAll(REFERENCE)].map(([, name = ""]) => name);

/** What a compose file's `environment:` says for a service, before interpolation; null for a key without a value. */
export function writtenEnvironment(source: ComposeSource, service: string): ReadonlyMap<string, string | null> {
  const document = ComposeDocument.parse(source);
  const value = document.entry(document.section("services").get(service)?.value, "environment")?.value;
  const map = document.map(value);
  if (map) return new Map([...document.entries(map)].map(([key, entry]) => [key, document.scalar(entry.value)]));
  return new Map(
    (document.list(value)?.items ?? []).flatMap((item: unknown) => {
      const text = document.scalar(item);
      if (text === null) return [];
      const at = text.indexOf("=");
      return [at < 0 ? ([text, null] as const) : ([text.slice(0, at), text.slice(at + 1)] as const)];
    }),
  );
}

/** Every variable that a compose file puts in anywhere. */
export const composeVariables = (sources: readonly ComposeSource[]): ReadonlySet<string> =>
  new Set(sources.flatMap(source => ComposeDocument.parse(source).variables()));

/** Variables that have a default in a compose file, with it: `${NAME:-default}`. */
export const composeDefaults = (
  sources: readonly ComposeSource[],
): ReadonlyMap<string, { readonly value: string; readonly path: string }> =>
  new Map(
    sources.flatMap(({ path, text }) =>
      [...text.replaceAll("$$", "").matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*):?-([^}$]*)\}/g)].map(
        ([, name = "", value = ""]) => [name, { value, path }] as const,
      ),
    ),
  );
