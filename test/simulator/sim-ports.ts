import type { PortAnswer, PortQuestion, Ports } from "../../src/host/world.ts";
import { healthOf } from "./containers.ts";
import type { Machine } from "./machine.ts";
import type { SimDisk } from "./sim-disk.ts";
import type { SimContainer } from "./state.ts";

/** A server listens a moment after its start. */
const LISTENS_AFTER_MS = 300;
const TLS_PORTS = [443, 8443];

/** Who listens on the host, and what visitors are told there. */
export function simPorts(machine: Machine, disk: SimDisk): Ports {
  const publishing = () => [...machine.state.containers.values()].filter(({ state }) => state === "running");

  /** A Caddy that was given a file of its own does what that says. */
  const configuration = ({ command, mounts }: SimContainer): string | null => {
    const path = command[command.indexOf("--config") + 1] ?? "";
    const mount = mounts.find(({ type, target }) => type === "bind" && path.startsWith(`${target}/`));
    const file = mount && `${mount.source}${path.slice(mount.target.length)}`;
    return file !== undefined && disk.node(file)?.type === "file" ? disk.read(file).toString("utf8") : null;
  };

  const answerOf = (container: SimContainer, port: number, { tls }: PortQuestion): PortAnswer | null => {
    if (machine.state.clockMs - container.startedMs < LISTENS_AFTER_MS) return null;
    if (container.command[0] !== "caddy") {
      const isWell = ["healthy", "none"].includes(healthOf(machine.state, container));
      return TLS_PORTS.includes(port) === tls ? { status: isWell ? 200 : 502, retryAfter: null, server: null } : null;
    }
    const text = configuration(container);
    const site = new RegExp(`^${tls ? "https" : "http"}://[^\\s:]*:${port} `, "m");
    if (text === null || !site.test(text)) return null;
    const [, retryAfter = null] = /Retry-After (\d+)/.exec(text) ?? [];
    const [, status] = /` (\d{3})$/m.exec(text) ?? [];
    return { status: Number(status ?? 200), retryAfter, server: "Caddy" };
  };

  return {
    taken: async asked => {
      machine.read({ what: "ports.taken", target: "" });
      const open = publishing().flatMap(({ ports }) => ports.map(({ host }) => host));
      const busy = new Set([...open, ...machine.state.listening]);
      return new Set(asked.filter(port => busy.has(port)));
    },
    ask: async question => {
      machine.read({ what: "ports.ask", target: String(question.port) });
      for (const container of publishing()) {
        const port = container.ports.find(({ host }) => host === question.port);
        if (port) return answerOf(container, port.container, question);
      }
      return null;
    },
  };
}
