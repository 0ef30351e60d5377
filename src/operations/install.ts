import { currentTarget, Home } from "../domain/home.ts";
import { portPlace } from "../domain/isolation.ts";
import type { Plan } from "../plan/plan.ts";
import type { PlannedStep } from "../plan/step.ts";
import { buildImages, keepPristine, loadImages, setCurrent, unpackBundle } from "../steps/index.ts";
import type { InstallFacts } from "../survey/install.ts";
import { editSteps, type LayOut, launchSteps, settleSteps } from "./lay-out.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";
import { externalNote, hostNetworkNotes, machineRightsNotes, refuseInstall, sharedNotes } from "./refusals.ts";

/** What the operator wants; from flags or from the wizard, which give the same value. */
export interface InstallRequest {
  /** Keys of `--set`; the values never come here. */
  readonly set: readonly string[];
  /** Whether the vendor's default secrets may be replaced. */
  readonly generateSecrets: boolean;
  readonly launch: boolean;
  /** Shares writable folders outside of the instance knowingly. */
  readonly shareBinds: readonly string[];
}

/** Everything that stands against it, at once, before anything is changed. @throws OperatorError */
export function planInstall(facts: InstallFacts, request: InstallRequest, occasion: Occasion): Plan {
  refuseInstall(facts, request.shareBinds);
  const { instance, bundle, layout, product } = facts;
  const home = new Home(facts.home.home.path);
  const id = operationId("install", occasion);
  const staging = home.staging(id);
  const pristine = home.pristine(instance.release, bundle.digest);
  const generateSecrets = request.generateSecrets && facts.defaultSecrets.length > 0;
  const layOut: LayOut = {
    home: home.path,
    operation: id,
    instance,
    engine: { id: facts.engine.id, imageStore: facts.engine.imageStore },
    product,
    layout,
    model: facts.model,
    before: pristine,
    names: facts.names,
    ports: facts.ports.map(({ service, container, protocol, host }) => ({ service, container, protocol, host })),
    binds: {},
    images: facts.images.images.map(image => ({ ...image, shipped: image.from !== "engine" })),
    active: facts.active,
    pristine,
    origin: { how: "install", from: bundle.path, operation: id },
    createdAt: occasion.now.toISOString(),
    set: Object.fromEntries(request.set.map(key => [key, facts.fileOf[key] ?? layout.settings])),
    generateSecrets,
  };
  const record = {
    name: instance.name,
    project: instance.slug,
    dir: home.instanceDir(instance.name),
    envFiles: layout.envFiles,
    services: facts.active,
  };
  return newPlan({
    id,
    operation: "install",
    instance: instance.name,
    home: home.path,
    engine: facts.engine.id,
    summary: `Install ${instance.name} from ${bundle.path} into ${home.path}`,
    notes: notesOn(facts, request, generateSecrets),
    wayBack: `graph-mgr remove ${instance.name}`,
    steps: [
      unpackBundle.step({ bundle: { ...bundle }, to: staging }),
      keepPristine.step({ from: staging, to: pristine, paths: facts.textPaths, release: instance.release }),
      ...loadSteps(facts),
      ...buildSteps(facts, staging),
      ...editSteps(layOut),
      ...settleSteps(layOut),
      ...(request.launch ? launchSteps(record, product.health) : []),
      ...(facts.home.current === null ? [setCurrent.step({ link: home.current(), target: currentTarget(instance) })] : []),
    ],
    result: { version: instance.release, project: instance.slug, ports: layOut.ports.map(port => ({ ...port })) },
  });
}

function loadSteps({ images, bundle, engine }: InstallFacts): readonly PlannedStep[] {
  if (images.toLoad.length === 0) return [];
  const missing = images.toLoad.map(({ tags, config }) => tags[0] ?? config.slice(7, 19));
  return [
    loadImages.step({
      bundle: { ...bundle },
      images: images.archive.map(image => ({ ...image })),
      missing,
      store: engine.imageStore,
      remember: null,
    }),
  ];
}

function buildSteps({ images, instance, layout }: InstallFacts, staging: string): readonly PlannedStep[] {
  const built = images.images.filter(({ from }) => from === "build").map(({ service, reference }) => ({ service, reference }));
  if (built.length === 0) return [];
  return [buildImages.step({ project: { name: instance.slug, dir: staging, envFiles: layout.envFiles }, images: built })];
}

function notesOn(facts: InstallFacts, request: InstallRequest, generates: boolean): readonly string[] {
  const moved = facts.ports
    .filter(({ instead }) => instead !== null)
    .map(port => `port ${port.instead} is taken, so ${portPlace(port)} gets ${port.host}`);
  const secrets = facts.defaultSecrets.join(", ");
  const outside = facts.outsideBinds.filter(
    bind => bind.kind !== "path" || bind.readOnly || request.shareBinds.includes(bind.source),
  );
  return [
    ...moved,
    ...(secrets === ""
      ? []
      : [
          generates
            ? `${secrets}: the vendor's default, replaced by generated secrets`
            : `${secrets}: left at the vendor's default, which everybody knows`,
        ]),
    ...facts.images.movedTags.map(
      tag => `loading moves the tag ${tag} to the bundle's image; instances that run keep theirs by id`,
    ),
    ...sharedNotes(outside),
    ...hostNetworkNotes(facts),
    ...machineRightsNotes(facts),
    ...facts.externalVolumes.map(externalNote),
    ...facts.outside.map(({ key, what }) => `${key} is set: the instance ${what}`),
    ...(request.launch ? [] : ["it is not launched"]),
  ];
}
