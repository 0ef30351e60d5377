import { isMoved } from "../../domain/instance.ts";
import { type ListedPort, listedPorts } from "../../domain/listed-ports.ts";
import { surveyBundles } from "../../survey/bundles.ts";
import { surveyHome } from "../../survey/home.ts";
import { type InstanceStatus, statusOf, surveyEnded } from "../../survey/states.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { noticeUnfinished } from "../unfinished.ts";

export async function statusesOf(session: Session) {
  const { world, home } = session;
  const [facts, containers] = await Promise.all([surveyHome(world, home.path), world.engine.containers()]);
  const policies = await surveyEnded(world, facts.records, containers);
  const statuses = await Promise.all(
    facts.records.map(async record => statusOf(record, containers, await world.files.exists(record.dir), policies)),
  );
  return { facts, statuses, containers };
}

export const nothingInstalled = (home: string): string =>
  `Nothing is installed in ${home}.\nWhat was installed by hand is shown by: graph-mgr adopt --scan`;

export const toJson = (status: InstanceStatus) => ({
  name: status.record.name,
  version: status.record.release,
  project: status.record.project,
  state: status.state,
  health: status.health,
  movedTo: status.record.movedTo ?? null,
  ports: listedPorts(status.record.ports, status.containers),
  volumes: status.record.volumes.map(({ key, name }) => ({ key, name })),
  networks: status.record.networks.map(({ name }) => name),
});

/** `list`: records and one `docker ps`, and a look at what ended beside what runs. */
export async function list(session: Session): Promise<void> {
  const { facts, statuses } = await statusesOf(session);
  const bundles = await surveyBundles(session.world, [...new Set([session.home.path, session.cwd])]);
  await noticeUnfinished(session);
  if (session.flags.json) {
    session.print(
      JSON.stringify({ schema: 1, home: session.home.path, current: facts.current, instances: statuses.map(toJson), bundles }),
    );
    return;
  }
  if (statuses.length === 0) session.print(nothingInstalled(session.home.path));
  else session.print(statusTable(statuses, facts.current, session.printColumns));
  const unused = bundles.filter(({ version }) => !facts.records.some(({ release }) => release === version));
  if (unused.length > 0) session.print(`\nBundles that are not installed:\n${unused.map(({ path }) => `  ${path}`).join("\n")}`);
}

const portText = ({ host, container, protocol }: ListedPort): readonly string[] =>
  host === null ? [] : [`${host}->${container}${protocol === "udp" ? "/udp" : ""}`];

export function statusTable(statuses: readonly InstanceStatus[], current: string | null, columns: number | null): string {
  return table(
    ["", "INSTANCE", "STATE", "HEALTH", "PORTS", "PROJECT"],
    statuses.map(status => [
      status.record.name === current ? "*" : "",
      status.record.name,
      isMoved(status.record) && status.state === "stopped" ? "moved" : status.state,
      status.health,
      [...new Set(listedPorts(status.record.ports, status.containers).flatMap(portText))].join(", "),
      status.record.project,
    ]),
    columns,
  );
}
