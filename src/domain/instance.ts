import { z } from "zod";
import { OperatorError } from "../errors.ts";
import { type Product, productSchema } from "./product.ts";

// To write a function for each schema, as zod does by itself, takes longer than to read a few small files without one.
z.config({ jitless: true });

export const RECORD_SCHEMA = 1;

/** By their text. */
const products = new Map<string, Product>();

/** Instances of one home are mostly of one product, which is the larger part of a record. */
const product = z.unknown().transform((value, context): Product => {
  const text = JSON.stringify(value);
  const known = products.get(text);
  if (known !== undefined) return known;
  const parsed = productSchema.safeParse(value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) context.addIssue({ ...issue });
    return z.NEVER;
  }
  products.set(text, parsed.data);
  return parsed.data;
});

const port = z.object({
  service: z.string(),
  container: z.number().int(),
  protocol: z.enum(["tcp", "udp"]),
  host: z.number().int().nullable(),
});

const record = z.object({
  schema: z.literal(RECORD_SCHEMA),
  name: z.string(),
  release: z.string(),
  suffix: z.string().nullable(),
  /** What is known of its product, as it was when the instance was made. */
  product,
  layout: z.string(),
  /** Compose project. */
  project: z.string(),
  dir: z.string(),
  /** Relative to `dir`, in the order of the vendor's wrapper. */
  envFiles: z.array(z.string()),
  /** Docker's id of the engine that it lives on. */
  engine: z.string(),
  /** Folder with the vendor's own files of this cut of the release. */
  pristine: z.string(),
  services: z.array(z.string()),
  ports: z.array(port),
  volumes: z.array(z.object({ key: z.string(), name: z.string() })),
  networks: z.array(z.object({ key: z.string(), name: z.string() })),
  /** By service: the id that it launches, and what the vendor calls it. */
  images: z.record(
    z.string(),
    z.object({
      id: z.string(),
      reference: z.string(),
      /** Whether it came with the bundle; what was on the engine before is not ours to remove. */
      shipped: z.boolean().optional(),
    }),
  ),
  origin: z.object({ how: z.enum(["install", "copy", "adopt", "update", "restore"]), from: z.string(), operation: z.string() }),
  createdAt: z.string(),
  /** Restart policies that `stop` took away and `launch` puts back, by service; null while the instance is meant to run. */
  stoppedPolicies: z.record(z.string(), z.string()).nullable(),
  /** Where it serves since it has moved to another machine; records of those that have not may lack it. */
  movedTo: z.string().nullable().optional(),
});

/** What graph-mgr knows of an instance, in `.graph-mgr/instances/<name>.json`. No secrets. */
export type InstanceRecord = z.infer<typeof record>;

/** Whether it serves on another machine now. */
export const isMoved = (instance: InstanceRecord): instance is InstanceRecord & { readonly movedTo: string } =>
  (instance.movedTo ?? null) !== null;

/** @throws OperatorError BAD_RECORD */
export function parseRecord(text: string, path: string): InstanceRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new OperatorError("BAD_RECORD", `${path} is not JSON.`, { cause });
  }
  const parsed = record.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new OperatorError("BAD_RECORD", `${path} cannot be read: ${z.prettifyError(parsed.error)}`, {
    hint: "use the graph-mgr that wrote it, or a newer one",
    cause: parsed.error,
  });
}

export const recordToText = (value: InstanceRecord): string => `${JSON.stringify(value, null, 2)}\n`;

/** Names of our own labels on volumes and helper containers. */
export const LABELS = { home: "graph-mgr.home", operation: "graph-mgr.operation", instance: "graph-mgr.instance" } as const;

/** What Docker takes as a part of an image's name. */
const IMAGE_PART = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/;

/**
 * The name under which graph-mgr keeps a service's image, so that no prune takes it. `Web` and `web` are two services and
 * get two names, though Docker knows small letters only.
 */
export function ownTag(slug: string, service: string): string {
  const part = IMAGE_PART.test(service) ? service : `service-${Buffer.from(service).toString("hex")}`;
  return `graph-mgr/${slug}/${part}:pinned`;
}
