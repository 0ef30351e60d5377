import { bytesText } from "../domain/room.ts";
import { sshTargetText } from "../domain/ssh-target.ts";
import { OperatorError } from "../errors.ts";
import type { MigrateFacts } from "../survey/migrate.ts";
import { allAtOnce } from "./at-once.ts";
import type { MigrateRequest } from "./migrate.ts";
import { refuseOldEngine } from "./refusals.ts";
import { refuseBackup } from "./refuse-backup.ts";
import { refuseMoved } from "./run-instance.ts";

/** Clocks further apart make sessions and tokens that were given here invalid there. */
const MOST_CLOCK_MS = 5 * 60_000;
/** What is kept free on top of what is needed. */
const SPARE = 1.15;

/** Everything on both machines that stands against a move, at once, before anything is changed. */
export function refuseMigrate(facts: MigrateFacts, request: MigrateRequest): void {
  allAtOnce([
    () => refuseBackup(facts.backup, { compression: "gzip", withImages: false, lock: null, stopSource: !request.keepSource }),
    () => refuseStopped(facts),
    () => refuseOutside(facts),
    () => refuseMachine(facts),
    () => refuseEngine(facts),
    () => refuseUnfinishedThere(facts),
    () => refuseClock(facts),
    () => refuseRoom(facts, request),
    () => refusePorts(facts, request),
  ]);
}

const where = ({ there }: MigrateFacts): string => sshTargetText(there.target);

function refuseStopped({ backup: { instance, postgres } }: MigrateFacts): void {
  const isUp = instance.containers.some(({ state }) => state === "running");
  if (isUp && (postgres === null || postgres.isUp)) return;
  if (!isUp) refuseMoved(instance);
  throw new OperatorError("NOT_RUNNING", `${instance.record.name} does not run, and a move is of an instance that serves.`, {
    hint: `graph-mgr launch ${instance.record.name}   (or carry a backup over: graph-mgr backup create --with-images)`,
  });
}

function refuseOutside({ backup }: MigrateFacts): void {
  if (backup.outside.length === 0) return;
  throw new OperatorError(
    "NOT_MOVABLE",
    `${backup.instance.record.name} uses what would stay behind: ${backup.outside.join("; ")}.`,
    { hint: "carry it over by hand: `graph-mgr backup create --with-images`, then `backup restore` there" },
  );
}

function refuseMachine(facts: MigrateFacts): void {
  const { engine, facts: there } = facts;
  if (facts.backup.instance.containers.some(({ id }) => there.containers.includes(id)))
    throw new OperatorError("SAME_ENGINE", `${where(facts)} is this machine, or uses its Docker Engine.`, {
      hint: "for a second instance here: graph-mgr copy",
    });
  if (there.engine.architecture !== engine.architecture)
    throw new OperatorError(
      "OTHER_ARCHITECTURE",
      `${where(facts)} is ${there.engine.architecture}, and this machine ${engine.architecture}: its images do not run there.`,
      { hint: "install the release for that machine there, then `graph-mgr postgres restore` into it" },
    );
  if (there.engine.imageStore !== engine.imageStore)
    throw new OperatorError(
      "OTHER_IMAGE_STORE",
      `The engine of ${where(facts)} keeps images in the ${there.engine.imageStore} store, this one in the ${engine.imageStore} store; they call the same image by different ids.`,
      { hint: "switch the engine there to the same kind of store" },
    );
}

function refuseEngine(facts: MigrateFacts): void {
  try {
    refuseOldEngine(facts.facts.engine);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    throw new OperatorError(
      error.code,
      `On ${where(facts)}: ${error.message}`,
      error.hint === undefined ? {} : { hint: error.hint },
    );
  }
}

function refuseUnfinishedThere(facts: MigrateFacts): void {
  const { unfinished, home } = facts.facts;
  if (unfinished === null) return;
  throw new OperatorError("UNFINISHED", `On ${where(facts)}, in ${home}: ${unfinished}`, {
    hint: "there: graph-mgr resume   (or graph-mgr undo)",
  });
}

function refuseClock(facts: MigrateFacts): void {
  const apartMs = Math.abs(facts.clockMs);
  if (apartMs <= MOST_CLOCK_MS) return;
  throw new OperatorError(
    "CLOCKS_DIFFER",
    `The clocks of ${where(facts)} and of this machine are ${Math.round(apartMs / 1000)} s apart; logins and tokens would be taken for old or not yet valid.`,
    { hint: "set both by NTP first" },
  );
}

/** The archive as it arrives, what it becomes, and what is sent ahead of it. */
function refuseRoom(facts: MigrateFacts, request: MigrateRequest): void {
  const neededBytes = (request.keepSource ? 2 : 3) * facts.backup.room.neededBytes * SPARE;
  const { freeBytes } = facts.facts;
  if (neededBytes <= freeBytes) return;
  throw new OperatorError(
    "NO_ROOM",
    `On ${where(facts)} this may take ${bytesText(neededBytes)} in ${facts.facts.home}, where ${bytesText(freeBytes)} is free.`,
    { hint: "make room there, or name a folder on another disk there: --remote-home DIR" },
  );
}

function refusePorts(facts: MigrateFacts, { ports }: MigrateRequest): void {
  if (ports.length > 0) return;
  const { takenPorts } = facts.facts;
  if (takenPorts.length === 0) return;
  const taken = takenPorts.map(({ port, by }) => `${port} (${by})`).join(", ");
  throw new OperatorError("PORT_TAKEN", `On ${where(facts)} somebody has a port that it publishes: ${taken}.`, {
    hint: "choose others: --http-port, --https-port, --port SERVICE:CONTAINER=PORT",
  });
}
