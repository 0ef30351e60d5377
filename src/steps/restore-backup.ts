import { dirname } from "node:path";
import type { KeyWay } from "../domain/backup-lock.ts";
import { LABELS } from "../domain/instance.ts";
import { OperatorError } from "../errors.ts";
import { defineStep } from "../plan/step.ts";
import { unlock } from "./backup-key.ts";
import type { Context } from "./context.ts";

type Source = { readonly path: string; readonly digest: string; readonly key: KeyWay | null };
type LoadImages = {
  readonly backup: Source;
  readonly images: readonly {
    readonly service: string;
    readonly id: string;
    /** graph-mgr's own name for it. */
    readonly own: string;
  }[];
};

/**
 * Puts the images of a backup into the engine; by id, so that no tag moves. They are named at once: an image without a name goes
 * with the first name that is taken away, and helpers need it to the end of an undo.
 */
export const loadBackupImages = defineStep({
  kind: "backup.images",
  title: ({ images }: LoadImages) => `Load the images of ${images.map(({ service }) => service).join(", ")} from the backup`,
  async look({ images }, { world }: Context) {
    const infos = await world.engine.images(images.map(({ id }) => id));
    return { present: images.filter((_, index) => infos[index]).map(({ id }) => id) };
  },
  async do({ backup, images }, context) {
    const { world } = context;
    await unlock(backup.key, context);
    await world.backups.loadImages(backup);
    for (const { id, own } of images) await world.engine.tag(id, own);
  },
  async isDone({ images }, { world }) {
    const infos = await world.engine.images(images.map(({ own }) => own));
    return images.every(({ id }, index) => infos[index]?.id === id);
  },
  async undo({ images }, { world }, { present }) {
    for (const { id, own } of images) {
      const [named] = await world.engine.images([own]);
      if (named?.id === id) await world.engine.untag(own);
      const [info] = present.includes(id) ? [null] : await world.engine.images([id]);
      // What somebody named meanwhile is theirs now.
      if (info && info.tags.length === 0) await world.engine.removeImage(id);
    }
  },
});

type UnpackDump = { readonly backup: Source; readonly to: string };

/** The databases, as the folder that `database.restore` reads; each byte is held against its digest. */
export const unpackBackupDump = defineStep({
  kind: "backup.dump",
  title: (_: UnpackDump) => "Take the dump of the databases out of the backup",
  look: async () => null,
  async do({ backup, to }, context: Context) {
    const { world } = context;
    await unlock(backup.key, context);
    await world.files.makeFolder(dirname(to));
    await world.backups.unpackDump(backup, to);
  },
  isDone: ({ to }, { world }) => world.files.exists(to),
  async undo({ to }, { world }) {
    await world.trees.remove(`${to}.part`, null);
    await world.trees.remove(to, null);
  },
});

type UnpackTree = {
  readonly backup: Source;
  readonly stream: "folder" | "pristine";
  readonly to: string;
  readonly helperImage: string;
};

/** A folder of the backup, which appears whole and is proven by digest. What is there already stays, and is taken for it. */
export const unpackBackupTree = defineStep({
  kind: "backup.tree",
  title: ({ stream }: UnpackTree) => (stream === "folder" ? "Unpack the instance's folder" : "Keep the vendor's own files"),
  look: async ({ to }, { world }: Context) => ({ existed: await world.files.exists(to) }),
  async do({ backup, stream, to, helperImage }, context) {
    const { world } = context;
    await unlock(backup.key, context);
    await world.files.makeFolder(dirname(to));
    await world.backups.unpackTree(backup, stream, to, helperImage);
  },
  isDone: ({ to }, { world }) => world.files.exists(to),
  async undo({ to, helperImage }, { world }, { existed }) {
    await world.trees.remove(`${to}.part`, helperImage);
    if (!existed) await world.trees.remove(to, helperImage);
  },
});

type FillVolume = {
  readonly backup: Source;
  readonly stream: string;
  readonly volume: string;
  readonly helperImage: string;
  /** Written when it was proven, in the operation's folder. */
  readonly proof: string;
};

/** A volume that this operation made gets what the backup has of it, proven by digest. */
export const fillBackupVolume = defineStep({
  kind: "backup.volume",
  title: ({ volume }: FillVolume) => `Fill the volume ${volume}`,
  look: async () => null,
  async do({ backup, stream, volume, helperImage, proof }, context: Context) {
    const { world, operation } = context;
    if ((await world.engine.volume(volume))?.labels[LABELS.operation] !== operation.id)
      throw new OperatorError("VOLUME_EXISTS", `The volume ${volume} is not one that this operation made.`);
    await unlock(backup.key, context);
    await world.backups.fillVolume(backup, stream, volume, helperImage);
    await world.files.write(proof, `${JSON.stringify({ volume, from: backup.digest })}\n`, 0o600);
  },
  isDone: ({ proof }, { world }) => world.files.exists(proof),
  // The volume itself goes with the step that made it.
  undo: ({ proof }, { world }) => world.files.remove(proof),
});
