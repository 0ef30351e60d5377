import { Readable } from "node:stream";
import { type BackupSink, FileSink } from "./backup-bytes.ts";
import { BackupWriter } from "./backup-write.ts";
import { rated } from "./backups.ts";
import { docker } from "./command.ts";
import type { Executor } from "./exec.ts";
import { checkImageSet, IMAGES_README_START, imageArchiveOf } from "./image-set-read.ts";
import type { ImageSets, Progress } from "./world.ts";

/** The first member: for whoever has this file and no graph-mgr. */
const README = `${IMAGES_README_START}

One plain tar with images of containers. \`graph-mgr import FILE\` checks and loads them. By hand:

  images.tar*      what \`docker save\` gave: cat images.tar.gz.* | gunzip | docker load
  manifest.json    which images they are, and how they are called
  digest           sha256 of everything before it, and of manifest.json alone

The archive itself gives no image a name, so that loading it takes no name away from another one.
`;

type ImageJob = Parameters<ImageSets["write"]>[0];

/** The same, not as a file of this machine. */
export interface ImageStreams {
  stream(job: ImageJob, to: BackupSink, progress: Progress): Promise<void>;
}

/** Files of images, for machines that cannot pull them. */
export function createImageSets(executor: Executor): ImageSets & ImageStreams {
  const writeTo = async ({ images, ...manifest }: ImageJob, to: BackupSink, progress: Progress): Promise<void> => {
    const writer = await BackupWriter.open(to, manifest.createdAt, rated(progress), README);
    try {
      const save = executor.pipe(docker("save", ...images.map(({ id }) => id)), null);
      await writer.stream({ name: "images", key: null, compression: "gzip" }, save, executor);
      await writer.finish({ ...manifest, images });
    } finally {
      await writer.close();
    }
  };
  return {
    write: async (job, to, progress) => writeTo(job, await FileSink.open(to), progress),
    stream: writeTo,
    check: path => checkImageSet(path),
    async load(source) {
      const archive = Readable.from(imageArchiveOf(source), { objectMode: false });
      let failure: unknown = null;
      archive.on("error", error => {
        failure = error;
      });
      try {
        await executor.feed(docker("load", "--quiet"), archive);
      } catch (error) {
        throw failure ?? error;
      } finally {
        archive.destroy();
      }
      if (failure !== null) throw failure;
    },
  };
}
