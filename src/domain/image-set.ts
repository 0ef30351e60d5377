import { z } from "zod";
import { OperatorError } from "../errors.ts";
import { type ImageStore, isSameImage } from "./image.ts";

/** The version of exported images and of lists of images (docs/formats.md). */
export const IMAGE_SET_FORMAT = 1;

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const layers = z.array(digest).max(500);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.number().int().nonnegative();
/** A name with a tag as Docker takes it; one that is read from a file goes into arguments. */
const TAG = /^[a-z0-9][A-Za-z0-9._:/-]{0,253}:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const store = z.enum(["classic", "containerd"]);

const manifest = z.strictObject({
  schema: z.literal(IMAGE_SET_FORMAT),
  kind: z.literal("images"),
  createdAt: z.iso.datetime(),
  /** Of the engine that they come from. */
  architecture: z.string().max(40),
  imageStore: store,
  images: z
    .array(z.strictObject({ id: digest, tags: z.array(z.string().regex(TAG)).max(100), layers }))
    .min(1)
    .max(1000),
  streams: z
    .array(
      z.strictObject({
        name: z.literal("images"),
        key: z.null(),
        compression: z.literal("gzip"),
        parts: z.number().int().positive(),
        sizeBytes: bytes,
        sha256,
      }),
    )
    .length(1),
  members: z.array(z.strictObject({ name: z.string().max(100), sizeBytes: bytes, sha256 })),
});

/** What a file of exported images says of itself. */
export type ImageSetManifest = z.infer<typeof manifest>;
export type SetImage = ImageSetManifest["images"][number];

const have = z.strictObject({
  schema: z.literal(IMAGE_SET_FORMAT),
  architecture: z.string().max(40),
  imageStore: store,
  images: z.array(z.strictObject({ id: digest, layers })).max(100_000),
});

/** What an engine has, to be carried to where images are exported for it. */
export type ImageList = z.infer<typeof have>;

/** Exported images as they were when they were checked; compared again whenever they are read. */
export interface ImageSetSource {
  /** Absolute. */
  readonly path: string;
  /** sha256 of all that it holds. */
  readonly digest: string;
}

/** Null for what is none of this version. */
export function parseImageSet(text: string): ImageSetManifest | null {
  return manifest.safeParse(jsonOf(text)).data ?? null;
}

/** @throws OperatorError BAD_IMAGE_LIST */
export function parseImageList(text: string, path: string): ImageList {
  const parsed = have.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new OperatorError("BAD_IMAGE_LIST", `${path} is no list of the images of another machine.`, {
    hint: "make it there: graph-mgr export --have > list",
    cause: parsed.error,
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Whether an engine has an image by what it said of itself. Ids of two kinds of image stores do not compare; layers do. */
export function isThere({ id, layers: wanted }: Pick<SetImage, "id" | "layers">, { images, imageStore }: ImageList): boolean {
  return images.some(info => isSameImage(info, { config: id, layers: wanted }, imageStore));
}

/** A name that an image can be given on another machine: none that names it by its content. */
export const isTag = (reference: string): boolean => TAG.test(reference);

/** Keeps an image from being pruned whose names all belong to others. */
export const holdTag = (id: string, store: ImageStore): string => `graph-mgr/imported/${store}:${id.slice(7, 31)}`;
