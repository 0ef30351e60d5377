import { currentTarget, Home } from "../domain/home.ts";
import { EXIT, OperatorError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import { keepPristine, loadImages, setCurrent, unpackBundle } from "../steps/index.ts";
import type { InstallFacts, PortRequest } from "../survey/install.ts";
import { editSteps, type LayOut, launchSteps, settleSteps } from "./lay-out.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";

/** What the operator wants; from flags or from the wizard, which give the same value. */
export interface InstallRequest {
  readonly ports: PortRequest;
  /** Keys of `--set`; the values never come here. */
  readonly set: readonly string[];
  /** Whether the vendor's default secrets may be replaced. */
  readonly generateSecrets: boolean;
  readonly launch: boolean;
  /** Shares writable folders outside of the instance knowingly. */
  readonly shareBinds: readonly string[];
}

/** The least that this tool was tested with. */
const LEAST = { engine: [20, 10], compose: [2, 24] } as const;

/** Everything that stands against it, at once, before anything is changed. @throws OperatorError */
export function planInstall(facts: InstallFacts, request: InstallRequest, occasion: Occasion): Plan {
  refuseOldEngine(facts.engine);
  refuseWhatCannotBeShared(facts, request.shareBinds);
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
    images: facts.images.images,
    active: facts.active,
    pristine,
    origin: { how: "install", from: bundle.path, operation: id },
    createdAt: occasion.now.toISOString(),
    set: Object.fromEntries(request.set.map(key => [key, facts.interpolated.includes(key) ? ".env" : layout.settings])),
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
      ...(facts.images.toLoad.length > 0
        ? [
            loadImages.step({
              bundle: { ...bundle },
              images: facts.images.toLoad.map(image => ({ ...image })),
              store: facts.engine.imageStore,
            }),
          ]
        : []),
      ...editSteps(layOut),
      ...settleSteps(layOut),
      ...(request.launch ? launchSteps(record, home.record(instance.name), product.health) : []),
      ...(facts.home.current === null ? [setCurrent.step({ link: home.current(), target: currentTarget(instance) })] : []),
    ],
    result: { version: instance.release, project: instance.slug, ports: layOut.ports.map(port => ({ ...port })) },
  });
}

export function refuseOldEngine({ version, compose }: InstallFacts["engine"]): void {
  const isOlder = (text: string, [major, minor]: readonly [number, number]) => {
    const [has = 0, hasMinor = 0] = text.replace(/^v/, "").split(".").map(Number);
    return has < major || (has === major && hasMinor < minor);
  };
  if (isOlder(version, LEAST.engine))
    throw new OperatorError("ENGINE_TOO_OLD", `Docker Engine ${version} is too old; 20.10 is the least.`, {
      hint: "update Docker Engine",
    });
  if (isOlder(compose, LEAST.compose)) {
    throw new OperatorError("COMPOSE_TOO_OLD", `Docker Compose ${compose} is too old; 2.24 is the least.`, {
      hint: "install the docker-compose-plugin of version 2.24 or newer",
    });
  }
}

function refuseWhatCannotBeShared(facts: InstallFacts, shareBinds: readonly string[]): void {
  const { instance, claims, ports, images, composeKeys, sharedDevices } = facts;
  if (claims.length > 0) {
    throw new OperatorError(
      "NAME_TAKEN",
      `${instance.name} cannot be installed under this name: ${claims.slice(0, 4).join("; ")}.`,
      {
        hint: `--name ${instance.suffix === null ? "second" : `${instance.suffix}-2`}   (or \`graph-mgr list\` to see what is there)`,
      },
    );
  }
  const taken = ports.find(port => port.isTaken);
  if (taken) {
    throw new OperatorError(
      "PORT_TAKEN",
      `Port ${taken.host} for ${taken.service}:${taken.container} is in use on this machine.`,
      {
        hint: `--port ${taken.service}:${taken.container}=${taken.host + 1}   (without it the next free one is taken)`,
      },
    );
  }
  const lacking = images.missing.filter(({ service }) => facts.active.includes(service));
  if (lacking.length > 0) {
    const what = lacking
      .map(({ service, reference }) => (reference === null ? `${service} (to be built)` : `${service} (${reference})`))
      .join(", ");
    const pull = lacking.flatMap(({ reference }) => (reference === null ? [] : [`docker pull ${reference}`]));
    throw new OperatorError("IMAGE_MISSING", `Neither the bundle nor the engine has the images of ${what}.`, {
      hint:
        pull.length > 0
          ? pull.join(" && ")
          : "build the images, give them an `image:` name, and add them to the bundle's containers.tar",
    });
  }
  if (composeKeys.length > 0) {
    throw new OperatorError(
      "COMPOSE_KEYS",
      `${composeKeys.join(", ")} in the bundle's env files would overrule graph-mgr's names under the vendor's wrapper.`,
      { hint: "take these keys out of the bundle's env files" },
    );
  }
  const device = sharedDevices[0];
  if (device) {
    throw new OperatorError(
      "DEVICE_SHARED",
      `The volume ${device.key} stands for ${device.device}, which every instance would share whatever its name.`,
      {
        hint: "give the volume no driver_opts device, or a device of its own in a copy of the bundle",
      },
    );
  }
  const bind = facts.outsideBinds.find(
    ({ readOnly, kind, source }) => kind === "path" && !readOnly && !shareBinds.includes(source),
  );
  if (bind) {
    throw new OperatorError(
      "BIND_OUTSIDE",
      `${bind.service} writes to ${bind.source}, which lies outside of the instance's folder and would be shared.`,
      {
        hint: `--share-bind ${bind.source}   (when sharing it is meant)`,
        exit: EXIT.refused,
      },
    );
  }
}

function notesOn(facts: InstallFacts, request: InstallRequest, generates: boolean): readonly string[] {
  const moved = facts.ports
    .filter(({ instead }) => instead !== null)
    .map(port => `port ${port.instead} is taken, so ${port.service}:${port.container} gets ${port.host}`);
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
    ...[...new Set(outside.map(bind => bind.source))].map(
      source => `${source} of this machine is used as it is, by every instance`,
    ),
    ...facts.outside.map(({ key, what }) => `${key} is set: the instance ${what}`),
    ...(facts.otherHomes.length > 0 ? [`this home is empty; other homes on this engine: ${facts.otherHomes.join(", ")}`] : []),
    ...(request.launch ? [] : ["it is not launched"]),
  ];
}
