import { posix } from "node:path";
import type { MountModel } from "../domain/compose-model.ts";
import type { Resolved } from "../domain/config-check.ts";
import { isCaddyfile } from "../domain/config-files.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import { looksSecret } from "../domain/product.ts";
import { isInside, plainText } from "../domain/shared-resources.ts";
import type { CaddyVerdict, World } from "../host/world.ts";

/** What the Caddy of a service says of a Caddyfile that it reads; the path is relative to the instance. */
export type CaddyfileLook = CaddyVerdict & { readonly path: string; readonly service: string };

/** Of the Caddyfiles as they lie there now. */
export async function surveyCaddyfiles(world: World, record: InstanceRecord): Promise<readonly CaddyfileLook[]> {
  const { dir, envFiles } = record;
  const model = await world.compose.resolve({ name: record.project, dir, envFiles });
  const sources = Object.values(model.services).flatMap(({ volumes = [] }) =>
    volumes.flatMap(({ type, source }) => (type === "bind" && source !== undefined ? [plainText(source)] : [])),
  );
  const places = sources.flatMap(source => (isCaddyfile(source) ? [source] : [posix.join(source, "Caddyfile")]));
  const texts: Record<string, string | null> = {};
  for (const path of new Set(places)) {
    if (!isInside(path, dir) || !(await world.files.exists(path)) || (await world.files.isFolder(path))) continue;
    texts[posix.relative(dir, path)] = await world.files.read(path);
  }
  return await askCaddy(world, record, texts, { model, dir });
}

/** @param texts by their paths in the instance; those that are no Caddyfiles are left out */
export async function askCaddy(
  world: World,
  record: InstanceRecord,
  texts: Readonly<Record<string, string | null>>,
  { model, dir }: Pick<Resolved, "model" | "dir">,
): Promise<readonly CaddyfileLook[]> {
  const found: CaddyfileLook[] = [];
  for (const [path, text] of Object.entries(texts).filter(([each]) => isCaddyfile(each))) {
    for (const [service, { image, volumes = [], environment = {} }] of Object.entries(model.services)) {
      const file = text === null ? null : seenAt(volumes, `${dir}/${path}`);
      if (file === null || text === null) continue;
      const mounts = await mountsThatAre(
        world,
        record,
        { model, dir },
        volumes.filter(({ target }) => target !== file),
      );
      const verdict = await world.caddy.check({
        image: record.images[service]?.id ?? image ?? "",
        text,
        file,
        mounts,
        environment: putIn(text, environment),
      });
      found.push({ ...verdict, path, service });
    }
  }
  return found;
}

/** Where a container sees a file of the instance that is mounted as it is, or with its folder. */
function seenAt(mounts: readonly MountModel[], path: string): string | null {
  const bound = mounts.filter(({ type, source }) => type === "bind" && source !== undefined);
  const whole = bound.find(({ source = "" }) => plainText(source) === path);
  if (whole) return whole.target;
  const folder = bound.find(({ source = "" }) => plainText(source) === posix.dirname(path));
  return folder === undefined ? null : posix.join(folder.target, posix.basename(path));
}

/** What Caddy puts into the text before it reads it, `{$KEY}`. A secret is none of an argument list's business, and how the text reads hardly depends on it. */
function putIn(text: string, environment: Readonly<Record<string, string | null>>): Readonly<Record<string, string>> {
  const keys = new Set([...text.matchAll(/\{[$%]([A-Za-z_]\w*)/g)].map(([, key = ""]) => key));
  return Object.fromEntries(
    Object.entries(environment).flatMap(([key, value]) =>
      keys.has(key) && value !== null ? [[key, looksSecret(key) ? "secret" : plainText(value)] as const] : [],
    ),
  );
}

/** What is there of what a service has mounted: a certificate that is not there yet is Caddy's to miss. */
async function mountsThatAre(
  { files, engine }: World,
  record: InstanceRecord,
  { model, dir }: Pick<Resolved, "model" | "dir">,
  mounts: readonly MountModel[],
) {
  const there: { readonly type: "bind" | "volume"; readonly source: string; readonly target: string }[] = [];
  for (const { type, source, target } of mounts) {
    if (source === undefined) continue;
    if (type === "bind") {
      const path = plainText(source).replace(dir, record.dir);
      if (await files.exists(path)) there.push({ type, source: path, target });
    } else if (type === "volume") {
      const name = model.volumes?.[source]?.name ?? source;
      if ((await engine.volume(name)) !== null) there.push({ type, source: name, target });
    }
  }
  return there;
}
