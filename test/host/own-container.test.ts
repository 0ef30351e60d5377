import { describe, expect, it } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import type { Command } from "../../src/host/command.ts";
import type { Executor } from "../../src/host/exec.ts";
import { containerCreate, createOwnContainers } from "../../src/host/own-container.ts";
import type { ContainerSpec } from "../../src/host/world.ts";

const spec: ContainerSpec = {
  name: "graph-mgr-v2_22_2-maintenance",
  image: "sha256:1",
  command: ["caddy", "run", "--config", "/graph-mgr/maintenance/Caddyfile"],
  labels: { "graph-mgr.home": "/srv/graphistry", "graph-mgr.operation": "op-1" },
  ports: [
    { host: 8080, container: 80, address: "0.0.0.0" },
    { host: 8443, container: 443, address: "127.0.0.1" },
    { host: 8444, container: 443, address: "::1" },
  ],
  mounts: [
    { type: "bind", source: "/srv/a,b", target: "/data" },
    { type: "volume", source: "certs", target: "/certs" },
  ],
  restartPolicy: "unless-stopped",
};

it("F81 F84 the command line of a container of our own is the whole policy: it serves and reads, and nothing else", () => {
  const { program, args } = containerCreate(spec, ["/data", "/config"]);
  expect([program, ...args]).toEqual([
    "docker",
    "create",
    "--name=graph-mgr-v2_22_2-maintenance",
    "--label=graph-mgr.home=/srv/graphistry",
    "--label=graph-mgr.operation=op-1",
    "--restart=unless-stopped",
    "--pull=never",
    "--user=0:0",
    "--read-only",
    "--tmpfs=/tmp:rw,noexec,nosuid,nodev,size=64m,mode=1777",
    "--tmpfs=/config:rw,noexec,nosuid,nodev,size=16m",
    "--cap-drop=ALL",
    "--cap-add=NET_BIND_SERVICE",
    "--cap-add=DAC_READ_SEARCH",
    "--security-opt=no-new-privileges",
    "--pids-limit=256",
    "--memory=512m",
    "--no-healthcheck",
    "--workdir=/",
    "--publish=8080:80/tcp",
    "--publish=127.0.0.1:8443:443/tcp",
    "--publish=[::1]:8444:443/tcp",
    '--mount=type=bind,"source=/srv/a,b",target=/data,readonly',
    "--mount=type=volume,source=certs,target=/certs,readonly,volume-nocopy",
    "--entrypoint=caddy",
    "sha256:1",
    "run",
    "--config",
    "/graph-mgr/maintenance/Caddyfile",
  ]);
});

/** Docker, as far as it is asked; `fails` by the first word of the command. */
function docker(fails: Readonly<Record<string, string>>) {
  const called: string[] = [];
  const run = async ({ args: [first = "", second = ""] }: Command) => {
    called.push(first === "image" || first === "volume" ? `${first} ${second}` : first);
    if (fails[first] !== undefined) throw new OperatorError("COMMAND_FAILED", fails[first]);
    return first === "image" ? '["sha256:1",null]' : "the-id";
  };
  const unused = () => Promise.reject(new Error("not asked for"));
  const executor: Executor = { run, feed: unused, pipe: async function* () {}, attach: unused };
  return { called, run: () => createOwnContainers(executor).runContainer(spec) };
}

describe("a container of our own", () => {
  it("is created, then started", async () => {
    const { called, run } = docker({});
    await run();
    expect(called).toEqual(["image inspect", "volume inspect", "create", "start"]);
  });

  it.each([
    ["Bind for 0.0.0.0:8443 failed: port is already allocated", "Port 8443 is in use"],
    ["listen tcp4 0.0.0.0:8080: bind: address already in use", "Port 8080 is in use"],
    ["ports are not available", "Port 8080 or 8443 or 8444 is in use"],
  ])("that finds its port taken is removed again: %s", async (said, message) => {
    const { called, run } = docker({ start: said });
    await expect(run()).rejects.toThrow(
      expect.objectContaining({ code: "PORT_TAKEN", message: expect.stringContaining(message) }),
    );
    expect(called.slice(-2)).toEqual(["start", "rm"]);
  });

  it("that does not start for another reason is removed, and Docker's words stay", async () => {
    const { called, run } = docker({ start: 'exec: "caddy": executable file not found' });
    await expect(run()).rejects.toThrow("executable file not found");
    expect(called.at(-1)).toBe("rm");
  });

  it("removes nothing where somebody has the name", async () => {
    const { called, run } = docker({ create: 'The container name "/x" is already in use by container 1' });
    await expect(run()).rejects.toThrow(expect.objectContaining({ code: "EXISTS" }));
    expect(called).not.toContain("rm");
    expect(called).not.toContain("start");
  });

  it("F15 is not created on a volume that is not there, which Docker would make", async () => {
    const { called, run } = docker({ volume: "no such volume" });
    await expect(run()).rejects.toThrow(expect.objectContaining({ code: "NO_VOLUME" }));
    expect(called).not.toContain("create");
  });
});
