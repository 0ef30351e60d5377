import { parseRecord, recordToText } from "../domain/instance.ts";
import { EXIT, OperatorError } from "../errors.ts";
import type { ContainerDetail } from "../host/world.ts";
import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";
import { containersOf } from "./launch.ts";

type Input = {
  readonly project: string;
  readonly instance: string;
  /** The instance's record, where the restart policies are kept for the way back. */
  readonly record: string;
  /** Services that go on running: the database, until it was read. */
  readonly keep: readonly string[];
  readonly graceSeconds: number;
};
type Before = {
  /** ISO 8601: from here on visitors are turned away. */
  readonly openedAt: string;
  readonly containers: readonly {
    readonly id: string;
    readonly service: string;
    readonly policy: string;
    readonly running: boolean;
    readonly startedAt: string;
  }[];
  readonly record: string;
};

const isUp = ({ state }: Pick<ContainerDetail, "state">): boolean =>
  state === "running" || state === "restarting" || state === "paused";

/** Of the services that stay, those that ran before and do not run now. */
const keptDown = (
  containers: readonly ContainerDetail[],
  keep: readonly string[],
  { containers: old }: Before,
): readonly string[] =>
  containers
    .filter(each => keep.includes(each.service ?? "") && !isUp(each) && old.some(({ id, running }) => id === each.id && running))
    .map(({ id }) => id);

/**
 * Whoever writes is stopped; the database stays until it was read. Nothing of the instance is woken by the engine from here on, the
 * database neither: after a power cut in the middle of an update nobody may write into what is about to be left.
 */
export const quiet = defineStep({
  kind: "instance.quiet",
  title: ({ instance, keep }: Input) =>
    keep.length > 0 ? `Stop ${instance} but for ${keep.join(", ")}` : `Stop ${instance}, and see that nothing wakes it`,
  async look({ project, record }, context: Context): Promise<Before> {
    const text = await context.world.files.read(record);
    if (text === null) throw new OperatorError("NO_RECORD", `The record ${record} is gone.`);
    const containers = await containersOf(context, project);
    return {
      openedAt: context.world.now().toISOString(),
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
  async do({ project, record, keep, graceSeconds }, context, before) {
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
  },
  async isDone({ project, record, keep }, context, before) {
    const containers = await containersOf(context, project);
    const text = await context.world.files.read(record);
    return (
      text !== null &&
      parseRecord(text, record).stoppedPolicies !== null &&
      containers.every(each => each.restartPolicy === "no" && (keep.includes(each.service ?? "") || !isUp(each))) &&
      keptDown(containers, keep, before).length === 0
    );
  },
  // What the later steps moved was read between two moments: if the instance ran in between, users may have written what was not moved.
  fleeting: {
    subject: ({ project }) => `containers of ${project}`,
    async holds({ project, instance, keep }, context, before) {
      const containers = await containersOf(context, project);
      const ran = containers.filter(each => {
        if (keep.includes(each.service ?? "")) return false;
        const old = before.containers.find(({ id }) => id === each.id);
        return isUp(each) || old === undefined || old.startedAt !== each.startedAt;
      });
      if (ran.length === 0) return keptDown(containers, keep, before).length === 0;
      const who = ran.map(({ service, name }) => service ?? name).join(", ");
      throw new OperatorError(
        "OLD_RAN",
        `${instance} was started again while this was unfinished (${who}): what users wrote since would be lost.`,
        { exit: EXIT.refused, hint: "graph-mgr undo   (leaves it as it runs now)" },
      );
    },
  },
  async undo({ record }, { world }, before) {
    const now = new Map((await world.engine.containers()).map(each => [each.id, each] as const));
    const old = before.containers.filter(({ id }) => now.has(id));
    for (const { id, policy } of old) await world.engine.setRestartPolicy(id, policy);
    await world.engine.start(old.filter(({ id, running }) => running && now.get(id)?.state !== "running").map(({ id }) => id));
    await world.files.write(record, before.record, 0o600);
  },
});
