import type { Product } from "./product.ts";
import { compareReleases, isInRange } from "./release-order.ts";

/** What an administrator must have read before a release is updated to. */
export interface Instruction {
  readonly release: string;
  readonly text: string;
}

/** In the place of a release: what on this machine could start the old instance again. */
export const REVIVERS = "revivers";

/**
 * What must be read for each of these releases, in their order: the bundle's own UPGRADING.md, and what the product description says.
 * @param upgrading text of a release's UPGRADING.md; null where there is none
 */
export function instructionsFor(
  releases: readonly { readonly release: string; readonly upgrading: string | null }[],
  described: Product["instructions"],
): readonly Instruction[] {
  return releases.flatMap(({ release, upgrading }) => {
    const texts = [
      ...described.filter(({ versions }) => isInRange(release, versions)).map(({ say }) => say.trim()),
      (upgrading ?? "").trim(),
    ].filter(text => text !== "");
    return texts.length === 0 ? [] : [{ release, text: texts.join("\n\n") }];
  });
}

/**
 * Those of the instructions that nobody acknowledged.
 * @param given values of `--acknowledge`: releases, or the empty text for the bare flag, which is enough where there is only one release to read about
 */
export function acknowledgements(instructions: readonly Instruction[], given: readonly string[]): readonly Instruction[] {
  if (instructions.length === 1 && instructions[0]?.release !== REVIVERS && given.includes("")) return [];
  return instructions.filter(({ release }) => !given.some(each => isOf(each, release)));
}

const isOf = (given: string, release: string): boolean =>
  release === REVIVERS || given === REVIVERS ? given === release : given !== "" && compareReleases(given, release) === 0;
