import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SimBundle } from "./sim-bundles.ts";
import type { SimImage } from "./state.ts";

/** A vendor's product in small: a front, a database, an application, a cache under a foreign tag, and a job that ends. */

/** The release that cannot be updated to from just any, and brings another Postgres. */
const LATE = "v2.24.9";

/** The release that ships one service as sources. */
const BUILT = "v3.0.0";

const compose = (release: string) => {
  const slug = release.replaceAll(".", "_");
  return `# ${release}
x-opts: &opts
  restart: unless-stopped
  env_file: [ .env ]
  networks: [ grph ]
volumes:
  postgres_data: { name: ${slug}_postgres_data }
  postgres_backups: { name: ${slug}_postgres_backups }
networks:
  grph: { name: grph_net }
services:
  caddy:
    <<: *opts
    image: graphistry/caddy:\${APP_BUILD_TAG}
    ports: [ "80:80" ]   # the front
    volumes: [ ./Caddyfile:/etc/caddy/Caddyfile ]
    healthcheck: { test: [CMD, probe] }
  cache:
    <<: *opts
    image: valkey:8
  nexus:
    <<: *opts
    image: graphistry/nexus:\${APP_BUILD_TAG}
    depends_on: [ postgres ]
    volumes: [ ./data:/opt/data ]
    healthcheck: { test: [CMD, probe] }
  job:
    <<: *opts
    restart: "no"
    image: graphistry/nexus-job:\${APP_BUILD_TAG}
    depends_on: [ postgres ]
${release === BUILT ? `  tool: { build: ./tool, restart: unless-stopped, networks: [ grph ] }\n` : ""}  postgres:
    <<: *opts
    image: graphistry/postgres:\${APP_BUILD_TAG}
    volumes: [ "postgres_data:/var/lib/postgresql/data", "postgres_backups:/backups" ]
    healthcheck: { test: [CMD, probe] }
`;
};

const settings = (release: string) => `# Settings of ${release}
APP_BUILD_TAG=${release}
POSTGRES_USER=graphistry
POSTGRES_DB=graphistry
POSTGRES_PASSWORD=password
DJANGO_SECRET_KEY=abc123xyz
`;

const id = (text: string) => `sha256:${Buffer.from(text).toString("hex").padEnd(64, "0").slice(0, 64)}`;
const image = (name: string, over: Partial<SimImage> = {}): SimImage => ({
  id: id(name),
  layers: [id(`base of ${name}`), id(`top of ${name}`)],
  program: "serve",
  volumes: [],
  ...over,
});

/** Both releases have the same caddy under their own tags, and different caches under one and the same tag. */
export function sampleBundle(release: string): SimBundle {
  const file = (text: string, mode = 0o644) => ({ text, mode });
  return {
    source: {
      path: `/bundles/${release}.tar.gz`,
      kind: "archive",
      sizeBytes: 1000,
      modifiedMs: 0,
      digest: `sha256:${release}`,
      imageArchive: "containers.tar",
      root: "",
    },
    files: {
      "docker-compose.yml": file(compose(release)),
      ".env": file(settings(release)),
      VERSION: file(`${release}\n`),
      Caddyfile: file(":80 { respond 200 }\n"),
      ...(release === LATE ? { "release.yml": file("requires: v2.23.0\n") } : {}),
      ...(release === BUILT ? { "tool/Dockerfile": file("FROM scratch\n") } : {}),
      "data/readme": file("data goes here\n"),
      // No text, so no merge knows it.
      "docs/manual.pdf": file(`%PDF of ${release}\0`),
    },
    images: [
      { ...image("caddy"), tags: [`graphistry/caddy:${release}`] },
      { ...image(`cache ${release}`, { volumes: ["/data"] }), tags: ["valkey:8"] },
      { ...image(`nexus ${release}`), tags: [`graphistry/nexus:${release}`] },
      { ...image(`job ${release}`, { program: "one-shot" }), tags: [`graphistry/nexus-job:${release}`] },
      {
        ...image(`postgres ${release}`, { program: { postgres: release === LATE ? "17" : "15" } }),
        tags: [`graphistry/postgres:${release}`],
      },
    ],
  };
}

export const shelf = Object.fromEntries(
  ["v1.0.0", "v2.22.2", "v2.23.0", LATE, BUILT].map(release => [`/bundles/${release}.tar.gz`, sampleBundle(release)]),
);

const graphistry = readFileSync(join(import.meta.dirname, "../../templates/products/graphistry.yml"), "utf8");

/** Descriptions as graph-mgr ships them, with less patience, which saves looks. */
export const described = { "graphistry.yml": graphistry.replace("windowSeconds: 2", "windowSeconds: 1") };
