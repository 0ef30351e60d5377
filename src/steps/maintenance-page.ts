import { LABELS } from "../domain/instance.ts";
import { maintenanceName, type PageInput } from "../domain/maintenance.ts";
import { OperatorError } from "../errors.ts";
import type { PortAnswer } from "../host/world.ts";
import type { Context } from "./context.ts";

const AT = "/graph-mgr/maintenance";
const ANSWER_TIMEOUT_MS = 30_000;
/** A page that ended so often will not come up. */
const MAX_RESTARTS = 3;
const ASK_EVERY_MS = 100;
const ANY_ADDRESS = ["0.0.0.0", "::", ""];

const named = async ({ project }: PageInput, { world }: Context) =>
  (await world.engine.containers()).find(({ name }) => name === maintenanceName(project)) ?? null;

/** The page of this operation, in whatever state. */
export async function ownPage(input: PageInput, context: Context) {
  const page = await named(input, context);
  return page?.labels[LABELS.operation] === context.operation.id ? page : null;
}

const isPage = (answer: PortAnswer | null): boolean => answer?.status === 503 && answer.retryAfter !== null;

/** Ports on which something other than the page answers, or nothing; each with what was seen. */
async function missing({ ports }: PageInput, { world }: Context): Promise<readonly string[]> {
  const answers = await Promise.all(
    ports.map(({ host: port, address, tls }) =>
      world.ports.ask({ port, tls, path: "/", ...(ANY_ADDRESS.includes(address) ? {} : { address }) }),
    ),
  );
  return ports.flatMap(({ host }, index) => {
    const answer = answers[index] ?? null;
    return isPage(answer) ? [] : [`port ${host}: ${answer === null ? "no answer" : `status ${answer.status}`}`];
  });
}

/** @throws OperatorError PORT_TAKEN */
async function refuseTakenPorts({ instance, ports }: PageInput, { world }: Context): Promise<void> {
  const taken = await world.ports.taken(ports.map(({ host }) => host));
  const [port] = taken;
  if (port === undefined) return;
  const holder = (await world.engine.containers()).find(each => each.ports.some(({ host }) => host === port));
  throw new OperatorError(
    "PORT_TAKEN",
    `Port ${port}, on which the maintenance page of ${instance} is to answer, is in use by ${holder?.name ?? "another program"}.`,
    { hint: holder ? `docker stop ${holder.name}   (after looking at what it is)` : "stop what uses it (`ss -ltnp`)" },
  );
}

/** Anew, whatever a cut-off run left. @throws OperatorError EXISTS, PORT_TAKEN, MAINTENANCE_DOWN */
export async function putUp(input: PageInput, context: Context): Promise<void> {
  const { world, operation } = context;
  const name = maintenanceName(input.project);
  const old = await named(input, context);
  if (old !== null && old.labels[LABELS.operation] !== operation.id) {
    throw new OperatorError("EXISTS", `There is already a container ${name} (${old.state}), and it is not of this operation.`, {
      hint: `docker rm --force ${name}   (after looking at what it is)`,
    });
  }
  if (old !== null) await world.engine.removeContainer(old.id, true);
  await refuseTakenPorts(input, context);
  await world.files.write(`${input.folder}/Caddyfile`, input.caddyfile, 0o600);
  await world.engine.runContainer({
    name,
    image: input.image,
    command: ["caddy", "run", "--config", `${AT}/Caddyfile`, "--adapter", "caddyfile"],
    labels: { [LABELS.home]: operation.home, [LABELS.operation]: operation.id, [LABELS.instance]: input.project },
    ports: input.ports.map(({ host, container, address }) => ({ host, container, address })),
    mounts: [{ type: "bind", source: input.folder, target: AT }, ...input.mounts],
    // After a reboot in the middle of the window visitors see the page again.
    restartPolicy: "unless-stopped",
  });
  await awaitPage(input, context);
}

/** @throws OperatorError MAINTENANCE_DOWN */
async function awaitPage(input: PageInput, context: Context): Promise<void> {
  const { engine, elapsedMs, pause } = context.world;
  const begun = elapsedMs();
  for (;;) {
    const seen = await missing(input, context);
    if (seen.length === 0) return;
    const page = await ownPage(input, context);
    const [detail] = page === null ? [] : await engine.inspect([page.id]);
    if (detail === undefined || detail.restartCount >= MAX_RESTARTS || elapsedMs() - begun > ANSWER_TIMEOUT_MS) {
      const said = detail === undefined ? "its container is gone" : await engine.lastWords(detail.id);
      throw new OperatorError(
        "MAINTENANCE_DOWN",
        `The maintenance page of ${input.instance} does not come up; last seen: ${seen.join(", ")}${said === "" ? "" : `; ${said}`}.`,
        { hint: `see that the Caddyfile of ${input.instance} names files that are there` },
      );
    }
    await pause(ASK_EVERY_MS, new AbortController().signal);
  }
}

export async function takeDown(input: PageInput, context: Context): Promise<void> {
  const page = await ownPage(input, context);
  if (page !== null) await context.world.engine.removeContainer(page.id, true);
}

/** Whether it answers on all of its ports. */
export const answers = async (input: PageInput, context: Context): Promise<boolean> =>
  (await ownPage(input, context)) !== null && (await missing(input, context)).length === 0;

/** Says that it was gone on without; in the operation's folder, so that who goes on after a cut does not wait for the page again. */
const withoutFile = ({ folder }: PageInput): string => `${folder}/without`;

export const isGivenUp = async (input: PageInput, { world }: Context): Promise<boolean> =>
  input.isOptional === true && (await world.files.exists(withoutFile(input)));

export async function giveUp(input: PageInput, context: Context, why: string): Promise<void> {
  await takeDown(input, context);
  await context.world.files.write(withoutFile(input), `${why}\n`, 0o600);
}

export const hopeAgain = (input: PageInput, { world }: Context): Promise<void> => world.files.remove(withoutFile(input));
