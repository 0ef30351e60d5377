import { EXIT, OperatorError } from "../errors.ts";
import type { Resolutions } from "./merge-result.ts";

/** What something that is merged for one of several releases is called, by `--resolve` and among the answers of an operation. */
export const ofRelease = (release: string, name: string): string => `${release}/${name}`;

/**
 * Answers of `--resolve` by release, where an update goes through several: `v2.24.9/.env:KEY`.
 * @throws OperatorError RESOLVE_UNKNOWN for one that names none of them
 */
export function resolutionsByRelease(resolve: Resolutions, releases: readonly string[]): Readonly<Record<string, Resolutions>> {
  const found: Record<string, Resolutions> = {};
  for (const [name, resolution] of Object.entries(resolve)) {
    const release = releases.find(each => name.startsWith(ofRelease(each, "")));
    if (release === undefined) {
      throw new OperatorError("RESOLVE_UNKNOWN", `${name} does not say for which of ${releases.join(", ")} it is.`, {
        exit: EXIT.usage,
        hint: `--resolve ${ofRelease(releases[0] ?? "v1.2.3", name)}=mine`,
      });
    }
    found[release] = { ...found[release], [name.slice(ofRelease(release, "").length)]: resolution };
  }
  return found;
}
