import { hideSecrets } from "../domain/hide-secrets.ts";
import { OperatorError } from "../errors.ts";
import { type Command, docker } from "./command.ts";
import type { Executor } from "./exec.ts";
import { lookAtImage } from "./image-look.ts";
import { mountOption } from "./mount-option.ts";
import type { ContainerSpec, Engine } from "./world.ts";

const ANY_ADDRESS = ["0.0.0.0", "::", ""];

const publish = ({ host, container, address }: ContainerSpec["ports"][number]): string => {
  const from = ANY_ADDRESS.includes(address) ? "" : `${address.includes(":") ? `[${address}]` : address}:`;
  return `--publish=${from}${host}:${container}/tcp`;
};

/**
 * The command line that creates a container of graph-mgr's own: it may serve on its ports and read what it is given, and
 * nothing else. Certificates belong to whomever they belong to, so it reads regardless of owners.
 * @param volumePaths where it would get a volume of its own, which is made an empty scratch instead
 */
export function containerCreate(spec: ContainerSpec, volumePaths: readonly string[]): Command {
  const [program, ...args] = spec.command;
  const scratch = volumePaths.filter(path => !spec.mounts.some(({ target }) => target === path));
  return docker(
    "create",
    `--name=${spec.name}`,
    ...Object.entries(spec.labels).map(([key, value]) => `--label=${key}=${value}`),
    `--restart=${spec.restartPolicy}`,
    "--pull=never",
    "--user=0:0",
    "--read-only",
    "--tmpfs=/tmp:rw,noexec,nosuid,nodev,size=64m,mode=1777",
    ...scratch.map(path => `--tmpfs=${path}:rw,noexec,nosuid,nodev,size=16m`),
    "--cap-drop=ALL",
    "--cap-add=NET_BIND_SERVICE",
    "--cap-add=DAC_READ_SEARCH",
    "--security-opt=no-new-privileges",
    "--pids-limit=256",
    "--memory=512m",
    "--no-healthcheck",
    "--workdir=/",
    ...spec.ports.map(publish),
    ...spec.mounts.map(
      ({ type, source, target }) =>
        `--mount=${mountOption(type, source, target, false, ...(type === "volume" ? ["volume-nocopy"] : []))}`,
    ),
    `--entrypoint=${program}`,
    spec.image,
    ...args,
  );
}

const IS_TAKEN = /port is already allocated|address already in use|ports are not available/i;

/** Containers of graph-mgr's own that outlive the command that made them. */
export function createOwnContainers(executor: Executor): Pick<Engine, "runContainer" | "lastWords" | "logs" | "environment"> {
  const mustExist = async (name: string): Promise<void> => {
    // Docker would create a volume that is not there.
    await executor.run(docker("volume", "inspect", "--format", "{{.Name}}", "--", name)).catch(cause => {
      throw new OperatorError("NO_VOLUME", `There is no volume ${name}.`, { hint: "`docker volume ls` shows them", cause });
    });
  };
  const environment = async (id: string): Promise<readonly string[]> =>
    (JSON.parse(await executor.run(docker("inspect", "--type=container", "--format={{json .Config.Env}}", "--", id))) as
      | readonly string[]
      | null) ?? [];
  return {
    async runContainer(spec) {
      const { volumePaths } = await lookAtImage(executor, spec.image);
      for (const { type, source } of spec.mounts) if (type === "volume") await mustExist(source);
      const id = await executor.run(containerCreate(spec, volumePaths)).catch(cause => {
        if (!(cause instanceof OperatorError) || !/is already in use by container/.test(cause.message)) throw cause;
        throw new OperatorError("EXISTS", `There is already a container ${spec.name}.`, { cause });
      });
      try {
        await executor.run(docker("start", id));
      } catch (cause) {
        await executor.run(docker("rm", "--force", "--", id)).catch(() => undefined);
        if (!(cause instanceof OperatorError) || !IS_TAKEN.test(cause.message)) throw cause;
        const [, port = spec.ports.map(({ host }) => host).join(" or ")] = /:(\d+)(?::| failed)/.exec(cause.message) ?? [];
        throw new OperatorError("PORT_TAKEN", `Port ${port} is in use, so the container ${spec.name} cannot serve on it.`, {
          hint: "stop what uses it (`docker ps`, `ss -ltnp`)",
          cause,
        });
      }
    },
    async lastWords(id, lines = 1) {
      const said: string[] = [];
      // Most programs say why they end on standard error.
      const isThere = await executor.run(docker("logs", `--tail=${lines}`, id), { onLine: line => void said.push(line) }).then(
        () => true,
        error => {
          if (!(error instanceof OperatorError) || !/no such container/i.test(error.message)) throw error;
          return false;
        },
      );
      if (!isThere || said.length === 0) return "";
      return hideSecrets(said.slice(-lines).join("\n"), await environment(id));
    },
    // Standard error is where most programs log, and the order of both streams is lost in two pipes.
    logs: (id, lines) =>
      executor.run({
        program: "sh",
        args: ["-c", 'exec docker logs --timestamps --tail="$1" "$2" 2>&1', "logs", String(lines), id],
      }),
    environment,
  };
}
