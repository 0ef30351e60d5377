import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { createWorld } from "../../src/host/create-world.ts";
import { type ContractHost, contract } from "../simulator/contract.ts";
import { executor, run } from "./support/postgres-servers.ts";

const ROOT = new URL("../../", import.meta.url);

/** Debian with BusyBox and Postgres, which the sample product's images are made from. */
const BASE = "gm/base:pg15";
const POSTGRES = join(import.meta.dirname, "../../templates/sample-product/images/postgres");
const PROGRAMS = { serve: ["/bin/busybox", "sleep", "600"], "one-shot": ["/bin/busybox", "true"] } as const;

contract("this machine and its engine", async (): Promise<ContractHost> => {
  const prefix = `gmtest-${randomBytes(4).toString("hex")}`;
  const folder = await mkdtemp(join(tmpdir(), `${prefix}-`));
  const world = createWorld(executor, () => ({ home: folder, operation: "contract" }), ROOT);
  const { engine } = world;
  await execa("bash", [join(import.meta.dirname, "../../templates/sample-product/base.sh"), "15"], {
    stdin: "ignore",
    stdout: "ignore",
  });
  return {
    world,
    folder,
    prefix,
    port: await freePort(),
    async makeImage(tag, program) {
      const [known] = await engine.images([tag]);
      if (known) return known.id;
      if (program === "postgres") {
        const dockerfile = `FROM ${BASE}\nCOPY docker-entrypoint.sh /usr/local/bin/\nLABEL graph-mgr.test=${tag}\nENV PGDATA=/var/lib/postgresql/data\nSTOPSIGNAL SIGINT\nENTRYPOINT ["/usr/local/bin/docker-entrypoint.sh"]\nCMD ["postgres"]\n`;
        await execa("docker", ["build", "--quiet", "--file=-", `--tag=${tag}`, POSTGRES], {
          input: dockerfile,
          env: { DOCKER_BUILDKIT: "0" },
        });
        return (await engine.images([tag]))[0]?.id ?? "";
      }
      const does = JSON.stringify(PROGRAMS[program]);
      await execa("docker", ["build", "--quiet", `--tag=${tag}`, "-"], {
        input: `FROM ${BASE}\nLABEL graph-mgr.test=${tag}\nSTOPSIGNAL SIGKILL\nHEALTHCHECK NONE\nENTRYPOINT ${does}\nCMD []\n`,
        env: { DOCKER_BUILDKIT: "0" },
      });
      return (await engine.images([tag]))[0]?.id ?? "";
    },
    async fill(volume, files) {
      const mount = `--mount=type=volume,src=${volume},dst=/fill,volume-nocopy`;
      for (const [path, text] of Object.entries(files)) {
        const write = ["-c", 'printf %s "$1" > "/fill/$0"', path, text];
        await run("run", "--rm", "--network=none", "--user=0", mount, "--entrypoint=/bin/sh", BASE, ...write);
      }
    },
    async cleanUp() {
      const isOurs = ({ name }: { readonly name: string }) => name.startsWith(prefix);
      for (const { id } of (await engine.containers()).filter(isOurs)) await engine.removeContainer(id);
      for (const { id } of (await engine.networks()).filter(isOurs)) await engine.removeNetwork(id);
      for (const { name } of (await engine.volumes()).filter(isOurs)) await engine.removeVolume(name);
      const tags = (await run("image", "ls", "--format", "{{.Repository}}:{{.Tag}}")).split("\n");
      for (const tag of tags.filter(name => name.startsWith(`${prefix}/`))) await engine.untag(tag);
      await rm(folder, { recursive: true, force: true });
    },
  };
});

/** A port that nobody listens on at the moment. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "0.0.0.0", () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
