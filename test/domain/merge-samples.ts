import { readFileSync } from "node:fs";
import type { MergeInput, Texts } from "../../src/domain/merge-input.ts";
import { layoutFor } from "../../src/domain/product.ts";
import { parseProduct } from "../../src/domain/product-file.ts";

export const graphistry = parseProduct(
  readFileSync(new URL("../../templates/products/graphistry.yml", import.meta.url), "utf8"),
  "graphistry.yml",
);

const caddyfile = (release: string): string => `:80 {
  respond /caddy/health/ 200 {
    body "{\\"success\\": true}"
    close
  }
  reverse_proxy nginx:80${release === "v2.22.2" ? "" : ` {\n    header_up X-Release ${release}\n  }`}
}
`;

/** The texts of a release with the old layout, as the sample product has them. */
export function legacy(release: string): Texts {
  const prefix = release.replaceAll(".", "_");
  return {
    "docker-compose.yml": `version: '3.5'

# Shared by every service.
x-production-options: &production_opts
  restart: unless-stopped
  env_file: [ .env ]
  networks: [ grph ]

volumes:
  # Postgres volumes are managed by Docker.
  postgres_data:
    name: ${prefix}_postgres_data

networks:
  grph:
    name: grph_net

services:

  caddy:
    <<: *production_opts
    image: graphistry/caddy:\${APP_BUILD_TAG}
    ports:
      - "80:80"
      - "443:443"
    volumes:
      - ./Caddyfile:/etc/caddy/Caddyfile

  nexus:
    <<: *production_opts
    image: graphistry/graphistry-nexus:\${APP_BUILD_TAG}
    depends_on: [ postgres ]
    volumes:
      - ./data:/opt/graphistry/data

  postgres:
    <<: *production_opts
    image: graphistry/graphistry-postgres:\${APP_BUILD_TAG}
    volumes:
      - postgres_data:/var/lib/postgresql/data
`,
    ".env": `# ---- Graphistry ${release}. Administrators: uncomment and edit as needed ----
APP_BUILD_TAG=${release}
GRAPHISTRY_LOG_LEVEL=INFO
LOG_LEVEL=INFO

# Postgres
POSTGRES_HOST=postgres
POSTGRES_PORT=5432
POSTGRES_DB=graphistry
POSTGRES_USER=graphistry
POSTGRES_PASSWORD=password

# Secrets: API keys are derived from these, keep them across installs
DJANGO_SECRET_KEY=abc123xyz
STREAMGL_SECRET_KEY=abc123xyz
JWT_EXPIRATION_DELTA=${release === "v2.22.2" ? 3600 : 7200}

# Connectors
#SPLUNK_HOST=splunk.example.com
#SPLUNK_KEY=changeme
PIVOT_CONFIG_FILES=/opt/graphistry/apps/core/pivot/data/config/config.json
${release === "v2.22.2" ? "" : "# new in v2.23.0\nGRAPH_PLAY_TIMEOUTMS=60000\n"}`,
    Caddyfile: caddyfile(release),
  };
}

/** The texts of a release with the new layout. */
export const modern = (release: string): Texts => ({
  "docker-compose.yml": `services:
  caddy:
    image: graphistry/caddy:\${APP_BUILD_TAG}-universal
    ports: [ "\${CADDY_HTTP_PORT:-80}:80", "\${CADDY_HTTPS_PORT:-443}:443" ]
  nexus:
    image: graphistry/graphistry-nexus:\${APP_BUILD_TAG}-\${CUDA_SHORT_VERSION}
`,
  ".env": `# Graphistry internals for ${release} - do not edit, put overrides in data/config/custom.env
APP_BUILD_TAG=${release}
CUDA_SHORT_VERSION=12.8
GRAPHISTRY_LOG_LEVEL=INFO
LOG_LEVEL=INFO
POSTGRES_HOST=postgres
POSTGRES_PORT=5432
POSTGRES_DB=graphistry
POSTGRES_USER=graphistry
POSTGRES_PASSWORD=password
DATABASE_URL=postgres://graphistry:password@postgres:5432/graphistry
DJANGO_SECRET_KEY=abc123xyz
JWT_EXPIRATION_DELTA=7200
UPLOAD_MAX_SIZE=1G
PIVOT_CONFIG_FILES=/opt/graphistry/apps/core/pivot/data/config/config.json
#SPLUNK_HOST=splunk.example.com
`,
  "data/config/custom.env": "",
  "data/config/telemetry.env": "#ENABLE_OPEN_TELEMETRY=true\n#OTEL_COMPOSE_FILE=telemetry.yml\n",
  "data/config/cluster.env": "ENABLE_CLUSTER_MODE=false\nNODE_TYPE=leader\nPOSTGRES_HOST=postgres\n",
  "data/config/Caddyfile": caddyfile(release),
  "data/config/Caddyfile.default": caddyfile(release),
});

const shipped = (release: string): Texts =>
  layoutFor(graphistry, release).layout === "legacy" ? legacy(release) : modern(release);

/** Texts with parts of them replaced; every part must be there. */
export function edited(texts: Texts, path: string, ...replacements: readonly (readonly [string, string])[]): Texts {
  const text = replacements.reduce((result, [old, fresh]) => {
    if (!result.includes(old)) throw new Error(`${path} has no ${JSON.stringify(old)}`);
    return result.replace(old, () => fresh);
  }, texts[path] ?? "");
  return { ...texts, [path]: text };
}

/** What graph-mgr itself makes of a legacy release. */
export const withOwnEdits = (texts: Texts, slug: string): Texts =>
  edited(
    edited(
      texts,
      "docker-compose.yml",
      ["_postgres_data\n", "_postgres_data   # own\n"],
      ['"80:80"', '"8080:80"'],
      ["name: grph_net", `name: ${slug}_grph`],
    ),
    ".env",
    ["# ---- Graphistry", `COMPOSE_PROJECT_NAME=${slug}\n# ---- Graphistry`],
  );

/** A merge from one release to another; `mine` is the old one's own texts unless something is said. */
export function merge(from: string, to: string, changes: Partial<MergeInput> = {}): MergeInput {
  const base = shipped(from);
  return {
    base,
    own: {},
    mine: base,
    theirs: shipped(to),
    from: layoutFor(graphistry, from),
    to: layoutFor(graphistry, to),
    releases: { from, to },
    product: graphistry,
    compose: ["docker-compose.yml"],
    resolve: {},
    ...changes,
  };
}

/** A text as the lines that differ from another, which fits into a snapshot. */
export const says = (merged: {
  readonly decisions: readonly { readonly what: string; readonly file: string; readonly say: string }[];
}): string => merged.decisions.map(({ what, file, say }) => `${file} | ${what} | ${say}`).join("\n");
