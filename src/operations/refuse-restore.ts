import { refuseMemory, refuseRoom } from "../domain/room.ts";
import { OperatorError } from "../errors.ts";
import type { RestoreFacts } from "../survey/restore.ts";
import { refuseClaims, refuseExternalDatabase, refuseOldEngine, refusePorts, refuseServices, refuseShared } from "./refusals.ts";
import type { RestoreWish } from "./restore-notes.ts";

/** Everything that stands against a restore, before anything is touched. The archive itself was checked before. */
export function refuseRestore(facts: RestoreFacts, { shareBinds }: RestoreWish): void {
  const { backup, engine, images, model } = facts;
  const { manifest, record, source } = backup;
  refuseOldEngine(engine);
  refuseServices(facts);
  if (manifest.architecture !== engine.architecture)
    throw new OperatorError(
      "OTHER_ARCHITECTURE",
      `The backup is of ${manifest.architecture}, and this machine is ${engine.architecture}: its images do not run here.`,
      {
        hint: "install the release for this machine, then `graph-mgr postgres restore` into it",
      },
    );
  refuseClaims(facts.instance, facts.claims);
  refusePorts(facts, facts.portsAsked);
  refuseExternalDatabase(
    model,
    record.product,
    "install the release anew (graph-mgr install BUNDLE), take database/ out of the archive (tar xf), then: graph-mgr postgres restore INSTANCE --from DIR",
  );
  refuseShared(
    facts,
    path => shareBinds.includes(path),
    path => `--share-bind ${path}   (when sharing it is meant)`,
  );
  const lacking = images.filter(({ from }) => from === null);
  if (lacking.length > 0 || images.length === 0)
    throw new OperatorError(
      "IMAGE_MISSING",
      `Neither the backup nor the engine has the images of ${lacking.map(({ service, reference }) => `${service} (${reference})`).join(", ")}.`,
      {
        hint: "--bundle FILE   (the vendor's bundle of this release)",
      },
    );
  const isMatching = (manifest.postgres !== null) === (record.product.postgres !== null);
  const strange = manifest.streams.find(({ key }) => key !== null && model.volumes?.[key] === undefined);
  if (!isMatching || strange !== undefined)
    throw new OperatorError(
      "BACKUP_DAMAGED",
      `The backup ${source.path} is damaged: what its manifest names and what its compose file has are not the same.`,
      {
        hint: "take another one (`graph-mgr backup list`); nothing was changed",
        facts: { part: strange?.name ?? "manifest.json" },
      },
    );
  refuseMemory(facts.room);
  refuseRoom(facts.room);
}
