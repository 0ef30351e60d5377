import { portPlace } from "../domain/isolation.ts";
import { roomNote } from "../domain/room.ts";
import type { RestoreFacts } from "../survey/restore.ts";
import { externalNote, hostNetworkNotes, machineRightsNotes, sharedNotes } from "./refusals.ts";

export interface RestoreWish {
  readonly launch: boolean;
  /** Shares writable folders outside of the instance knowingly. */
  readonly shareBinds: readonly string[];
}

/** Without a name of its own it takes the place of what serves now; else only where nothing does. */
export const switches = ({ home, isNamed }: RestoreFacts, { launch: launches }: RestoreWish): boolean =>
  home.current === null || (!isNamed && launches);

/** What is to be known of a restore before one says yes. */
export function restoreNotes(facts: RestoreFacts, wish: RestoreWish): readonly string[] {
  const { backup, home, instance, ports, outside } = facts;
  const { manifest } = backup;
  const isRenamed = instance.name !== manifest.instance && !facts.isNamed;
  return [
    ...(isRenamed ? [`${manifest.instance} is taken, so it becomes ${instance.name}`] : []),
    ...ports.filter(({ instead }) => instead !== null).map(port => `${portPlace(port)} gets port ${port.host}`),
    ...(switches(facts, wish) && home.current !== null
      ? [`it becomes the current instance; ${home.current} stays as it is`]
      : []),
    ...(manifest.guarantee === "live"
      ? ["it was made while the instance served: every row has its file, unless that was deleted or rewritten meanwhile"]
      : []),
    "it has the secrets and users of the instance that was backed up",
    roomNote(facts.room),
    ...manifest.leftOut.map(what => `not in the backup: ${what}`),
    ...sharedNotes(
      facts.outsideBinds.filter(bind => bind.kind !== "path" || bind.readOnly || wish.shareBinds.includes(bind.source)),
    ),
    ...hostNetworkNotes(facts),
    ...machineRightsNotes(facts),
    ...facts.externalVolumes.map(externalNote),
    ...outside.map(({ key, what }) => `${key} is set: the instance ${what}`),
    ...(wish.launch ? [] : ["it is not launched"]),
  ];
}
