import { join } from "node:path";
import type { ComposeModel } from "../domain/compose-model.ts";
import { Home } from "../domain/home.ts";
import type { ImageStore } from "../domain/image.ts";
import { type InstanceRecord, ownTag, RECORD_SCHEMA } from "../domain/instance.ts";
import type { BindMoves, PortSetting } from "../domain/isolation.ts";
import type { InstanceName } from "../domain/names.ts";
import type { Layout, Product } from "../domain/product.ts";
import { ownVolumes } from "../domain/shared-resources.ts";
import type { PlannedStep } from "../plan/step.ts";
import {
  awaitHealth,
  configure,
  createVolume,
  launch,
  placeRelease,
  revive,
  tagImages,
  verifyIsolation,
  writeRecord,
} from "../steps/index.ts";

/** What install and copy have in common: a staged folder becomes an instance of its own. */
export interface LayOut {
  readonly home: string;
  readonly operation: string;
  readonly instance: InstanceName;
  readonly engine: { readonly id: string; readonly imageStore: ImageStore };
  readonly product: Product;
  readonly layout: Layout;
  /** Resolved from the files before the edits, under the new project's name. */
  readonly model: ComposeModel;
  /** The folder of those files. */
  readonly before: string;
  readonly names: { readonly volumes: Names; readonly networks: Names; readonly containers: Names };
  readonly ports: readonly PortSetting[];
  readonly binds: BindMoves;
  readonly images: readonly {
    readonly service: string;
    readonly reference: string;
    /** Null when it is built first: then it is whatever the reference points to. */
    readonly config: string | null;
    readonly layers: readonly string[];
    readonly shipped: boolean;
  }[];
  readonly active: readonly string[];
  readonly pristine: string;
  readonly origin: InstanceRecord["origin"];
  readonly createdAt: string;
  /** What it may write to behind links of the files, outside of its folder. */
  readonly shared?: readonly string[];
  /** File by key of `--set`. */
  readonly set: Readonly<Record<string, string>>;
  readonly generateSecrets: boolean;
}
type Names = Readonly<Record<string, string>>;

const stagingOf = ({ home, operation }: LayOut): string => new Home(home).staging(operation);
const dirOf = ({ home, instance }: LayOut): string => new Home(home).instanceDir(instance.name);
const tagsOf = ({ instance, images }: LayOut): Readonly<Record<string, string>> =>
  Object.fromEntries(images.map(({ service }) => [service, ownTag(instance.slug, service)]));

/** The instance's project as it stands in its final folder. */
export const projectOf = (layOut: LayOut) => ({
  name: layOut.instance.slug,
  dir: dirOf(layOut),
  envFiles: layOut.layout.envFiles,
});

/** Names, ports, images and settings, while the folder is in staging, and the check that nothing else changed. */
export function editSteps(layOut: LayOut): readonly PlannedStep[] {
  const { instance, layout, names, ports, binds, product } = layOut;
  const staged = { name: instance.slug, dir: stagingOf(layOut), envFiles: layout.envFiles };
  const { volumes, networks, containers } = names;
  const isolation = { volumes, networks, containers, ports: [...ports], binds, images: tagsOf(layOut) };
  const isNew = layOut.origin.how === "install";
  const secretKeys = isNew ? product.secrets.map(({ key }) => key) : [];
  return [
    tagImages.step({
      slug: instance.slug,
      store: layOut.engine.imageStore,
      tags: layOut.images.map(({ service, reference, config, layers }) => ({
        service,
        own: ownTag(instance.slug, service),
        reference,
        config,
        layers,
      })),
    }),
    configure.step({
      project: staged,
      ...isolation,
      set: layOut.set,
      answers:
        Object.keys(layOut.set).length > 0 ? join(new Home(layOut.home).operation(layOut.operation), "answers.json") : null,
      secrets: isNew
        ? { file: layout.settings, pristine: layOut.pristine, generate: layOut.generateSecrets, known: product.secrets }
        : null,
    }),
    verifyIsolation.step({
      before: { ...staged, dir: layOut.before },
      after: staged,
      ...isolation,
      ...(layOut.shared === undefined ? {} : { shared: layOut.shared }),
      changedEnv: [...Object.keys(layOut.set), ...secretKeys, "COMPOSE_PROJECT_NAME"],
    }),
  ];
}

/** Named volumes of its own: what the compose file calls them, and Docker. */
export const volumesOf = ({ model, names }: LayOut) =>
  ownVolumes(model).map(({ key, name }) => ({ key, name: names.volumes[name] ?? name }));

/** The folder gets its name, the volumes are made, the home knows it. */
export function settleSteps(layOut: LayOut): readonly PlannedStep[] {
  const { home, instance, model, names } = layOut;
  const volumes = volumesOf(layOut);
  const networks = Object.entries(model.networks ?? {})
    .filter(([, { external }]) => external !== true)
    .map(([key, { name }]) => ({ key, name: names.networks[name] ?? name }));
  const record = {
    schema: RECORD_SCHEMA,
    name: instance.name,
    release: instance.release,
    suffix: instance.suffix,
    product: layOut.product,
    layout: layOut.layout.layout,
    project: instance.slug,
    dir: dirOf(layOut),
    envFiles: layOut.layout.envFiles,
    engine: layOut.engine.id,
    pristine: layOut.pristine,
    services: [...layOut.active],
    ports: [...layOut.ports],
    volumes,
    networks,
    origin: layOut.origin,
    createdAt: layOut.createdAt,
    stoppedPolicies: null,
  };
  const made = new Set<string>();
  return [
    placeRelease.step({ from: stagingOf(layOut), to: dirOf(layOut) }),
    ...volumes.flatMap(({ key, name }) => {
      if (made.has(name)) return [];
      made.add(name);
      const { driver = "local", driver_opts: options = {} } = model.volumes?.[key] ?? {};
      return [createVolume.step({ name, key, project: instance.slug, driver, options })];
    }),
    writeRecord.step({
      path: new Home(home).record(instance.name),
      name: instance.name,
      record,
      images: layOut.images.map(({ service, reference, shipped }) => ({
        service,
        own: ownTag(instance.slug, service),
        reference,
        shipped,
      })),
    }),
  ];
}

/** Up, and healthy over a window. */
export function launchSteps(record: Launched, health: Product["health"]): readonly PlannedStep[] {
  const project = { name: record.project, dir: record.dir, envFiles: record.envFiles };
  const instance = record.name;
  return [
    launch.step({ project, instance, services: record.services, all: true }),
    awaitHealth.step({ project: record.project, instance, services: record.services, ...health }),
  ];
}
type Launched = Pick<InstanceRecord, "name" | "project" | "dir"> & {
  readonly envFiles: readonly string[];
  readonly services: readonly string[];
};

/** The same for an instance that `stop` may have put to sleep. */
export function relaunchSteps(record: Launched, recordPath: string, health: Product["health"]): readonly PlannedStep[] {
  const [up, ...rest] = launchSteps(record, health);
  return [...(up ? [up] : []), revive.step({ project: record.project, instance: record.name, record: recordPath }), ...rest];
}
