import type { UnitScope } from "../host/world.ts";
import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";
import { missingAbove, removeEmpty } from "./missing-folders.ts";

/** Anybody may read them, as systemd's units are: no secret is in them. */
const MODE = 0o644;

type Units = {
  /** What they are for: `nightly backup of v2.22.2`. */
  readonly what: string;
  /** Null: it shall not be there. */
  readonly files: readonly { readonly path: string; readonly text: string | null }[];
  /** Whose systemd has to read them anew; null where none runs. */
  readonly scope: UnitScope | null;
};

/** Writes units, which systemd must find no fault with, or takes them away. */
export const placeUnits = defineStep({
  kind: "schedule.units",
  title: ({ what, files }: Units) =>
    `${files.some(({ text }) => text === null) ? "Delete" : "Write"} the units of the ${what}: ${files.map(({ path }) => path).join(", ")}`,
  async look({ files }, context: Context) {
    const old: { path: string; text: string | null }[] = [];
    for (const { path } of files) old.push({ path, text: await context.world.files.read(path) });
    return { old, missing: await missingAbove(files[0]?.path ?? "/", context) };
  },
  async do({ files, scope }, { world }: Context) {
    await place(files, world);
    if (scope !== null) await world.systemd.reload(scope);
  },
  async isDone({ files }, { world }) {
    for (const { path, text } of files) if ((await world.files.read(path)) !== text) return false;
    const written = files.flatMap(({ path, text }) => (text === null ? [] : [path]));
    if (written.length > 0) await world.systemd.verify(written);
    return true;
  },
  async undo({ scope }, context, { old, missing }) {
    await place(old, context.world);
    await removeEmpty(missing, context);
    if (scope !== null) await context.world.systemd.reload(scope);
  },
});

async function place(files: Units["files"], { files: store }: Context["world"]): Promise<void> {
  for (const { path, text } of files) {
    if (text === null) await store.remove(path);
    else await store.write(path, text, MODE);
  }
}

type Timer = { readonly timer: string; readonly on: boolean; readonly scope: UnitScope };

/** Has systemd keep to a timer, also after a reboot, or no more. */
export const turnTimer = defineStep({
  kind: "schedule.timer",
  title: ({ timer, on }: Timer) => `${on ? "Enable and start" : "Stop and disable"} ${timer}`,
  look: async ({ timer, scope }, { world }: Context) => ({ was: await world.systemd.isOn(timer, scope) }),
  async do({ timer, on, scope }, { world }: Context) {
    // A run that was cut off may have written units that systemd has not read.
    await world.systemd.reload(scope);
    await world.systemd.turn(timer, on, scope);
  },
  async isDone({ timer, on, scope }, { world }) {
    const { enabled, active } = await world.systemd.isOn(timer, scope);
    return on ? enabled && active : !enabled && !active;
  },
  async undo({ timer, scope }, { world }, { was }) {
    const { enabled, active } = await world.systemd.isOn(timer, scope);
    if (enabled === was.enabled && active === was.active) return;
    await world.systemd.reload(scope);
    await world.systemd.turn(timer, was.enabled, scope);
  },
});

type AtBoot = { readonly unit: string; readonly on: boolean; readonly scope: UnitScope };

/** Has systemd start a service with the machine, or no more. Now nothing is started: it would find the home locked by who turns it on. */
export const turnAtBoot = defineStep({
  kind: "boot.turn",
  title: ({ unit, on }: AtBoot) => `${on ? "Enable" : "Disable"} ${unit}`,
  look: async ({ unit, scope }, { world }: Context) => ({ was: (await world.systemd.isOn(unit, scope)).enabled }),
  async do({ unit, on, scope }, { world }: Context) {
    await world.systemd.reload(scope);
    await world.systemd.turnAtBoot(unit, on, scope);
  },
  isDone: async ({ unit, on, scope }, { world }) => (await world.systemd.isOn(unit, scope)).enabled === on,
  async undo({ unit, scope }, { world }, { was }) {
    if ((await world.systemd.isOn(unit, scope)).enabled === was) return;
    await world.systemd.reload(scope);
    await world.systemd.turnAtBoot(unit, was, scope);
  },
});
