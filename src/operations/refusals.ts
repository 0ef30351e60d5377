import type { ComposeModel } from "../domain/compose-model.ts";
import { portPlace } from "../domain/isolation.ts";
import { type InstanceName, show } from "../domain/names.ts";
import type { Product } from "../domain/product.ts";
import { externalVolumes, fixedNetworks, machineRights, onHostNetwork } from "../domain/shared-resources.ts";
import { shellWord } from "../domain/shell-word.ts";
import { OperatorError } from "../errors.ts";
import type { InstallFacts } from "../survey/install.ts";
import type { InstanceFacts } from "../survey/instance.ts";

/** The least that this tool was tested with. */
const LEAST = { engine: [20, 10], compose: [2, 24] } as const;

/** @throws OperatorError ENGINE_TOO_OLD, COMPOSE_TOO_OLD */
export function refuseOldEngine({ version, compose }: InstallFacts["engine"]): void {
  const isOlder = (text: string, [major, minor]: readonly [number, number]) => {
    const [has = 0, hasMinor = 0] = text.replace(/^v/, "").split(".").map(Number);
    return has < major || (has === major && hasMinor < minor);
  };
  if (isOlder(version, LEAST.engine)) {
    throw new OperatorError("ENGINE_TOO_OLD", `Docker Engine ${version} is too old; 20.10 is the least.`, {
      hint: "update Docker Engine",
    });
  }
  if (isOlder(compose, LEAST.compose)) {
    throw new OperatorError("COMPOSE_TOO_OLD", `Docker Compose ${compose} is too old; 2.24 is the least.`, {
      hint: "install the docker-compose-plugin of version 2.24 or newer",
    });
  }
}

/**
 * @param hint for commands that choose the name themselves
 * @throws OperatorError NAME_TAKEN when the engine, this home or another one has what the new instance would be called
 */
export function refuseClaims({ name, suffix }: InstanceName, claims: readonly string[], hint?: string): void {
  if (claims.length === 0) return;
  throw new OperatorError("NAME_TAKEN", `${name} cannot be laid out under this name: ${claims.slice(0, 4).join("; ")}.`, {
    hint: hint ?? `--name ${suffix === null ? "second" : `${suffix.slice(0, 29)}-2`}   (\`graph-mgr list\` shows what is there)`,
  });
}

/** @throws OperatorError PORT_TAKEN, NO_SUCH_PORT */
export function refusePorts(facts: Pick<InstallFacts, "ports">, asked: InstallFacts["portsAsked"]): void {
  const unknown = asked.ports.find(
    each =>
      !facts.ports.some(
        ({ service, container, protocol }) =>
          service === each.service && container === each.container && protocol === each.protocol,
      ),
  );
  if (unknown) {
    const there = facts.ports.map(portPlace).join(", ");
    throw new OperatorError(
      "NO_SUCH_PORT",
      `Nothing publishes ${portPlace(unknown)}; there is ${there || "no published port"}.`,
      {
        hint: "name one of these with --port",
      },
    );
  }
  const taken = facts.ports.find(port => port.isTaken);
  if (taken) {
    throw new OperatorError("PORT_TAKEN", `Port ${taken.host} for ${portPlace(taken)} is in use on this machine.`, {
      hint: `--port ${portPlace(taken)}=${taken.host + 1}   (without it the next free one is taken)`,
    });
  }
}

/**
 * @param isSettled whether it was said what becomes of a folder
 * @param hintFor the flag that says it
 * @throws OperatorError BIND_LEAVES, DEVICE_SHARED, BIND_OUTSIDE: what every instance would share, whatever its name
 */
export function refuseShared(
  { outsideBinds, sharedDevices }: Pick<InstallFacts, "outsideBinds" | "sharedDevices">,
  isSettled: (path: string) => boolean,
  hintFor: (path: string) => string,
): void {
  const leaving = outsideBinds.find(bind => bind.leaving !== null);
  if (leaving) {
    throw new OperatorError(
      "BIND_LEAVES",
      `${leaving.service} mounts ${leaving.leaving}, which leads out of the bundle: in an instance that is nobody's folder.`,
      { hint: "ask the vendor, or give it an absolute path in a copy of the bundle" },
    );
  }
  const [device] = sharedDevices;
  if (device) {
    throw new OperatorError(
      "DEVICE_SHARED",
      `The volume ${device.key} stands for ${device.device}, which every instance would share whatever its name.`,
      {
        hint: "give the volume no driver_opts device, or another device, in its compose file",
      },
    );
  }
  // What holds others settles them too.
  const [bind] = outsideBinds
    .filter(({ readOnly, kind, source }) => kind === "path" && !readOnly && !isSettled(source))
    .sort((a, b) => a.source.length - b.source.length);
  if (bind) {
    throw new OperatorError(
      "BIND_OUTSIDE",
      `${bind.service} writes to ${bind.source}, which lies outside of the instance's folder and would be shared.`,
      {
        hint: hintFor(bind.source),
      },
    );
  }
}

/** @throws OperatorError LINK_OUTSIDE: what copies the folder copies the link, and then two instances write behind it */
export function refuseLinked({ record, linked }: Pick<InstanceFacts, "record" | "linked">): void {
  // A file that is edited is configuration, and stays the administrator's own.
  const [first] = linked.filter(({ isFolder }) => isFolder);
  if (first === undefined) return;
  const path = `${record.dir}/${first.path}`;
  throw new OperatorError(
    "LINK_OUTSIDE",
    `${path} is a link to ${first.target}, so ${first.service} writes outside of the instance's folder, and another instance would write there as well.`,
    { hint: linkCure(path, first.target) },
  );
}

/** A mount is followed by whatever reads the folder. */
export const linkCure = (path: string, target: string): string =>
  `stop the instance, and mount the folder in the place of the link: rm ${shellWord(path)} && mkdir ${shellWord(path)} && mount --bind ${shellWord(target)} ${shellWord(path)}   (with a line in /etc/fstab, so that it is there after a reboot)`;

export const sharedNotes = (binds: InstallFacts["outsideBinds"]): readonly string[] =>
  [...new Set(binds.map(({ source }) => source))].map(source => `${source} of this machine is used as it is, by every instance`);

export const externalNote = (volume: string): string =>
  `the volume ${volume} is external: it is not of this instance, is not copied, and is used by whoever names it`;

/**
 * Two servers on one cluster destroy it, and a newer release that works on the old one's leaves no way back.
 * @throws OperatorError DATABASE_EXTERNAL
 */
export function refuseExternalDatabase(model: ComposeModel, product: Product, hint?: string): void {
  const volume = externalVolumes(model).find(({ key }) => key === product.postgres?.volume);
  if (volume === undefined) return;
  throw new OperatorError(
    "DATABASE_EXTERNAL",
    `The database lies in the volume ${volume.name}, which the compose file calls external: two releases would work on one database.`,
    {
      hint:
        hint ??
        `in the compose file, under volumes, ${volume.key}: take \`external\` out and write \`name: ${volume.name}\`; nothing is moved, and its data stay where they are`,
    },
  );
}

/** @throws OperatorError NETWORK_FIXED: a second network with the same addresses, which the engine does not make */
export function refuseFixedNetworks({ model }: Pick<InstallFacts, "model">): void {
  const [network] = fixedNetworks(model);
  if (network === undefined) return;
  throw new OperatorError(
    "NETWORK_FIXED",
    `The network ${network.key} has the fixed addresses ${network.subnet}, which only one instance can have.`,
    { hint: "take its `ipam` out of the compose file, and what names an address of it, then `graph-mgr restart`" },
  );
}

/** @throws OperatorError NETWORK_HOST: a second instance would want the same ports, whatever its settings */
export function refuseHostNetwork({ model }: Pick<InstallFacts, "model">): void {
  const [service] = onHostNetwork(model);
  if (service === undefined) return;
  throw new OperatorError(
    "NETWORK_HOST",
    `${service} stands in the network of this machine, so a second instance would open the same ports.`,
    { hint: "give it `ports` instead of `network_mode: host` in its compose file, then `graph-mgr restart`" },
  );
}

/** None where no service does. */
export const hostNetworkNotes = ({ model }: Pick<InstallFacts, "model">): readonly string[] =>
  onHostNetwork(model).map(
    service => `${service} stands in the network of this machine: every port that it opens is the machine's`,
  );

/** None where no service does. */
export const machineRightsNotes = ({ model }: Pick<InstallFacts, "model">): readonly string[] =>
  machineRights(model).map(
    ({ service, rights }) => `${service} gets rights of this machine that containers do not have (${rights.join(", ")})`,
  );

const SERVICE = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Compose takes services called `-x` or `..`, which other programs take for options and paths. @throws OperatorError BAD_SERVICE */
export function refuseServices({ model }: Pick<InstallFacts, "model">): void {
  const odd = Object.keys(model.services).find(name => !SERVICE.test(name));
  if (odd === undefined) return;
  throw new OperatorError("BAD_SERVICE", `${show(odd)} cannot name a service: it must begin with a letter or a digit.`, {
    hint: "ask the vendor for a compose file with another name, or rename it in a copy of the bundle",
  });
}

/** @throws OperatorError IMAGE_MISSING */
export function refuseLacking({ images, active }: Pick<InstallFacts, "images" | "active">): void {
  const lacking = images.missing.filter(({ service }) => active.includes(service));
  if (lacking.length > 0) {
    const what = lacking.map(({ service, reference }) => `${service} (${reference})`).join(", ");
    throw new OperatorError("IMAGE_MISSING", `Neither the bundle nor the engine has the images of ${what}.`, {
      hint: lacking.map(({ reference }) => `docker pull ${reference}`).join(" && "),
    });
  }
}

/** Everything that stands against an installation, before anything is changed. */
export function refuseInstall(facts: InstallFacts, shareBinds: readonly string[]): void {
  refuseOldEngine(facts.engine);
  refuseServices(facts);
  refuseClaims(facts.instance, facts.claims);
  refusePorts(facts, facts.portsAsked);
  refuseLacking(facts);
  if (facts.composeKeys.length > 0) {
    throw new OperatorError(
      "COMPOSE_KEYS",
      `${facts.composeKeys.join(", ")} in the bundle's env files would overrule graph-mgr's names under the vendor's wrapper.`,
      {
        hint: "take these keys out of the bundle's env files",
      },
    );
  }
  refuseShared(
    facts,
    path => shareBinds.includes(path),
    path => `--share-bind ${path}   (when sharing it is meant)`,
  );
}
