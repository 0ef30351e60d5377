import { chooseInstance } from "../../domain/instances.ts";
import { portPlace } from "../../domain/isolation.ts";
import { bytes, span } from "../../domain/units.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { surveyDetails } from "../../survey/instance-details.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { cut } from "../text.ts";
import { noticeUnfinished } from "../unfinished.ts";
import { statusesOf, statusTable, toJson } from "./list.ts";

const WATCH_EVERY_MS = 2000;

/** Without a name: all instances, as `list`. With one: its services, volumes and database, measured. `--watch` looks again in place, at a terminal. */
export async function status(session: Session, name: string | undefined, watch: boolean): Promise<void> {
  if (watch && session.flags.json)
    throw new OperatorError("USAGE", "--watch is for people and --json for scripts.", {
      exit: EXIT.usage,
      hint: "leave one of them out",
    });
  await noticeUnfinished(session);
  // Without a terminal nothing would be looked at in place, and nobody would end it.
  if (!watch || !session.isTerminal) return session.print(await statusText(session, name));
  session.phase("watching");
  for (let shownLines = 0; ; ) {
    const text = await statusText(session, name);
    // Up to where the last one began; each line is erased behind its new text, and what is left below at the end.
    const inPlace = session.isTerminal && shownLines > 0;
    const lines = text.split("\n").map(line => (session.isTerminal ? `${cut(line, session.columns - 1)}\u001b[K` : line));
    session.note(`${inPlace ? `\u001b[${shownLines}F` : ""}${lines.join("\n")}${inPlace ? "\u001b[J" : ""}`);
    shownLines = lines.length;
    if (session.signal.aborted) return;
    try {
      await session.world.pause(WATCH_EVERY_MS, session.signal);
    } catch {
      return;
    }
  }
}

async function statusText(session: Session, name: string | undefined): Promise<string> {
  const { facts, statuses } = await statusesOf(session);
  if (name === undefined && facts.records.length !== 1) {
    if (session.flags.json)
      return JSON.stringify({ schema: 1, home: session.home.path, current: facts.current, instances: statuses.map(toJson) });
    return statuses.length === 0
      ? `Nothing is installed in ${session.home.path}.`
      : statusTable(statuses, facts.current, session.printColumns);
  }
  const record = chooseInstance(facts.records, facts.current, name);
  const own = statuses.find(each => each.record.name === record.name);
  const details = await surveyDetails(session.world, record);
  if (session.flags.json)
    return JSON.stringify({ schema: 1, ...(own ? toJson(own) : {}), current: facts.current === record.name, ...details });
  const now = session.world.now().getTime();
  const services = details.services.map(({ service, state, health, why, since, image, restarts }) => [
    service,
    state,
    why === "" ? health : `${health === "none" ? "" : `${health}: `}${why}`,
    since === null || state !== "running" ? "" : span(now - Date.parse(since)),
    restarts > 0 ? String(restarts) : "",
    image,
  ]);
  const volumes = details.volumes.map(({ key, name: volume, sizeBytes }) => [
    key,
    volume,
    sizeBytes === null ? "not there" : bytes(sizeBytes),
  ]);
  return [
    `${record.name}${facts.current === record.name ? " (current)" : ""}: ${own?.state ?? "missing"}, ${own?.health ?? "none"}; ${record.dir}`,
    "",
    table(["SERVICE", "STATE", "HEALTH", "SINCE", "RESTARTS", "IMAGE"], services, session.printColumns),
    "",
    table(["VOLUME", "NAME", "SIZE"], volumes, session.printColumns),
    ...(details.database === null ? [] : ["", `Postgres ${details.database.version}, ${bytes(details.database.sizeBytes)}`]),
    ...record.ports.map(port => `${portPlace(port)} on port ${port.host ?? "chosen by the engine"}`),
  ].join("\n");
}
