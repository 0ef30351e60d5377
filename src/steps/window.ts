import { join } from "node:path";
import { isUp } from "../domain/health.ts";
import { Home } from "../domain/home.ts";
import { parseRecord, recordToText } from "../domain/instance.ts";
import { EXIT, OperatorError } from "../errors.ts";
import type { BootClock, ContainerDetail } from "../host/world.ts";
import { defineStep } from "../plan/step.ts";
import { containersOf } from "./containers.ts";
import type { Context } from "./context.ts";
import { refuseGoneVolumes } from "./own-volumes.ts";

type Input = {
  readonly project: string;
  readonly instance: string;
  /** The instance's record, where the restart policies are kept for the way back. */
  readonly record: string;
  /** Services that go on running: the database, until it was read. */
  readonly keep: readonly string[];
  readonly graceSeconds: number;
  /** An instance that is only gone through: nobody waits for it on the way back, on which it is taken away. */
  readonly isPassing?: boolean;
};
type Before = {
  /** ISO 8601: from here on visitors are turned away. */
  readonly openedAt: string;
  /** The same moment by a clock that nobody sets; journals of older versions lack it. */
  readonly openedBoot?: BootClock | null;
  readonly containers: readonly {
    readonly id: string;
    readonly service: string;
    readonly policy: string;
    readonly running: boolean;
    readonly startedAt: string;
  }[];
  readonly record: string;
};

/** Of the services that stay, those that ran before and do not run now. */
const keptDown = (
  containers: readonly ContainerDetail[],
  keep: readonly string[],
  { containers: old }: Before,
): readonly string[] =>
  containers
    .filter(each => keep.includes(each.service ?? "") && !isUp(each) && old.some(({ id, running }) => id === each.id && running))
    .map(({ id }) => id);

/** When each container ran last, as it was once all were stopped: one that the engine woke before that, after a power cut, was stopped as well. */
type Stopped = { readonly [id: string]: string };

const stoppedFile = ({ project }: Input, { operation }: Context): string =>
  join(new Home(operation.home).operation(operation.id), `stopped-${project}.json`);

const runsOf = (containers: readonly Pick<ContainerDetail, "id" | "startedAt">[]): Stopped =>
  Object.fromEntries(containers.map(({ id, startedAt }) => [id, startedAt] as const));

/** Null while it was not written down. */
async function stoppedRuns(input: Input, context: Context): Promise<Stopped | null> {
  const text = await context.world.files.read(stoppedFile(input, context));
  return text === null ? null : (JSON.parse(text) as Stopped);
}

/**
 * Whoever writes is stopped; the database stays until it was read. Nothing of the instance is woken by the engine from here on, the
 * database neither: after a power cut in the middle of an update nobody may write into what is about to be left.
 */
export const quiet = defineStep({
  kind: "instance.quiet",
  title: ({ instance, keep }: Input) =>
    keep.length > 0 ? `Stop ${instance} but for ${keep.join(", ")}` : `Stop ${instance}, and see that nothing wakes it`,
  async look({ project, instance, record }, context: Context): Promise<Before> {
    const text = await context.world.files.read(record);
    if (text === null)
      throw new OperatorError("NO_RECORD", `The record ${record} is gone.`, {
        hint: `put the file back from a backup of \`.graph-mgr\`; folder, containers and volumes of ${instance} are still there`,
      });
    const containers = await containersOf(context, project);
    return {
      openedAt: context.world.now().toISOString(),
      openedBoot: await context.world.sinceBoot(),
      containers: containers.map(each => ({
        id: each.id,
        service: each.service ?? "",
        policy: each.restartPolicy,
        running: isUp(each),
        startedAt: each.startedAt,
      })),
      record: text,
    };
  },
  async do(input, context, before) {
    const { project, record, keep, graceSeconds } = input;
    const { engine, files } = context.world;
    const own = parseRecord(before.record, record);
    const policies = Object.fromEntries(
      before.containers.filter(({ policy }) => policy !== "no").map(({ service, policy }) => [service, policy]),
    );
    await files.write(record, recordToText({ ...own, stoppedPolicies: { ...own.stoppedPolicies, ...policies } }), 0o600);
    const containers = await containersOf(context, project);
    for (const { id } of containers.filter(({ restartPolicy }) => restartPolicy !== "no"))
      await engine.setRestartPolicy(id, "no");
    const writers = containers.filter(each => isUp(each) && !keep.includes(each.service ?? ""));
    await engine.stop(
      writers.map(({ id }) => id),
      graceSeconds,
    );
    // A power cut in the middle of this ended what nothing wakes.
    await engine.start(keptDown(containers, keep, before));
    const runs = runsOf(await containersOf(context, project));
    await files.write(stoppedFile(input, context), `${JSON.stringify(runs)}\n`, 0o600);
  },
  async isDone(input, context, before) {
    const { project, record, keep } = input;
    const runs = await stoppedRuns(input, context);
    const containers = await containersOf(context, project);
    const text = await context.world.files.read(record);
    return (
      text !== null &&
      parseRecord(text, record).stoppedPolicies !== null &&
      containers.every(
        each =>
          each.restartPolicy === "no" &&
          (keep.includes(each.service ?? "") || (!isUp(each) && runs?.[each.id] === each.startedAt)),
      ) &&
      keptDown(containers, keep, before).length === 0
    );
  },
  fleeting: {
    subject: ({ project }) => `containers of ${project}`,
    async holds({ project, keep }, context, before) {
      return keptDown(await containersOf(context, project), keep, before).length === 0;
    },
  },
  // What the later steps moved was read between two moments: if the instance ran in between, users may have written what was not moved.
  async untouched(input, context, before) {
    const { project, instance, keep } = input;
    const containers = await containersOf(context, project);
    // Operations of older versions did not write it down.
    const runs = (await stoppedRuns(input, context)) ?? runsOf(before.containers);
    const ran = containers.filter(each => !keep.includes(each.service ?? "") && (isUp(each) || runs[each.id] !== each.startedAt));
    const isGone = before.containers.some(
      ({ id, service }) => !keep.includes(service) && !containers.some(each => each.id === id),
    );
    if (ran.length === 0 && !isGone) return;
    const who = ran.map(({ service, name }) => service ?? name).join(", ");
    const what =
      ran.length > 0
        ? `${instance} was started again while this was unfinished (${who})`
        : `Containers of ${instance} were removed while this was unfinished, and may have run before`;
    throw new OperatorError("OLD_RAN", `${what}: what users wrote since would be lost.`, {
      exit: EXIT.refused,
      hint: "graph-mgr undo   (leaves it as it runs now)",
    });
  },
  undoTitle: ({ instance, isPassing = false }) => (isPassing ? null : `Start ${instance} again`),
  async undo(input, context, before) {
    const { record, isPassing = false } = input;
    const { world } = context;
    const now = new Map((await world.engine.containers()).map(each => [each.id, each] as const));
    const old = isPassing ? [] : before.containers;
    const there = old.filter(({ id }) => now.has(id));
    for (const { id, policy } of there) await world.engine.setRestartPolicy(id, policy);
    await world.engine.start(there.filter(({ id, running }) => running && now.get(id)?.state !== "running").map(({ id }) => id));
    // Whoever took it down by hand took the containers away, and they are made again.
    const missing = old.filter(({ id, running }) => running && !now.has(id)).map(({ service }) => service);
    if (missing.length > 0) {
      const own = parseRecord(before.record, record);
      const project = { name: own.project, dir: own.dir, envFiles: own.envFiles };
      await refuseGoneVolumes(context, project);
      await world.compose.up(project, missing);
    }
    await world.files.write(record, before.record, 0o600);
    await world.files.remove(stoppedFile(input, context));
  },
});
