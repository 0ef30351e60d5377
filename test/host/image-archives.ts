import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { entry, file, folder, link, tar } from "./tar-writer.ts";

export const sha256 = (bytes: Buffer | string) => createHash("sha256").update(bytes).digest("hex");

/** Bytes that do not compress, the same for the same seed. */
export function noise(bytes: number, seed: number): Buffer {
  let state = seed * 2654435761 + 1;
  return Buffer.from(
    Uint8Array.from({ length: bytes }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    }),
  );
}

/** Layers are tars; the second is shared by both images. */
const LAYERS = [noise(9000, 1), noise(3000, 2), noise(700, 3)].map((content, index) => tar(file(`layer-${index}`, content)));
const diffId = (layer: number) => `sha256:${sha256(LAYERS[layer]!)}`;

interface Image {
  readonly tag: string;
  readonly layers: readonly number[];
}
const IMAGES: readonly Image[] = [
  { tag: "graphistry/caddy:v1", layers: [1, 0] },
  { tag: "graphistry/nexus:v1", layers: [1, 2] },
];
const configOf = ({ tag, layers }: Image) =>
  JSON.stringify({ architecture: "amd64", config: { Env: [tag] }, rootfs: { type: "layers", diff_ids: layers.map(diffId) } });

/** What reading any of the archives below must give. */
export const BUNDLED = IMAGES.map(image => ({
  tags: [image.tag],
  config: `sha256:${sha256(configOf(image))}`,
  layers: image.layers.map(diffId),
}));

const repositories = (layerIds: readonly string[]) =>
  JSON.stringify(Object.fromEntries(IMAGES.map(({ tag, layers }) => [tag.split(":")[0], { v1: layerIds[layers.at(-1)!] }])));

/** As Engine 20.10 writes it: a folder a layer, and a link where two images share one. */
export function classicParts(): readonly Buffer[] {
  const ids = LAYERS.map((_, index) => sha256(`id ${index}`));
  const shared = sha256("id of the shared one");
  const layerFolder = (id: string, layer: Buffer) => [
    folder(id),
    file(`${id}/VERSION`, "1.0"),
    file(`${id}/json`, JSON.stringify({ id })),
    layer,
  ];
  return [
    ...LAYERS.flatMap((layer, index) => layerFolder(ids[index]!, file(`${ids[index]}/layer.tar`, layer))),
    ...layerFolder(shared, link(`${shared}/layer.tar`, `../${ids[1]}/layer.tar`)),
    ...IMAGES.map(image => file(`${sha256(configOf(image))}.json`, configOf(image))),
    file(
      "manifest.json",
      JSON.stringify(
        IMAGES.map((image, index) => ({
          Config: `${sha256(configOf(image))}.json`,
          RepoTags: [image.tag],
          Layers: image.layers.map(layer => `${index === 1 && layer === 1 ? shared : ids[layer]}/layer.tar`),
        })),
      ),
    ),
    file("repositories", repositories(ids)),
  ];
}

/** As Engine 25 and later write it, an OCI layout; `compressed` as the containerd store does. */
export function ociParts(compressed: boolean): readonly Buffer[] {
  const blobs = new Map<string, Buffer>();
  const put = (content: Buffer | string) => {
    const bytes = Buffer.from(content as string);
    blobs.set(sha256(bytes), bytes);
    return { digest: `sha256:${sha256(bytes)}`, size: bytes.length };
  };
  const layers = LAYERS.map(layer => put(compressed ? gzipSync(layer) : layer));
  const path = (digest: string) => `blobs/sha256/${digest.slice(7)}`;
  const images = IMAGES.map(image => {
    const config = put(configOf(image));
    const manifest = put(JSON.stringify({ schemaVersion: 2, config, layers: image.layers.map(layer => layers[layer]) }));
    return { image, config, manifest };
  });
  const annotations = (tag: string) => ({
    "io.containerd.image.name": `docker.io/${tag}`,
    "org.opencontainers.image.ref.name": "v1",
  });
  return [
    folder("blobs"),
    folder("blobs/sha256"),
    ...[...blobs].map(([digest, bytes]) => entry(`blobs/sha256/${digest}`, bytes)),
    file(
      "index.json",
      JSON.stringify({
        schemaVersion: 2,
        manifests: images.map(({ image, manifest }) => ({ ...manifest, annotations: annotations(image.tag) })),
      }),
    ),
    file(
      "manifest.json",
      JSON.stringify(
        images.map(({ image, config }) => ({
          Config: path(config.digest),
          RepoTags: [image.tag],
          Layers: image.layers.map(layer => path(layers[layer]!.digest)),
        })),
      ),
    ),
    file("oci-layout", '{"imageLayoutVersion":"1.0.0"}'),
  ];
}

export const KINDS: readonly (readonly [name: string, parts: () => readonly Buffer[]])[] = [
  ["classic", classicParts],
  ["OCI", () => ociParts(false)],
  ["OCI with compressed layers", () => ociParts(true)],
];
