import { ComposeDocument, type Entry } from "./compose-document.ts";
import { folderOf, joinPath } from "./compose-paths.ts";
import type { ComposeSource } from "./isolation.ts";

/** The files that services of a compose file take their environment from by `env_file:`, relative to the project's folder; those outside of it are left out. */
export const namedEnvFiles = (source: ComposeSource): readonly string[] => {
  const document = ComposeDocument.parse(source);
  return envFilesIn(source, document, [...document.section("services").values()]);
};

/** The same of one service, in the order in which they count. */
export function serviceEnvFiles(source: ComposeSource, service: string): readonly string[] {
  const document = ComposeDocument.parse(source);
  const found = document.section("services").get(service);
  return envFilesIn(source, document, found === undefined ? [] : [found]);
}

function envFilesIn(source: ComposeSource, document: ComposeDocument, services: readonly Entry[]): readonly string[] {
  const found = services.flatMap(({ value }) => {
    const named = document.entry(document.map(value), "env_file")?.value;
    const one = document.scalar(named);
    if (one !== null) return [one];
    return (document.list(named)?.items ?? []).flatMap((item: unknown) => {
      const path = document.scalar(item) ?? document.scalar(document.entry(document.map(item), "path")?.value);
      return path === null ? [] : [path];
    });
  });
  const paths = found.map(path => joinPath(folderOf(source.path), path));
  return [...new Set(paths)].filter(path => !path.startsWith("..") && !path.startsWith("/") && !path.includes("$"));
}
