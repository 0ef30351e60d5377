import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { randomPort } from "./engine.ts";

const product = join(import.meta.dirname, "../../../templates/sample-product");

/** Sums up notes in Postgres over HTTP; a release of its own migrates first, and ends with 1 where that fails. */
const APP = `const http = require("http");
const { execFileSync } = require("child_process");
const { RELEASE, MIGRATION } = process.env;
const sql = (text, ...more) => execFileSync("psql", ["-XqAt", "-v", "ON_ERROR_STOP=1", ...more, "-f", "-"], { input: text }).toString().trim();
for (let left = 100; ; left--) {
  try { sql("select 1"); break; } catch (error) { if (left === 0) throw error; execFileSync("sleep", ["0.2"]); }
}
try { sql("create table if not exists notes(id serial primary key, note text not null);" + MIGRATION); }
catch (error) { console.error("the migration failed:", error.message); process.exit(1); }
http.createServer((request, response) => {
  const chunks = [];
  request.on("data", chunk => chunks.push(chunk)).on("end", () => {
    try {
      if (request.url === "/notes" && request.method === "POST") sql("insert into notes(note) values (:'note');", "-v", "note=" + Buffer.concat(chunks));
      response.end(request.url === "/notes" ? sql("select coalesce(json_agg(note order by id), '[]') from notes;") : RELEASE);
    } catch (error) { response.statusCode = 500; response.end(String(error)); }
  });
}).listen(8000);
process.on("SIGTERM", () => process.exit(0));
`;

/** Each check costs the engine a tenth of a second of a processor, and many of these products stand at once. */
const check = (test: string) =>
  `healthcheck: { test: ["CMD-SHELL", ${JSON.stringify(test)}], interval: 3s, timeout: 5s, retries: 20 }`;
const CADDYFILE = "{\n  admin off\n  auto_https off\n}\n:80 {\n  reverse_proxy app:8000\n}\n";
const DESCRIPTION = `schema: 1
product: small
layouts:
  - { layout: small, versions: "*", configuration: [.env, Caddyfile], texts: [Caddyfile] }
secrets: [ { key: POSTGRES_PASSWORD, defaults: [password] } ]
postgres: { service: postgres, volume: pgdata }
ports: { http: { service: front, container: 80 } }
maintenance: { service: front }
health: { timeoutSeconds: 120, windowSeconds: 1 }
`;

const compose = (image: string, port: number, migration: string, restart: string) => `services:
  postgres:
    image: ${image}
    ${restart}
    environment: { POSTGRES_USER: small, POSTGRES_PASSWORD: "\${POSTGRES_PASSWORD}", POSTGRES_DB: small }
    volumes: [ "pgdata:/var/lib/postgresql/data" ]
    stop_signal: SIGINT
    ${check("pg_isready -q -h 127.0.0.1")}
  app:
    image: ${image}
    ${restart}
    command: [ "node", "/app.js" ]
    environment:
      { RELEASE: "\${RELEASE}", MIGRATION: ${JSON.stringify(migration.replaceAll("$", "$$$$"))}, PGHOST: postgres, PGUSER: small, PGDATABASE: small, PGPASSWORD: "\${POSTGRES_PASSWORD}" }
    volumes: [ "./app.js:/app.js:ro" ]
    ${check("busybox wget -qO- http://127.0.0.1:8000/ >/dev/null")}
  front:
    image: ${image}
    ${restart}
    command: [ "caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile" ]
    ports: [ "${port}:80" ]
    volumes: [ "./Caddyfile:/etc/caddy/Caddyfile:ro" ]
    ${check("busybox wget -qO- http://127.0.0.1/ >/dev/null")}
volumes:
  pgdata: { name: small_pgdata }
`;

/** Releases of a product of three containers and one image, which is on the engine already: an update of it takes seconds. */
export class SmallProduct {
  readonly folder: string;
  readonly image = `gmtest-${randomBytes(4).toString("hex")}/small:1`;
  #bundles = 0;
  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<SmallProduct> {
    const made = new SmallProduct(await mkdtemp(join(tmpdir(), "graph-mgr-small-")));
    await execa("bash", [join(product, "base.sh"), "15"], { stdin: "ignore", stdout: "ignore" });
    await execa("docker", ["build", "--quiet", "--file=-", `--tag=${made.image}`, join(product, "images/postgres")], {
      input:
        'FROM gm/base:pg15\nCOPY docker-entrypoint.sh /usr/local/bin/\nENV PGDATA=/var/lib/postgresql/data\nENTRYPOINT ["/usr/local/bin/docker-entrypoint.sh"]\nCMD ["postgres"]\n',
      env: { DOCKER_BUILDKIT: "0" },
    });
    return made;
  }

  /** @returns its folder */
  async bundle(
    release: string,
    { migration = "", restart = "always" }: { readonly migration?: string; readonly restart?: string } = {},
  ): Promise<string> {
    const path = join(this.folder, `bundle-${++this.#bundles}`);
    await mkdir(path);
    const port = randomPort();
    const texts = {
      "docker-compose.yml": compose(this.image, port, migration, `restart: "${restart}"`),
      ".env": `POSTGRES_PASSWORD=password\nRELEASE=${release}\n`,
      VERSION: `${release}\n`,
      Caddyfile: CADDYFILE,
      "app.js": APP,
      "graph-mgr.yml": `${DESCRIPTION}internals: [RELEASE]\n`,
    };
    for (const [name, text] of Object.entries(texts)) await writeFile(join(path, name), text, { mode: 0o644 });
    return path;
  }

  /** v1.0.0; v1.1.0 as it should be, as one against which what is in the database stands, and as one that waits for a table `go`. */
  async releases(): Promise<{ readonly old: string; readonly next: string; readonly unable: string; readonly waits: string }> {
    return {
      old: await this.bundle("v1.0.0"),
      next: await this.bundle("v1.1.0", {
        migration: "alter table notes add column if not exists at timestamptz default now();",
      }),
      waits: await this.bundle("v1.1.0", {
        migration:
          "do $$ begin while not exists (select from pg_class where relname = 'go') loop perform pg_sleep(0.1); end loop; end $$;",
      }),
      unable: await this.bundle("v1.1.0", { migration: "alter table notes add constraint brief check (length(note) < 3);" }),
    };
  }

  /** A `docker` in front of the real one, which is `$docker` to these lines; returns the PATH with it. */
  async shim(lines: string): Promise<string> {
    const folder = await mkdtemp(join(this.folder, "shim-"));
    const { stdout: real } = await execa("which", ["docker"]);
    await writeFile(join(folder, "docker"), `#!/bin/bash\ndocker=${real}\n${lines}\nexec "$docker" "$@"\n`);
    await chmod(join(folder, "docker"), 0o755);
    return `${folder}:${process.env["PATH"]}`;
  }

  async remove(): Promise<void> {
    await execa("docker", ["image", "rm", "--no-prune", this.image], { reject: false });
    await rm(this.folder, { recursive: true, force: true });
  }
}
