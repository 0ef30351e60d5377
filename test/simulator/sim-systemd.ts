import { OperatorError } from "../../src/errors.ts";
import type { Systemd } from "../../src/host/world.ts";
import type { Machine } from "./machine.ts";
import type { SimDisk } from "./sim-disk.ts";

export const UNITS = "/etc/systemd/system";

/** A systemd that keeps to timers whose units it has read, and refuses those that it has not, as the real one does. */
export function simSystemd(machine: Machine, disk: SimDisk): Systemd {
  const isThere = (timer: string) => disk.node(`${UNITS}/${timer}`) !== null;
  const look = (what: string, target: string) => machine.read({ what: `systemd.${what}`, target });
  return {
    folder: () => UNITS,
    isRunning: async () => true,
    mayWrite: async () => true,
    next: async calendar => `next ${calendar}`,
    verify: async paths => {
      look("verify", paths.join(" "));
      for (const path of paths)
        if (disk.node(path)?.type !== "file" || !disk.read(path).toString("utf8").includes("[Unit]"))
          throw new OperatorError("COMMAND_FAILED", `systemd-analyze: ${path} is no unit`);
    },
    reload: () =>
      machine.command(() =>
        machine.effect("systemd.reload", "", () => {
          const folder = disk.node(UNITS);
          machine.state.units = folder?.type === "folder" ? [...folder.entries.keys()] : [];
        }),
      ),
    isOn: async timer => {
      look("show", timer);
      const isOn = machine.state.timers.has(timer);
      return { enabled: isOn, active: isOn };
    },
    turn: (timer, on) =>
      machine.command(() => {
        if (on && (!isThere(timer) || !machine.state.units.includes(timer)))
          throw new OperatorError("COMMAND_FAILED", `systemctl: Unit ${timer} not found.`);
        const others = [...machine.state.timers].filter(each => each !== timer);
        machine.effect(on ? "systemd.enable" : "systemd.disable", timer, () => {
          machine.state.timers = new Set(on ? [...others, timer] : others);
        });
      }),
    environment: () => ({}),
    tell: async () => undefined,
  };
}
