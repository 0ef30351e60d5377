import { join } from "node:path";
import { Home } from "../domain/home.ts";
import type { ImageSetManifest } from "../domain/image-set.ts";
import { isThere } from "../domain/image-set.ts";
import { parseRecord, recordToText } from "../domain/instance.ts";
import { sshTargetText } from "../domain/ssh-target.ts";
import { OperatorError } from "../errors.ts";
import type { BackupJob, There } from "../host/world.ts";
import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";

type At = { readonly there: There };
const nameOf = ({ there }: At): string => sshTargetText(there.target);

/** This very program on the other machine, in a folder of its own; it changes nothing of a graph-mgr that is there. */
export const installThere = defineStep({
  kind: "migrate.install",
  title: (input: At) => `See that this graph-mgr is on ${nameOf(input)}`,
  look: async () => null,
  do: ({ there }, { world }: Context) => world.remote.install(there),
  isDone: ({ there }, { world }) => world.remote.isInstalled(there),
  // Files of a program in a folder that nothing else looks into; the next move uses them.
  undo: null,
});

type Images = At & { readonly manifest: Omit<ImageSetManifest, "streams" | "members"> };

/** The images that the other machine lacks, by id; they stay there, because nothing that is there changes by them. */
export const sendImages = defineStep({
  kind: "migrate.images",
  title: (input: Images) => `Send the images that ${nameOf(input)} lacks`,
  look: async () => null,
  async do({ there, manifest }, { world, progress }: Context) {
    const have = await world.remote.images(there);
    const images = manifest.images.filter(image => !isThere(image, have));
    if (images.length > 0) await world.remote.sendImages(there, { ...manifest, images }, progress);
  },
  async isDone({ there, manifest }, { world }) {
    const have = await world.remote.images(there);
    return manifest.images.every(image => isThere(image, have));
  },
  undo: null,
});

type SendAhead = At & {
  readonly instance: string;
  readonly record: string;
  readonly job: Omit<BackupJob, "record">;
};

/** The files as they are while the instance serves: in the window only what has changed since is sent. */
export const sendAhead = defineStep({
  kind: "migrate.ahead",
  title: (input: SendAhead) => `Send the files of ${input.instance} to ${nameOf(input)} as they are now`,
  look: async () => null,
  async do({ there, record, job, instance }, { world, operation, progress }: Context) {
    const text = await recordText(record, instance, world);
    await world.remote.sendAhead(there, operation.id, { ...job, record: text }, progress);
  },
  // Once it was made an instance of, it is thrown away there, and nothing of it is needed any more.
  async isDone({ there }, { world, operation }) {
    if (await world.remote.hasAhead(there, operation.id)) return true;
    return (await world.remote.arrival(there, operation.id)).instance !== null;
  },
  undo: ({ there }, { world, operation, remark }) => takeBackThere(there, world, operation.id, remark),
});

type Send = At & {
  readonly instance: string;
  /** Of the instance. */
  readonly record: string;
  readonly job: Omit<BackupJob, "record">;
  /** Options for the ports there, and their values. */
  readonly ports: readonly string[];
};

/** Everything of the instance, as one stream that becomes an instance there, proven equal and not launched. */
export const sendInstance = defineStep({
  kind: "migrate.send",
  title: (input: Send) => `Send ${input.instance} to ${nameOf(input)}, and prove it equal there`,
  look: async () => null,
  async do({ there, record, job, ports, instance }, { world, operation, progress }: Context) {
    const text = await recordText(record, instance, world);
    // A connection that was cut may have left something there that goes on, or is to be gone on with.
    const found = await world.remote.arrival(there, operation.id);
    if (found.unfinished) await world.remote.resume(there, operation.id);
    const now = found.unfinished ? await world.remote.arrival(there, operation.id) : found;
    if (now.instance !== null) return;
    const sent = await world.remote.send(there, operation.id, { ...job, record: text }, ports, progress);
    await world.files.write(sentFile(operation), `${JSON.stringify({ schema: 1, ...sent })}\n`, 0o600);
  },
  async isDone({ there }, { world, operation }) {
    const { instance, unfinished } = await world.remote.arrival(there, operation.id);
    return instance !== null && !unfinished;
  },
  undo: ({ there }, { world, operation, remark }) => takeBackThere(there, world, operation.id, remark),
});

const sentFile = ({ home, id }: Context["operation"]): string => join(new Home(home).operation(id), "sent.json");

async function recordText(record: string, instance: string, { files }: Context["world"]): Promise<string> {
  const text = await files.read(record);
  if (text === null) throw new OperatorError("NO_RECORD", `The record of ${instance} is gone.`, { hint: "graph-mgr list" });
  return text;
}

async function takeBackThere(
  there: There,
  { remote }: Context["world"],
  move: string,
  remark: (text: string) => void,
): Promise<void> {
  try {
    await remote.takeBack(there, move);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    // Nothing of it was launched, or that was put back before: so it does not keep the source from serving.
    remark(`What was begun on ${nameOf({ there })} is stopped there and could not be taken away: ${error.message}`);
  }
}

type Open = At & {
  readonly instance: string;
  /** A clone: the source serves as well, so there is always a way back. */
  readonly keepsSource: boolean;
};

/**
 * It serves there. The way back is only open while the other machine says that it does not: who cannot ask does not know, and two that
 * serve would part.
 */
export const openThere = defineStep({
  kind: "migrate.open",
  title: (input: Open) => `Launch ${input.instance} on ${nameOf(input)}, and see it healthy`,
  look: async () => null,
  async do({ there }, { world, operation }: Context) {
    const { serving } = await world.remote.arrival(there, operation.id);
    if (!serving) await world.remote.launch(there, operation.id);
  },
  async isDone({ there }, { world, operation }) {
    const { serving, unfinished } = await world.remote.arrival(there, operation.id);
    return serving && !unfinished;
  },
  async pastReturn(input, { world, operation }) {
    if (input.keepsSource) return null;
    try {
      const { serving } = await world.remote.arrival(input.there, operation.id);
      if (!serving) return null;
      return `it serves on ${nameOf(input)} already, and what visitors wrote there would be lost`;
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      return `nobody can tell whether it serves on ${nameOf(input)} already (${error.message.replace(/\.$/, "")})`;
    }
  },
  // Whatever runs there is stopped for sure before anything here is started again.
  undo: ({ there }, { world, operation }) => world.remote.stop(there, operation.id),
});

type Moved = At & { readonly instance: string };

/** Changes nothing: from here on it is the other machine that serves. */
export const commitMove = defineStep({
  kind: "migrate.commit",
  title: (input: Moved) => `${input.instance} serves on ${nameOf(input)}: from here on there is no undo`,
  look: async () => null,
  do: async (_, _context: Context) => {},
  isDone: async () => true,
  undo: { never: "visitors may have used it there; `graph-mgr resume` finishes" },
});

type Note = {
  /** Of the instance here. */
  readonly record: string;
  readonly instance: string;
  /** Where it serves now; null: here again. */
  readonly to: string | null;
};

/** So that nobody launches by mistake what serves on another machine. */
export const noteMoved = defineStep({
  kind: "migrate.note",
  title: ({ instance, to }: Note) =>
    to === null ? `Note that ${instance} is here again` : `Note that ${instance} is at ${to} now`,
  look: async ({ record }, { world }: Context) => ({ text: await world.files.read(record) }),
  async do({ record, to }, { world }) {
    const text = await world.files.read(record);
    if (text !== null) await world.files.write(record, recordToText({ ...parseRecord(text, record), movedTo: to }), 0o600);
  },
  async isDone({ record, to }, { world }) {
    const text = await world.files.read(record);
    return text === null || (parseRecord(text, record).movedTo ?? null) === to;
  },
  async undo({ record }, { world }, { text }) {
    if (text !== null) await world.files.write(record, text, 0o600);
  },
});
