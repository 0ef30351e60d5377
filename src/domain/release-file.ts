import { parse } from "yaml";
import { z } from "zod";
import { OperatorError } from "../errors.ts";
import { RELEASE_FILE } from "./bundle.ts";
import { releaseName } from "./names.ts";

const releaseFile = z.looseObject({
  /** The oldest release that may be updated to this one. */
  requires: z.string().transform(releaseName).nullish(),
});

export interface ReleaseFile {
  /** As a release's name, `v2.24.0`; null when it may follow any. */
  readonly requires: string | null;
}

/**
 * What a vendor says of one release in its bundle, in `release.yml`; keys that are not known are the vendor's own. Null for a bundle without one.
 * @throws OperatorError BAD_RELEASE_FILE
 */
export function parseReleaseFile(text: string | null, bundle: string): ReleaseFile {
  try {
    const { requires } = releaseFile.parse(parse(text ?? "", { maxAliasCount: 20, uniqueKeys: true, logLevel: "error" }) ?? {});
    return { requires: requires ?? null };
  } catch (cause) {
    const why =
      cause instanceof z.ZodError
        ? z.prettifyError(cause)
        : cause instanceof OperatorError
          ? cause.message
          : "it is not valid YAML";
    throw new OperatorError("BAD_RELEASE_FILE", `The ${RELEASE_FILE} of ${bundle} cannot be used: ${why}`, {
      hint: "write releases as text (`requires: v2.24.0`), or ask the vendor for another bundle",
      cause,
    });
  }
}
