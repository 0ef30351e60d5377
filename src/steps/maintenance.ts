import { LABELS } from "../domain/instance.ts";
import { maintenanceName, type PageMount, type PagePort } from "../domain/maintenance.ts";
import { OperatorError } from "../errors.ts";
import type { PortAnswer } from "../host/world.ts";
import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";

type Input = {
  readonly instance: string;
  /** The instance's Compose project, which the container is named after. */
  readonly project: string;
  readonly image: string;
  /** In the operation's folder; what the page is made of goes there. */
  readonly folder: string;
  readonly caddyfile: string;
  readonly ports: readonly PagePort[];
  readonly mounts: readonly PageMount[];
};

const AT = "/graph-mgr/maintenance";
const ANSWER_TIMEOUT_MS = 15_000;
const ASK_EVERY_MS = 100;
const ANY_ADDRESS = ["0.0.0.0", "::", ""];

const named = async ({ project }: Input, { world }: Context) =>
  (await world.engine.containers()).find(({ name }) => name === maintenanceName(project)) ?? null;

/** The page of this operation, in whatever state. */
async function ownPage(input: Input, context: Context) {
  const page = await named(input, context);
  return page?.labels[LABELS.operation] === context.operation.id ? page : null;
}

const isPage = (answer: PortAnswer | null): boolean => answer?.status === 503 && answer.retryAfter !== null;

/** Ports on which something other than the page answers, or nothing; each with what was seen. */
async function missing({ ports }: Input, { world }: Context): Promise<readonly string[]> {
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
async function refuseTakenPorts({ instance, ports }: Input, { world }: Context): Promise<void> {
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
async function putUp(input: Input, context: Context): Promise<void> {
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
  const begun = world.elapsedMs();
  for (;;) {
    const seen = await missing(input, context);
    if (seen.length === 0) return;
    if (world.elapsedMs() - begun > ANSWER_TIMEOUT_MS) {
      throw new OperatorError(
        "MAINTENANCE_DOWN",
        `The maintenance page of ${input.instance} does not come up; last seen: ${seen.join(", ")}.`,
        { hint: `docker logs ${name}` },
      );
    }
    await world.pause(ASK_EVERY_MS, new AbortController().signal);
  }
}

async function takeDown(input: Input, context: Context): Promise<void> {
  const page = await ownPage(input, context);
  if (page !== null) await context.world.engine.removeContainer(page.id, true);
}

const answers = async (input: Input, context: Context): Promise<boolean> =>
  (await ownPage(input, context)) !== null && (await missing(input, context)).length === 0;

const isGone = async (input: Input, context: Context): Promise<boolean> => (await ownPage(input, context)) === null;

const subject = ({ project }: Input): string => `maintenance page of ${project}`;

/** In the place of the front, which has been stopped: who comes meanwhile is told to come back later. */
export const maintenanceUp = defineStep({
  kind: "maintenance.up",
  title: ({ ports }: Input) => `Put up the maintenance page on port ${ports.map(({ host }) => host).join(", ")}`,
  look: async () => null,
  do: (input, context: Context) => putUp(input, context),
  isDone: answers,
  fleeting: { subject, holds: answers },
  undo: takeDown,
});

/** Frees the ports for the front. */
export const maintenanceDown = defineStep({
  kind: "maintenance.down",
  title: (_: Input) => "Take down the maintenance page",
  look: async (input, context: Context) => ({ wasUp: (await ownPage(input, context)) !== null }),
  do: takeDown,
  isDone: isGone,
  fleeting: { subject, holds: isGone },
  async undo(input, context, { wasUp }) {
    if (!wasUp) return;
    try {
      await putUp(input, context);
    } catch (error) {
      // The page is a courtesy: the way back to what serves must not end here.
      if (!(error instanceof OperatorError)) throw error;
      context.progress(`the maintenance page does not come up again: ${error.message}`);
    }
  },
});
