import { LABELS } from "../domain/instance.ts";
import { OperatorError } from "../errors.ts";
import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";

type Input = {
  readonly from: string;
  readonly to: string;
  readonly helperImage: string;
  /** A Postgres cluster must have been shut down cleanly; plain files may be copied while they are in use. */
  readonly content: "cluster" | "files" | "live-files";
  /** Where the digests are written down, in the operation's folder. */
  readonly proof: string;
};

/** Who has the volume mounted and is at work. */
async function users({ from }: Input, { world }: Context): Promise<readonly string[]> {
  const running = (await world.engine.containers()).filter(
    ({ state }) => state !== "exited" && state !== "created" && state !== "dead",
  );
  const details = await world.engine.inspect(running.map(({ id }) => id));
  return details.filter(({ mounts }) => mounts.some(({ name, writable }) => name === from && writable)).map(({ name }) => name);
}

async function refuseUnsafe(input: Input, context: Context): Promise<void> {
  if (input.content === "live-files") return;
  const names = await users(input, context);
  if (names.length > 0) {
    throw new OperatorError(
      "VOLUME_IN_USE",
      `The volume ${input.from} is in use by ${names.join(", ")}; a copy of it would be torn.`,
      {
        hint: "stop the instance first, or move the database with --data dump",
      },
    );
  }
  if (input.content !== "cluster") return;
  const cluster = await context.world.postgres.clusterState(input.from, input.helperImage);
  if (cluster === null || !/^shut down( in recovery)?$/.test(cluster.state)) {
    throw new OperatorError(
      "NOT_SHUT_DOWN",
      `The Postgres in ${input.from} was not shut down cleanly (${cluster?.state ?? "no cluster there"}).`,
      {
        hint: "launch the instance, stop it again, and retry; or use --data dump",
      },
    );
  }
}

/** Copies into a volume that this operation made. Proven by a digest over everything in it; of files in use only their being there. */
export const copyVolume = defineStep({
  kind: "volume.copy",
  title: ({ from, to }: Input) => `Copy the volume ${from} to ${to}`,
  look: async () => null,
  async do(input, context: Context) {
    const { engine, files } = context.world;
    const { from, to, helperImage, content, proof } = input;
    if ((await engine.volume(from)) === null)
      throw new OperatorError("NO_VOLUME", `There is no volume ${from}.`, { hint: "graph-mgr volumes" });
    if ((await engine.volume(to))?.labels[LABELS.operation] !== context.operation.id) {
      throw new OperatorError("VOLUME_EXISTS", `The volume ${to} is not one that this operation made.`, {
        hint: "nothing was written to it; see with `graph-mgr volumes` whose it is, take this operation back and begin it again",
      });
    }
    await refuseUnsafe(input, context);
    const begunMs = context.world.elapsedMs();
    const copyMs = await engine.copyVolume(from, to, helperImage, context.progress);
    const copiedMs = context.world.elapsedMs();
    // Both at once: each waits for its own half of the disk.
    const [digest, source] = await Promise.all([
      engine.volumeDigest(to, helperImage),
      content === "live-files" ? null : engine.volumeDigest(from, helperImage),
    ]);
    if (source !== null) {
      if (source !== digest)
        throw new OperatorError("COPY_DIFFERS", `The copy of ${from} is not equal to it.`, {
          hint: "see that nothing writes to it, then `graph-mgr resume`",
        });
      await refuseUnsafe(input, context);
    }
    const containerMs = Math.max(0, Math.round(copiedMs - begunMs) - copyMs);
    const proofMs = Math.round(context.world.elapsedMs() - copiedMs);
    await files.write(proof, `${JSON.stringify({ from, to, digest, content, copyMs, containerMs, proofMs })}\n`, 0o600);
  },
  isDone: async ({ proof }, { world }) => world.files.exists(proof),
  // The volume itself goes with the step that made it.
  undo: ({ proof }, { world }) => world.files.remove(proof),
});
