import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { parseImageSet } from "../../src/domain/image-set.ts";
import { OperatorError } from "../../src/errors.ts";
import type { ImageSets } from "../../src/host/world.ts";
import type { Machine } from "./machine.ts";
import type { SimDisk } from "./sim-disk.ts";
import type { SimEngine } from "./sim-engine.ts";
import type { SimImage } from "./state.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** What a real file of exported images holds, as one JSON text with its digest behind it. */
export function simImageSets(machine: Machine, disk: SimDisk, engine: SimEngine): ImageSets {
  const open = (path: string) => {
    machine.read({ what: "images.read", target: path });
    if (disk.node(path) === null) throw new OperatorError("NO_IMAGE_FILE", `${path} is not there.`);
    const [body = "", digest] = disk.read(path).toString("utf8").split("\n");
    if (sha256(body) !== digest) throw new OperatorError("IMAGES_DAMAGED", `The exported images ${path} are damaged.`);
    const { images, manifest } = JSON.parse(body) as { images: readonly SimImage[]; manifest: object };
    const parsed = parseImageSet(JSON.stringify(manifest));
    if (parsed === null) throw new Error(`the manifest of ${path} is not in order`);
    return { images, manifest: parsed, digest };
  };
  return {
    write: (job, to) =>
      machine.command(() => {
        if (disk.node(to) !== null) throw new OperatorError("EXISTS", `There is already ${to}.`);
        const images = job.images.map(({ id }) => machine.state.images.get(id));
        const stream = { name: "images", key: null, compression: "gzip", parts: 1, sizeBytes: 1, sha256: "0".repeat(64) };
        const body = JSON.stringify({ manifest: { ...job, streams: [stream], members: [] }, images });
        // Not at once: a cut finds half of it.
        disk.write(to, Buffer.from(body.slice(0, 100)), 0o600);
        disk.append(to, Buffer.from(`${body.slice(100)}\n${sha256(body)}`), 0o600);
        disk.sync(to);
        disk.sync(dirname(to));
      }),
    check: async path => {
      const { manifest, digest } = open(path);
      return { source: { path, digest }, sizeBytes: disk.read(path).length, manifest };
    },
    load: ({ path, digest }) =>
      machine.command(() => {
        const found = open(path);
        if (found.digest !== digest) throw new OperatorError("IMAGES_DAMAGED", `${path} is not what it was.`);
        for (const image of found.images) if (engine.idOf(image.id) === null) engine.addImage(image);
      }),
  };
}
