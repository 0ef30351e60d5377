import { OperatorError } from "../../src/errors.ts";
import type { Systemd } from "../../src/host/world.ts";
import type { Machine } from "./machine.ts";
import type { SimDisk } from "./sim-disk.ts";

export const UNITS = "/etc/systemd/system";

/** A systemd that keeps to timers, and starts services with the machine, whose units it has read, and refuses those that it has not, as the real one does. */
export function simSystemd(machine: Machine, disk: SimDisk): Systemd {
  const isThere = (timer: string) => disk.node(`${UNITS}/${timer}`) !== null;
  const look = (what: string, target: string) => machine.read({ what: `systemd.${what}`, target });
  const turn = (unit: string, on: boolean) =>
    machine.command(() => {
      if (on && (!isThere(unit) || !machine.state.units.includes(unit)))
        throw new OperatorError("COMMAND_FAILED", `systemctl: Unit ${unit} not found.`);
      const others = [...machine.state.timers].filter(each => each !== unit);
      machine.effect(on ? "systemd.enable" : "systemd.disable", unit, () => {
        machine.state.timers = new Set(on ? [...others, unit] : others);
      });
    });
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
    turn,
    turnAtBoot: turn,
    environment: () => ({}),
    tell: async () => undefined,
  };
}
