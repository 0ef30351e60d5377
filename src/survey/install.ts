import type { BundleContents, BundleSource } from "../domain/bundle.ts";
import { type ComposeModel, startedServices } from "../domain/compose-model.ts";
import { EnvFile } from "../domain/env-file.ts";
import { type InstanceName, instanceName } from "../domain/names.ts";
import type { Layout, Product } from "../domain/product.ts";
import { defaultSecrets, literalsOf } from "../domain/secrets.ts";
import {
  externalVolumes,
  isolationNames,
  outsideBinds,
  type PublishedPort,
  publishedPorts,
  sharedDevices,
} from "../domain/shared-resources.ts";
import type { World } from "../host/world.ts";
import { claimsOn, type EngineState, otherHomes, surveyEngine } from "./claims.ts";
import { type HomeFacts, surveyHome } from "./home.ts";
import { type ImageFacts, surveyImages } from "./images.ts";
import { choosePorts, type PortChoice, type PortWish } from "./ports.ts";
import { releaseOf, surveyProduct } from "./product.ts";

/** What the operator wants of ports, by flags or by a wizard. */
export interface PortRequest {
  readonly http: number | undefined;
  readonly https: number | undefined;
  readonly ports: readonly {
    readonly service: string;
    readonly container: number;
    readonly protocol: "tcp" | "udp";
    readonly host: number;
  }[];
}

/** Everything that an installation's plan is made of. No secrets: environments are left out. */
export interface InstallFacts {
  readonly home: HomeFacts;
  readonly engine: Awaited<ReturnType<World["engine"]["about"]>>;
  readonly bundle: BundleSource;
  /** Texts of the bundle, by path. */
  readonly textPaths: readonly string[];
  /** Which env file a setting belongs into, where that is not the layout's file for settings. */
  readonly fileOf: Readonly<Record<string, string>>;
  readonly instance: InstanceName;
  readonly product: Product;
  readonly layout: Layout;
  readonly model: ComposeModel;
  readonly modelDir: string;
  readonly active: readonly string[];
  readonly images: ImageFacts;
  /** Vendor's default secrets that are still in the settings. */
  readonly defaultSecrets: readonly string[];
  readonly names: ReturnType<typeof isolationNames>;
  readonly ports: readonly PortChoice[];
  readonly portsAsked: PortRequest;
  readonly claims: readonly string[];
  readonly otherHomes: readonly string[];
  readonly outsideBinds: ReturnType<typeof outsideBinds>;
  readonly sharedDevices: ReturnType<typeof sharedDevices>;
  /** Volumes that the compose files call somebody else's. */
  readonly externalVolumes: readonly string[];
  /** Keys of `COMPOSE_*` in env files where they would win over graph-mgr's. */
  readonly composeKeys: readonly string[];
  /** Keys that reach out into the world, with values set. */
  readonly outside: readonly { readonly key: string; readonly what: string }[];
}

/** The same model without what may be secret. */
export const withoutEnvironment = (model: ComposeModel): ComposeModel => ({
  ...model,
  services: Object.fromEntries(Object.entries(model.services).map(([name, { environment: _, ...service }]) => [name, service])),
});

export async function surveyInstall(
  world: World,
  request: {
    readonly home: string;
    readonly contents: BundleContents;
    readonly release: string | undefined;
    readonly name: string | null;
    readonly ports: PortRequest;
    /** Values that the operator sets. */
    readonly settings: Readonly<Record<string, string>>;
  },
  described: Readonly<Record<string, string>>,
): Promise<InstallFacts> {
  const instance = instanceName(releaseOf(request.contents.texts, request.release), request.name);
  const [home, engine, state, shipped] = await Promise.all([
    surveyHome(world, request.home),
    world.engine.about(),
    surveyEngine(world),
    surveyProduct(world, request.contents, described, instance.slug, instance.release),
  ]);
  const { product, layout } = shipped;
  const fileOf = settingFiles(request.contents.texts, layout);
  const contents = withSettings(request.contents, request.settings, key => fileOf[key] ?? layout.settings);
  // What is set may be a port or a folder.
  const found =
    contents === request.contents ? shipped : await surveyProduct(world, contents, described, instance.slug, instance.release);
  const { model } = found;
  const names = isolationNames(model, instance.slug);
  const envTexts = [".env", ...layout.envFiles, layout.settings].map(path => contents.texts[path] ?? "");
  const values = Object.assign({}, ...envTexts.map(text => literalsOf(EnvFile.parse(text)))) as Record<string, string | null>;
  return {
    home,
    engine,
    bundle: contents.source,
    textPaths: Object.keys(contents.texts).sort(),
    fileOf,
    instance,
    product,
    layout,
    model: withoutEnvironment(model),
    modelDir: found.dir,
    active: startedServices(model, found.active),
    images: await surveyImages(world, model, contents.images, engine.imageStore),
    defaultSecrets: defaultSecrets(product, values),
    names,
    ports: await choosePorts(world, portWishes(model, product, request.ports), reservedPorts(home, state)),
    portsAsked: request.ports,
    claims: await claimsOn(world, state, {
      instance,
      home: request.home,
      volumes: Object.values(names.volumes),
      networks: Object.values(names.networks),
      containers: Object.values(names.containers),
    }),
    otherHomes: home.records.length === 0 ? otherHomes(state, request.home) : [],
    outsideBinds: outsideBinds(model, found.dir),
    sharedDevices: sharedDevices(model),
    externalVolumes: externalVolumes(model).map(({ name: own }) => own),
    composeKeys: [...new Set([...layout.envFiles, layout.settings])]
      .filter(path => path !== ".env")
      .flatMap(path =>
        EnvFile.parse(contents.texts[path] ?? "")
          .keys()
          .filter(key => key.startsWith("COMPOSE_")),
      ),
    outside: product.outside.filter(({ key }) => (values[key] ?? "") !== ""),
  };
}

/** Every port that the compose files publish, with what was asked for. An unknown `--port` is left for the plan to refuse. */
export function portWishes(model: ComposeModel, product: Product, request: PortRequest): readonly PortWish[] {
  const published = publishedPorts(model).flatMap(({ host, ...port }) => (host === null ? [] : [{ ...port, host }]));
  return published.map(({ service, container, protocol, host: vendor }) => {
    const isHere = (at: Pick<PublishedPort, "service" | "container"> | undefined) =>
      at !== undefined && at.service === service && at.container === container;
    const named = request.ports.filter(isHere);
    const own = named.find(each => each.protocol === protocol)?.host;
    // HTTP/3 is the same number by UDP as by TCP.
    const twin = published.some(each => isHere(each) && each.protocol !== protocol && each.host === vendor)
      ? named[0]?.host
      : undefined;
    const flag = isHere(product.ports.http) ? request.http : isHere(product.ports.https) ? request.https : undefined;
    // Of a port that is published several times the first is meant.
    const isFirst = published.find(isHere)?.host === vendor;
    const asked = isFirst ? (own ?? twin ?? flag) : undefined;
    return { service, container, protocol, vendor, host: asked ?? vendor, isExplicit: asked !== undefined };
  });
}

/** Ports that other instances count on, running or not. */
export function reservedPorts(home: HomeFacts, state: EngineState): ReadonlySet<number> {
  const recorded = home.records.flatMap(({ ports }) => ports.map(({ host }) => host));
  const published = state.containers.flatMap(({ ports }) => ports.map(({ host }) => host));
  return new Set([...recorded, ...published].filter(port => port !== null));
}

/** Keys that have a place: `.env` for what compose files interpolate, unless a later env file says it too and would win. */
function settingFiles(texts: BundleContents["texts"], layout: Layout): Readonly<Record<string, string>> {
  const composeTexts = Object.entries(texts).filter(([path]) => /\.ya?ml$/.test(path));
  const interpolated = composeTexts.flatMap(([, text]) =>
    [...text.matchAll(/(?<!\$)\$\{?([A-Za-z_][A-Za-z0-9_]*)/g)].map(match => match[1] ?? ""),
  );
  const later = layout.envFiles.filter(path => path !== ".env");
  const said = later.flatMap(path =>
    EnvFile.parse(texts[path] ?? "")
      .keys()
      .map(key => [key, path] as const),
  );
  return Object.fromEntries([...interpolated.map(key => [key, ".env"] as const), ...said]);
}

function withSettings(
  contents: BundleContents,
  settings: Readonly<Record<string, string>>,
  fileOf: (key: string) => string,
): BundleContents {
  const texts: Record<string, string> = { ...contents.texts };
  for (const [key, value] of Object.entries(settings))
    texts[fileOf(key)] = EnvFile.parse(texts[fileOf(key)] ?? "").with(key, value).text;
  return Object.keys(settings).length === 0 ? contents : { ...contents, texts };
}
