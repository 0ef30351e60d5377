import { isUp } from "../domain/health.ts";
import { parseRecord, recordToText } from "../domain/instance.ts";
import { OperatorError } from "../errors.ts";
import { defineStep } from "../plan/step.ts";
import { containersOf } from "./containers.ts";
import type { Context } from "./context.ts";
import { remarkEnded } from "./still-up.ts";

type Input = { readonly project: string; readonly instance: string; readonly record: string; readonly graceSeconds: number };
type Before = {
  readonly containers: readonly {
    readonly id: string;
    /** Journals of older versions lack it. */
    readonly service?: string | null;
    readonly policy: string;
    readonly running: boolean;
  }[];
  readonly record: string | null;
};

/**
 * Stops every container of the project, also those of profiles that are off now, by Docker's own labels. Their restart
 * policies are written into the record and set to `no`: else the engine would wake the instance at its next start.
 */
export const stop = defineStep({
  kind: "instance.stop",
  title: ({ instance }: Input) => `Stop ${instance}, and see that nothing wakes it`,
  async look({ project, record }, context: Context): Promise<Before> {
    const containers = await containersOf(context, project);
    return {
      containers: containers.map(each => ({
        id: each.id,
        service: each.service,
        policy: each.restartPolicy,
        running: isUp(each),
      })),
      record: await context.world.files.read(record),
    };
  },
  async do({ project, record, graceSeconds }, context, before) {
    const { engine, files } = context.world;
    const containers = await containersOf(context, project);
    if (before.record !== null) {
      const own = parseRecord(before.record, record);
      const policies = Object.fromEntries(
        containers.flatMap(({ id, service }) => {
          const policy = before.containers.find(old => old.id === id)?.policy;
          return service === null || policy === undefined || policy === "no" ? [] : [[service, policy] as const];
        }),
      );
      await files.write(record, recordToText({ ...own, stoppedPolicies: { ...own.stoppedPolicies, ...policies } }), 0o600);
    }
    for (const { id } of containers.filter(({ restartPolicy }) => restartPolicy !== "no"))
      await engine.setRestartPolicy(id, "no");
    const up = containers.filter(isUp);
    // Those that talk to a database end before it: a server that still has clients may not get to shut down cleanly.
    const rank = (mounts: (typeof up)[number]["mounts"]) =>
      mounts.some(({ target }) => target.startsWith("/var/lib/postgresql")) ? 1 : 0;
    await engine.stop(
      up.filter(({ mounts }) => rank(mounts) === 0).map(({ id }) => id),
      graceSeconds,
    );
    await engine.stop(
      up.filter(({ mounts }) => rank(mounts) === 1).map(({ id }) => id),
      graceSeconds,
    );
  },
  async isDone({ project, record }, context) {
    const containers = await containersOf(context, project);
    const text = await context.world.files.read(record);
    const isRecorded = text === null || parseRecord(text, record).stoppedPolicies !== null;
    return isRecorded && containers.every(each => !isUp(each) && each.restartPolicy === "no");
  },
  // Nothing wakes it; and who was started by hand since is not stopped behind somebody's back.
  fleeting: { subject: ({ project }) => `containers of ${project}`, holds: async () => true },
  async undo({ project, instance, record }, context, before) {
    const { engine, files } = context.world;
    const containers = await containersOf(context, project);
    const there = new Set(containers.map(({ id }) => id));
    const old = before.containers.filter(({ id }) => there.has(id));
    for (const { id, policy } of old) await engine.setRestartPolicy(id, policy);
    await engine.start(old.filter(({ running }) => running).map(({ id }) => id));
    // Of those that Compose has replaced meanwhile the new ones run, if they can.
    const down: string[] = [];
    for (const { service, policy } of before.containers.filter(({ id, running }) => running && !there.has(id))) {
      const next = containers.find(each => each.service === service && !before.containers.some(({ id }) => id === each.id));
      if (next === undefined) continue;
      await engine.setRestartPolicy(next.id, policy);
      await engine.start([next.id]).catch(error => {
        if (!(error instanceof OperatorError)) throw error;
        down.push(next.name);
      });
    }
    if (down.length > 0)
      context.remark(`${down.join(", ")} will not start like this: mend the files, then \`graph-mgr launch ${instance}\`.`);
    if (before.record !== null) await files.write(record, before.record, 0o600);
    const services = before.containers.flatMap(({ running, service }) => (running ? (service ?? []) : []));
    if (down.length === 0) await remarkEnded(context, { project, instance, services });
  },
});

/** The opposite: the policies of the compose file count again. */
export const revive = defineStep({
  kind: "instance.revive",
  title: ({ instance }: Omit<Input, "graceSeconds">) => `Let the engine restart ${instance} again`,
  async look({ record }, { world }: Context) {
    return { record: await world.files.read(record) };
  },
  async do({ project, record }, context) {
    const text = await context.world.files.read(record);
    if (text === null) return;
    const own = parseRecord(text, record);
    for (const { id, service } of await containersOf(context, project)) {
      const policy = own.stoppedPolicies?.[service ?? ""];
      if (policy !== undefined) await context.world.engine.setRestartPolicy(id, policy);
    }
    await context.world.files.write(record, recordToText({ ...own, stoppedPolicies: null }), 0o600);
  },
  async isDone({ record }, { world }) {
    const text = await world.files.read(record);
    return text === null || parseRecord(text, record).stoppedPolicies === null;
  },
  async undo({ project, record }, context, before) {
    if (before.record === null) return;
    if (parseRecord(before.record, record).stoppedPolicies !== null) {
      for (const { id } of await containersOf(context, project)) await context.world.engine.setRestartPolicy(id, "no");
    }
    await context.world.files.write(record, before.record, 0o600);
  },
});
