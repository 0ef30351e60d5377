import { EXIT, OperatorError } from "../errors.ts";
import { compareReleases } from "./release-order.ts";

/** What a bundle that lies around is known by. */
interface Candidate {
  readonly path: string;
  readonly version: string | null;
  readonly sizeBytes: number;
  readonly digest: string | null;
}

/** Whether a word on the command line means a release and not a file. */
export const isRelease = (word: string): boolean =>
  /^v?\d+\.\d+(?:\.\d+)*(?:[-+][A-Za-z0-9.+-]*)?$/.test(word) && !/\.(?:tar|tgz|gz)$/.test(word);

/**
 * The bundle of a release among those that lie around. Copies of one are alike; two cuts of a release are not, and which is meant is not guessed.
 * @param candidates of the instance's product, readable
 * @throws OperatorError NO_BUNDLE, SEVERAL_BUNDLES
 */
export function bundleOfRelease(candidates: readonly Candidate[], release: string): string {
  const found = candidates.filter(({ version }) => version !== null && compareReleases(version, release) === 0);
  const [first] = found;
  if (first === undefined)
    throw new OperatorError(
      "NO_BUNDLE",
      `No bundle of ${release} lies in the home, in this folder, or in a folder \`bundles\` in either.`,
      {
        exit: EXIT.refused,
        hint: "--bundles DIR   (where it lies; `graph-mgr versions` shows what lies here)",
      },
    );
  const isOther = (each: Candidate) =>
    each.sizeBytes !== first.sizeBytes || (each.digest !== null && first.digest !== null && each.digest !== first.digest);
  if (!found.some(isOther)) return first.path;
  throw new OperatorError(
    "SEVERAL_BUNDLES",
    `There are different bundles of ${release}: ${found.map(({ path }) => path).join(", ")}.`,
    {
      exit: EXIT.refused,
      hint: `graph-mgr update ${first.path}`,
    },
  );
}
