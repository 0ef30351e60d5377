import type { UnitScope, World } from "../host/world.ts";

/** Where units are: of this machine, of this user, or in a folder that was named, which no systemd looks at. */
export interface UnitPlace {
  readonly dir: string;
  readonly scope: UnitScope | null;
}

export const placeOf = ({ systemd }: Pick<World, "systemd">, scope: UnitScope): UnitPlace => ({
  dir: systemd.folder(scope),
  scope,
});

/** Whether a systemd runs that looks there, and whether this user may change what it sees. */
export async function ableOn({ systemd }: Pick<World, "systemd">, { dir, scope }: UnitPlace) {
  return {
    isRunning: scope !== null && (await systemd.isRunning(scope)),
    mayWrite: await systemd.mayWrite(dir),
  };
}
