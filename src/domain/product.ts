import { z } from "zod";
import { OperatorError } from "../errors.ts";
import type { ComposeModel } from "./compose-model.ts";
import { isInRange, isRange } from "./release-order.ts";

/** A path inside the instance: a bundle's own description must not be able to point out of it. */
const inside = z
  .string()
  .refine(
    path => path !== "" && !path.startsWith("/") && !path.split("/").includes(".."),
    "must be a relative path inside the instance",
  );
const serviceName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
const portOf = z.strictObject({ service: serviceName, container: z.number().int().min(1).max(65535) });

const versions = z.string().refine(isRange, "must be a range of versions");
/** How the files of an older layout come to lie in this one. */
const move = z.strictObject({
  /** Where the administrator's edits of the older layout's env files go, as lines. */
  settings: inside,
  /** Texts that are merged: old path to new path. */
  files: z.record(inside, inside).default({}),
  /** Trees that are carried as they are: old path to new path. */
  trees: z.record(inside, inside).default({}),
  /** What a text says of places that moved, by its new path. */
  rewrite: z.array(z.strictObject({ file: inside, from: z.string().min(1), to: z.string() })).default([]),
});

const layout = z.strictObject({
  layout: z.string().regex(/^[a-z][a-z0-9-]*$/),
  versions,
  envFiles: z.array(inside).default([]),
  settings: inside.default(".env"),
  configuration: z.array(inside).default([]),
  data: z.array(inside).default([]),
  /** Of the configuration, besides env files: files and folders of files that are merged as texts. The rest is carried as trees. */
  texts: z.array(inside).default([]),
  from: z.record(z.string(), move).default({}),
});

const secret = z.strictObject({
  key: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
  defaults: z.array(z.string().min(1)),
  /** Keys of one group get the same new value. */
  group: z.string().optional(),
});

export const productSchema = z.strictObject({
  schema: z.literal(1),
  product: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  images: z.array(z.string()).default([]),
  layouts: z.array(layout).min(1),
  secrets: z.array(secret).default([]),
  /** Keys that belong to the release: an update takes the vendor's new value, whatever stands there. */
  internals: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/)).default([]),
  postgres: z.strictObject({ service: serviceName, volume: z.string() }).nullable().default(null),
  ports: z.strictObject({ http: portOf.optional(), https: portOf.optional() }).default({}),
  fileVolumes: z.array(z.string()).default([]),
  maintenance: z.strictObject({ service: serviceName }).nullable().default(null),
  health: z
    .strictObject({ timeoutSeconds: z.number().positive().default(600), windowSeconds: z.number().nonnegative().default(3) })
    .default({ timeoutSeconds: 600, windowSeconds: 3 }),
  outside: z.array(z.strictObject({ key: z.string(), what: z.string() })).default([]),
  /** Releases that may be updated to from some releases only, for bundles that do not say it themselves. */
  requires: z.array(z.strictObject({ versions, from: versions })).default([]),
  /** What an administrator must have read before some releases are updated to. */
  instructions: z.array(z.strictObject({ versions, say: z.string().min(1) })).default([]),
});

/** What graph-mgr must know of a vendor's product, as data (docs/formats.md). */
export type Product = z.infer<typeof productSchema>;
export type Layout = Product["layouts"][number];
export type LayoutMove = Layout["from"][string];

/** Matches `graphistry/*` against `graphistry/caddy:v2`, segment by segment from the left. */
const imageMatches = (pattern: string, image: string): boolean =>
  pattern.endsWith("*") ? image.startsWith(pattern.slice(0, -1)) : image === pattern || image.startsWith(`${pattern}:`);

/** @param images names as the compose files have them */
export const describesImageNames = (description: Product, images: readonly string[]): boolean =>
  images.some(image => description.images.some(pattern => imageMatches(pattern, image)));

export const describesImages = (description: Product, model: ComposeModel): boolean =>
  describesImageNames(
    description,
    Object.values(model.services).flatMap(({ image }) => image ?? []),
  );

/**
 * Where this release keeps its things.
 * @throws OperatorError UNKNOWN_LAYOUT
 */
export function layoutFor(description: Product, release: string): Layout {
  const found = description.layouts.find(({ versions }) => isInRange(release, versions));
  if (found) return found;
  throw new OperatorError("UNKNOWN_LAYOUT", `No layout of ${description.product} is known for ${release}.`, {
    hint: "check the number with --release, or use a newer graph-mgr",
  });
}

const DEFAULT_SECRETS = ["password", "abc123xyz", "changeme", "change_me", "secret", "admin", "postgres", "example", "default"];
/** Short words for a password only at the end, where they mean nothing else: `SMTP_PASS`, `LDAP_BIND_PW`, `PGPASS`, but not `BYPASS`. */
const SECRET_KEY =
  /PASSWORD|PASSWD|SECRET|TOKEN|SALT|(^|_)KEY$|_KEYS?$|(^|_)(PG|DB|SMTP|MAIL|LDAP|MYSQL|ROOT|ADMIN|USER)?(PASS|PWD|PW)$/;

/** Whether a key's name says that its value is a secret, or that data depends on it. */
export const looksSecret = (key: string): boolean => SECRET_KEY.test(key.toUpperCase());

const POSTGRES_IMAGE = /(^|\/)(postgres|postgresql|postgis|timescaledb|pgvector)([:@/-]|$)/;
const POSTGRES_MOUNT = /^\/(var\/lib\/postgresql|bitnami\/postgresql|var\/lib\/pgsql)(\/|$)/;

/** Folders of the instance that containers may write: its data, as far as anybody can tell. A file that is mounted is configuration. */
function writtenFolders(model: ComposeModel, dir: string): string[] {
  const sources = Object.values(model.services)
    .flatMap(({ volumes = [] }) => volumes)
    .filter(({ type, read_only, source }) => type === "bind" && read_only !== true && source?.startsWith(`${dir}/`))
    .map(({ source = "" }) => source.slice(dir.length + 1));
  return [...new Set(sources)].filter(path => !/\.[A-Za-z0-9]+$/.test(path)).sort();
}

/**
 * A description of a product that nobody described, from what Compose makes of its files.
 * @param dir where the model was resolved
 */
export function deriveProduct(model: ComposeModel, envKeys: Readonly<Record<string, string | null>>, dir: string): Product {
  const databases = Object.entries(model.services).flatMap(([service, { image = "", volumes = [] }]) => {
    const mount = volumes.find(({ type, target }) => type === "volume" && POSTGRES_MOUNT.test(target));
    return mount?.source !== undefined && POSTGRES_IMAGE.test(image) ? [{ service, volume: mount.source }] : [];
  });
  const published = Object.entries(model.services).flatMap(([service, { ports = [] }]) =>
    ports.map(port => ({ service, container: port.target })),
  );
  const portNamed = (...numbers: readonly number[]) => published.find(({ container }) => numbers.includes(container));
  const http =
    portNamed(80, 8080, 8000, 3000, 5000) ?? published.find(({ container }) => container !== 443 && container !== 8443);
  const https = portNamed(443, 8443);
  return {
    schema: 1,
    product: "compose",
    images: [],
    layouts: [
      {
        layout: "compose",
        versions: "*",
        envFiles: [],
        settings: ".env",
        configuration: [".env"],
        data: writtenFolders(model, dir),
        texts: [],
        from: {},
      },
    ],
    secrets: Object.entries(envKeys)
      .filter(([key, value]) => value !== null && looksSecret(key) && DEFAULT_SECRETS.includes(value.toLowerCase()))
      .map(([key, value]) => ({ key, defaults: [value ?? ""], group: value ?? "" })),
    internals: [],
    postgres: databases.length === 1 ? (databases[0] ?? null) : null,
    ports: { ...(http ? { http } : {}), ...(https ? { https } : {}) },
    fileVolumes: [],
    maintenance: null,
    health: { timeoutSeconds: 600, windowSeconds: 3 },
    outside: [],
    requires: [],
    instructions: [],
  };
}
