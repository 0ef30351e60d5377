import { type BundleGlance, COMPOSE_FILES, DESCRIPTION_FILE, RELEASE_FILE, UPGRADING_FILE } from "../domain/bundle.ts";
import type { BundleWord } from "../domain/bundle-cache.ts";
import { OperatorError } from "../errors.ts";
import { releaseOf } from "./product.ts";

const IMAGE = /^[^#\n]*?\bimage["']?\s*:\s*["']?([^\s"'#,]+)/gm;

/** What is kept of a glance: nothing of the settings. @throws OperatorError */
export function wordOf({ texts, digest }: BundleGlance): BundleWord {
  const compose = COMPOSE_FILES.flatMap(name => texts[name] ?? []).join("\n");
  return {
    digest,
    release: releaseIn(texts),
    images: [...new Set([...compose.matchAll(IMAGE)].map(([, image = ""]) => image))],
    description: texts[DESCRIPTION_FILE] ?? null,
    releaseFile: texts[RELEASE_FILE] ?? null,
    upgrading: texts[UPGRADING_FILE] ?? null,
  };
}

function releaseIn(texts: BundleGlance["texts"]): string | null {
  try {
    return releaseOf(texts, undefined);
  } catch (error) {
    if (error instanceof OperatorError && error.code === "NO_RELEASE") return null;
    throw error;
  }
}
