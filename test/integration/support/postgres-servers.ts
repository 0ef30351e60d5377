import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { execa } from "execa";
import { docker } from "../../../src/host/command.ts";
import { localExecutor } from "../../../src/host/create-world.ts";
import { createHelpers, type HelperScope } from "../../../src/host/helper-container.ts";
import type { DatabaseAccess } from "../../../src/host/world.ts";

const product = join(import.meta.dirname, "../../../templates/sample-product");

export const executor = localExecutor(process.env);
export const run = (...args: readonly string[]): Promise<string> => executor.run(docker(...args));
export const random = (): string => randomBytes(4).toString("hex");
export const helpersOf = (scope: HelperScope) => createHelpers(executor, () => scope);

/** Containers, volumes and images of a test file; `clear` removes them by name. */
export class Lab {
  readonly prefix = `gmtest-${random()}`;
  readonly #containers = new Set<string>();
  readonly #volumes = new Set<string>();
  readonly #images = new Set<string>();

  /** The sample product's Postgres image. @returns its id */
  async postgresImage(major: 15 | 17): Promise<string> {
    await execa("bash", [join(product, "base.sh"), String(major)], { stdin: "ignore", stdout: "ignore" });
    return this.image(
      `FROM gm/base:pg${major}\nCOPY docker-entrypoint.sh /usr/local/bin/\nENV PGDATA=/var/lib/postgresql/data\nVOLUME /var/lib/postgresql/data\nSTOPSIGNAL SIGINT\nENTRYPOINT ["/usr/local/bin/docker-entrypoint.sh"]\nCMD ["postgres"]\n`,
      join(product, "images/postgres"),
    );
  }

  /** @returns its id */
  async image(dockerfile: string, context: string): Promise<string> {
    const tag = `${this.prefix}/image:${random()}`;
    await execa("docker", ["build", "--quiet", "--file=-", `--tag=${tag}`, context], {
      input: dockerfile,
      env: { DOCKER_BUILDKIT: "0" },
    });
    this.#images.add(tag);
    return run("image", "inspect", "--format={{.Id}}", tag);
  }

  async volume(name = `${this.prefix}-${random()}`): Promise<string> {
    await run("volume", "create", name);
    this.#volumes.add(name);
    return name;
  }

  async container(...args: readonly string[]): Promise<string> {
    const name = `${this.prefix}-${random()}`;
    this.#containers.add(name);
    await run("run", "--detach", "--name", name, "--pull=never", ...args);
    return name;
  }

  async server(image: string, password: string, ...options: readonly string[]): Promise<Server> {
    const volume = await this.volume();
    const name = await this.container(
      "--env=POSTGRES_USER=graphistry",
      `--env=POSTGRES_PASSWORD=${password}`,
      "--env=POSTGRES_DB=graphistry",
      `--volume=${volume}:/var/lib/postgresql/data`,
      ...options,
      image,
    );
    return new Server(name, volume, password);
  }

  async clear(): Promise<void> {
    for (const name of this.#containers) await run("rm", "--force", "--volumes", name).catch(() => undefined);
    for (const name of this.#volumes) await run("volume", "rm", name).catch(() => undefined);
    for (const name of this.#images) await run("image", "rm", name).catch(() => undefined);
  }
}

export class Server {
  readonly name: string;
  readonly volume: string;
  readonly password: string;

  constructor(name: string, volume: string, password: string) {
    this.name = name;
    this.volume = volume;
    this.password = password;
  }

  access(helperImage: string, change: Partial<DatabaseAccess> = {}): DatabaseAccess {
    return {
      containerId: this.name,
      helperImage,
      user: "graphistry",
      database: "graphistry",
      password: this.password,
      ...change,
    };
  }

  /** Until it answers over TCP, which its first start, for initialisation, does not. */
  async ready(): Promise<this> {
    const deadline = Date.now() + 120_000;
    for (;;) {
      try {
        await run("exec", this.name, "pg_isready", "--quiet", "--host=127.0.0.1");
        return this;
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
    }
  }

  /** By the socket, which the sample product trusts. */
  async sql(text: string, database = "graphistry"): Promise<string> {
    const { stdout } = await execa(
      "docker",
      [
        "exec",
        "--interactive",
        `--env=PGDATABASE=${database}`,
        this.name,
        "psql",
        "-X",
        "-q",
        "-At",
        "-v",
        "ON_ERROR_STOP=1",
        "-U",
        "graphistry",
      ],
      { input: text },
    );
    return stdout;
  }

  start(text: string, database = "graphistry") {
    return execa(
      "docker",
      ["exec", "--interactive", `--env=PGDATABASE=${database}`, this.name, "psql", "-X", "-q", "-At", "-U", "graphistry"],
      {
        input: text,
        reject: false,
      },
    );
  }
}
