import { movedPath } from "../domain/compose-edit-binds.ts";
import { isUp } from "../domain/health.ts";
import { isInside } from "../domain/shared-resources.ts";
import { OperatorError } from "../errors.ts";
import type { CopyFacts } from "../survey/copy.ts";
import type { CopyRequest } from "./copy.ts";
import {
  refuseClaims,
  refuseExternalDatabase,
  refuseFixedNetworks,
  refuseHostNetwork,
  refuseLinked,
  refuseOldEngine,
  refusePorts,
  refuseShared,
} from "./refusals.ts";
import { refuseMissingVolumes, refuseOutsiders } from "./run-instance.ts";

/** Everything that stands against a copy, before anything is changed. */
export function refuseCopy(facts: CopyFacts, request: CopyRequest): void {
  refuseOldEngine(facts.engine);
  refuseClaims(facts.instance, facts.claims);
  refusePorts(facts, facts.portsAsked);
  refuseMoves(facts);
  refuseLinked(facts.source);
  const moves = Object.fromEntries(facts.moves.map(({ from, to }) => [from, to]));
  refuseShared(
    facts,
    path => movedPath(path, moves) !== null,
    path => `--bind ${path}=${path}-${facts.instance.suffix}   (the copy gets a folder of its own)`,
  );
  refuseExternalDatabase(facts.model, facts.source.record.product);
  refuseFixedNetworks(facts);
  refuseHostNetwork(facts);
  if (request.data !== "none") refuseMissingVolumes(facts.source, "there is nothing to copy");
  if (request.data === "copy") refuseOutsiders(facts.source, "running");
  if (request.data === "dump") refuseDump(facts, request);
  if (request.data === "copy" && !request.stopSource) refuseLiveCopy(facts);
}

/** @throws OperatorError BIND_MOVE: a folder that cannot get one of its own, or not there */
function refuseMoves({ moves, home, source }: CopyFacts): void {
  for (const { from, to, isUsed, entries, isTaken } of moves) {
    const refused = (why: string, hint: string) => new OperatorError("BIND_MOVE", why, { hint });
    const another = `--bind ${from}=ANOTHER`;
    if (!isUsed)
      throw refused(
        `Nothing of ${source.record.name} mounts ${from} from outside of its folder.`,
        `leave --bind ${from}=... out`,
      );
    if (entries === null) throw refused(`${from} is no folder, so it cannot be copied.`, "mount a folder in the compose file");
    if (isTaken) throw refused(`There is already ${to}; the copy needs a folder that nobody has.`, another);
    if (isInside(to, from) || isInside(from, to)) throw refused(`${to} and ${from} lie in each other.`, another);
    if (isInside(to, home.home.path)) throw refused(`${to} lies in graph-mgr's own home.`, another);
  }
}

function refuseDump({ source, volumes }: CopyFacts, { stopSource }: CopyRequest): void {
  const { record, containers } = source;
  const database = record.product.postgres;
  if (database === null) {
    throw new OperatorError(
      "NO_POSTGRES",
      `${record.name} has no Postgres that graph-mgr knows of, so there is nothing to dump.`,
      { hint: "--data copy   (with the source stopped)" },
    );
  }
  if (stopSource)
    throw new OperatorError("USAGE", "--stop-source and --data dump exclude each other: a dump needs the database running.", {
      exit: 2,
      hint: "--data copy --stop-source",
    });
  if (!containers.some(({ service, state }) => service === database.service && state === "running")) {
    throw new OperatorError(
      "DATABASE_DOWN",
      `The ${database.service} of ${record.name} is not running, so it cannot be dumped.`,
      {
        hint: `graph-mgr launch ${record.name}   (or --data copy, which needs it stopped)`,
      },
    );
  }
  const isFiles = (key: string) => key === database.volume || record.product.fileVolumes.includes(key);
  const busy = volumes.find(({ key, writers }) => writers.length > 0 && !isFiles(key));
  if (busy) {
    throw new OperatorError(
      "VOLUME_IN_USE",
      `${busy.writers.join(", ")} of ${record.name} may be writing to the volume ${busy.name}; a copy of it could be torn.`,
      {
        hint: "--data copy --stop-source   (stops the source for the copy and starts it again)",
      },
    );
  }
}

function refuseLiveCopy({ source, volumes, clusterState }: CopyFacts): void {
  const { record, containers } = source;
  const running = containers.filter(isUp).map(({ service, name }) => service ?? name);
  if (running.length > 0) {
    throw new OperatorError(
      "IS_RUNNING",
      `${record.name} is running (${running.join(", ")}); a volume that is in use cannot be copied.`,
      {
        hint: `--data dump   (while it runs), or \`graph-mgr stop ${record.name}\` first, or --stop-source`,
      },
    );
  }
  const database = record.product.postgres;
  const cluster = volumes.find(({ key }) => key === database?.volume);
  if (database === null || cluster?.exists !== true) return;
  if (clusterState === null || !/^shut down( in recovery)?$/.test(clusterState)) {
    throw new OperatorError(
      "NOT_SHUT_DOWN",
      `The Postgres of ${record.name} was not shut down cleanly (${clusterState ?? "no cluster there"}); a copy would need recovery.`,
      {
        hint: `graph-mgr launch ${record.name}, then \`graph-mgr stop ${record.name}\`, then again`,
      },
    );
  }
}
