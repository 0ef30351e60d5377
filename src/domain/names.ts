import { OperatorError } from "../errors.ts";

/** A release as the vendor numbers it: the folder under `releases/` begins with exactly this. */
const RELEASE = /^v[0-9][A-Za-z0-9.+-]*$/;
/** What tells a concurrent copy of a release from the first. */
const SUFFIX = /^[a-z0-9][a-z0-9-]{0,31}$/;
/** Compose project names are at most this long in practice: container names of a project must fit into 253 bytes of DNS. */
const LONGEST = 64;

export interface InstanceName {
  readonly release: string;
  readonly suffix: string | null;
  /** `v2.22.2` or `v2.22.2-training`. */
  readonly name: string;
  /** `v2_22_2_training`: the Compose project and, with `_`, the prefix of volumes. */
  readonly slug: string;
}

/**
 * The vendor's version text as a release name; a missing `v` is added.
 * @throws OperatorError BAD_RELEASE
 */
export function releaseName(text: string): string {
  const trimmed = text.trim();
  const release = /^[0-9]/.test(trimmed) ? `v${trimmed}` : trimmed;
  if (!RELEASE.test(release) || release.length > LONGEST || release.includes("..")) {
    throw new OperatorError("BAD_RELEASE", `${show(trimmed)} is not a release number.`, { hint: "give it as --release v2.22.2" });
  }
  return release;
}

/** @throws OperatorError BAD_NAME */
export function instanceName(release: string, suffix: string | null): InstanceName {
  if (suffix !== null && !SUFFIX.test(suffix)) {
    throw new OperatorError(
      "BAD_NAME",
      `${show(suffix)} cannot name an instance: it takes up to 32 small letters, digits and dashes.`,
      {
        hint: "--name training",
      },
    );
  }
  const name = suffix === null ? release : `${release}-${suffix}`;
  return { release, suffix, name, slug: slugOf(name) };
}

/** Letters, digits and `_` only, because Compose drops dots: `v2.22.2` and `v2.2.22` would become one project. */
export const slugOf = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "_");

/** A name that came from outside, as it may be shown: short, quoted, without control characters. */
export const show = (text: string): string => {
  const plain = text.slice(0, 60).replaceAll(/[^\x20-\x7e\u00a1-\u02ff\u0370-\u03ff\u0400-\u04ff]/g, "?");
  return `"${plain}${text.length > 60 ? "..." : ""}"`;
};
