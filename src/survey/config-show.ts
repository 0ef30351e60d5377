import { serviceEnvFiles } from "../domain/compose-env-files.ts";
import { composeDefaults, composeVariables, writtenEnvironment } from "../domain/compose-environment.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import { isSecretKey, layered } from "../domain/merge-keys.ts";
import { type Mask, maskFor } from "../domain/merge-mask.ts";
import { plainText } from "../domain/shared-resources.ts";
import { OperatorError } from "../errors.ts";
import type { World } from "../host/world.ts";
import { pristineTexts } from "./config-pristine.ts";
import { type ConfigTexts, configTexts, effectiveValues, envEntries } from "./config-texts.ts";

/** A setting as it counts. Holds no secret. */
export interface ShownSetting {
  readonly key: string;
  /** Null for a secret, and for a key without a value. */
  readonly value: string | null;
  readonly secret: boolean;
  /** `file`: an env file says it; `compose`: a compose file's `environment:`; `default`: no file does, and a compose file has a default. */
  readonly from: "file" | "compose" | "default";
  readonly file: string | null;
  readonly line: number | null;
  /** Whether it is another value than the vendor's; null where that is not known. */
  readonly changed: boolean | null;
}

type Told = Pick<ShownSetting, "value" | "secret">;

/** A value as it may be shown. */
export function told(mask: Mask, key: string, value: string | null): Told {
  const secret = value !== null && value !== "" && (isSecretKey(key) || mask.value(key, value) === null);
  return { value: secret ? null : value, secret };
}

const lineAt = (text: string, at: number): number => text.slice(0, at).split("\n").length;

/** Every setting of the env files, and defaults of the compose files that nothing overrules. */
export async function surveySettings(world: World, record: InstanceRecord): Promise<readonly ShownSetting[]> {
  const config = await configTexts(world, record);
  const entries = envEntries(config);
  const pristine = await pristineTexts(world, record);
  const values = await effectiveValues(world, config);
  const shipped = pristine === null ? null : await effectiveValues(world, { texts: pristine.own, order: config.order });
  const mask = maskFor([...entries.values()]);
  const shown: ShownSetting[] = [];
  for (const key of layered([...entries.values()]).keys()) {
    const { file, line } = placeIn(config, [...config.order, ...config.named], key);
    const isOrdered = file !== null && config.order.includes(file);
    const value = isOrdered ? (values[key] ?? null) : file === null ? null : (entries.get(file)?.get(key)?.literal ?? null);
    const before = shipped?.[key] ?? null;
    const changed = shipped === null || !isOrdered ? null : before !== value || (!Object.hasOwn(shipped, key) && value !== null);
    shown.push({ key, ...told(mask, key, value), from: "file", file, line, changed });
  }
  const used = composeVariables(config.compose);
  for (const [key, { value, path }] of composeDefaults(config.compose)) {
    if (shown.some(each => each.key === key) || !used.has(key)) continue;
    shown.push({ key, ...told(mask, key, value), from: "default", file: path, line: null, changed: false });
  }
  return shown.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** What one service gets. @throws OperatorError NO_SERVICE */
export async function surveyServiceSettings(
  world: World,
  record: InstanceRecord,
  service: string,
): Promise<readonly ShownSetting[]> {
  const config = await configTexts(world, record);
  const project = { name: record.project, dir: record.dir, envFiles: record.envFiles };
  const { services } = await world.compose.resolve(project);
  const found = services[service];
  if (found === undefined) {
    throw new OperatorError("NO_SERVICE", `${record.name} has no service ${JSON.stringify(service.slice(0, 60))}.`, {
      hint: `--service ${Object.keys(services).join(" or --service ")}`,
    });
  }
  const mask = maskFor([...envEntries(config).values()]);
  const pristine = await pristineTexts(world, record);
  const vendor =
    pristine === null ? null : (await world.compose.resolve({ ...project, dir: record.pristine })).services[service]?.environment;
  const files = config.compose.flatMap(source => serviceEnvFiles(source, service));
  return Object.entries(found.environment ?? {})
    .map(([key, raw]): ShownSetting => {
      const value = raw === null ? null : plainText(raw);
      const written = config.compose.findLast(source => writtenEnvironment(source, service).has(key));
      const place = written === undefined ? placeIn(config, files, key) : { file: written.path, line: null };
      const was = vendor?.[key];
      const isOwn = key === "COMPOSE_PROJECT_NAME";
      const changed = vendor === null || vendor === undefined ? null : !isOwn && (was === undefined || was !== raw);
      return { key, ...told(mask, key, value), from: written === undefined ? "file" : "compose", ...place, changed };
    })
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

function placeIn(config: ConfigTexts, files: readonly string[], key: string): Pick<ShownSetting, "file" | "line"> {
  const entries = envEntries(config);
  const file = files.findLast(path => entries.get(path)?.has(key)) ?? null;
  const at = file === null ? undefined : entries.get(file)?.get(key)?.from;
  return { file, line: file === null || at === undefined ? null : lineAt(config.texts[file] ?? "", at) };
}
