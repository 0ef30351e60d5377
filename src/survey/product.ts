import { type BundleContents, DESCRIPTION_FILE } from "../domain/bundle.ts";
import type { ComposeModel } from "../domain/compose-model.ts";
import { composeSources } from "../domain/compose-sources.ts";
import { EnvFile } from "../domain/env-file.ts";
import { releaseName } from "../domain/names.ts";
import { deriveProduct, describesImages, type Layout, layoutFor, type Product } from "../domain/product.ts";
import { parseProduct } from "../domain/product-file.ts";
import { literalsOf } from "../domain/secrets.ts";
import { OperatorError } from "../errors.ts";
import type { World } from "../host/world.ts";

export interface BundleProduct {
  readonly release: string;
  readonly product: Product;
  readonly layout: Layout;
  /** Resolved under the project name that was asked for; with secrets in it, so it stays inside the survey. */
  readonly model: ComposeModel;
  readonly active: readonly string[];
  /** The scratch folder that it was resolved in: a prefix of bind sources. */
  readonly dir: string;
}

/**
 * `VERSION`, then `APP_BUILD_TAG`, then what the operator says, which must not be another one; a folder's name proves nothing.
 * @throws OperatorError NO_RELEASE, BAD_RELEASE, OTHER_RELEASE
 */
export function releaseOf(texts: BundleContents["texts"], given: string | undefined): string {
  const asked = given === undefined ? null : releaseName(given);
  const version = texts["VERSION"]?.trim() ?? "";
  const tag = literalsOf(EnvFile.parse(texts[".env"] ?? ""))["APP_BUILD_TAG"] ?? "";
  const [said, where] = version !== "" ? [version, "VERSION"] : [tag, "APP_BUILD_TAG in the .env"];
  if (said !== "") {
    const release = releaseName(said);
    if (asked === null || asked === release) return release;
    throw new OperatorError("OTHER_RELEASE", `It is ${release} by its ${where}, and not ${asked}.`, {
      hint: "leave --release out: it is for what does not say which release it is",
    });
  }
  if (asked !== null) return asked;
  throw new OperatorError(
    "NO_RELEASE",
    "The bundle says nowhere which release it is: it has no VERSION and no APP_BUILD_TAG in its .env.",
    {
      hint: "give it with --release v1.2.3",
    },
  );
}

/**
 * Which product a bundle is of and how this release keeps its things.
 * @param described the descriptions that graph-mgr ships, as texts by name
 */
export async function surveyProduct(
  world: Pick<World, "compose">,
  bundle: BundleContents,
  described: Readonly<Record<string, string>>,
  project: string,
  release: string,
): Promise<BundleProduct> {
  // Our own strict reader first: Compose expands a billion aliases, or fetches what an include names, without a limit.
  const composeFile = literalsOf(EnvFile.parse(bundle.texts[".env"] ?? ""))["COMPOSE_FILE"] ?? null;
  await composeSources(async path => bundle.texts[path] ?? null, { composeFile });
  const first = await world.compose.resolveTexts(project, [], bundle.texts);
  const own = bundle.texts[DESCRIPTION_FILE];
  const product =
    own !== undefined
      ? parseProduct(own, `${DESCRIPTION_FILE} of the bundle`)
      : (Object.entries(described)
          .map(([name, text]) => parseProduct(text, name))
          .find(each => describesImages(each, first.model)) ??
        deriveProduct(first.model, literalsOf(EnvFile.parse(bundle.texts[".env"] ?? "")), first.dir));
  const layout = layoutFor(product, release);
  const resolved =
    layout.envFiles.length === 0 ? first : await world.compose.resolveTexts(project, layout.envFiles, bundle.texts);
  return { release, product, layout, ...resolved };
}
