import type { ThereFacts } from "../../domain/arrival.ts";
import { isMoved } from "../../domain/instance.ts";
import { maintenanceName } from "../../domain/maintenance.ts";
import { surveyEngine } from "../../survey/claims.ts";
import { type HomeFacts, surveyHome } from "../../survey/home.ts";
import { reservedPorts } from "../../survey/install.ts";
import { type LeftPage, portsOfPages, surveyMovedPages } from "../../survey/left-page.ts";
import { portNumber } from "../options.ts";
import type { Session } from "../session.ts";
import { unfinishedText } from "../unfinished.ts";

/** Pages that tell visitors where an instance of this home has moved: what comes from another machine may be that very instance, coming back. */
export const pagesGivingWay = async ({ world, home }: Session, records: HomeFacts["records"]): Promise<readonly LeftPage[]> =>
  await surveyMovedPages(
    world,
    home.path,
    records,
    await world.engine.inspect((await world.engine.containers()).map(({ id }) => id)),
  );

/** What a move has to know of this machine before it begins. */
export async function lookAround(session: Session, ports: string): Promise<ThereFacts> {
  const { world, home, store } = session;
  const [facts, engine, state] = await Promise.all([surveyHome(world, home.path), world.engine.about(), surveyEngine(world)]);
  const pages = await pagesGivingWay(session, facts.records);
  const comingFree = portsOfPages(pages);
  const names = new Set(pages.map(({ page }) => maintenanceName(page.project)));
  // What has moved away from here is off for good, and may come back under another name.
  const records = facts.records.filter(record => !isMoved(record));
  const containers = state.containers.filter(({ name }) => !names.has(name));
  const reserved = reservedPorts({ ...facts, records }, { ...state, containers });
  const takenPorts: { port: number; by: string }[] = [];
  for (const text of ports === "none" ? [] : ports.split(",")) {
    const [number = "", protocol] = text.split("/");
    const port = portNumber("port")(number) ?? 0;
    const own = records.find(record => record.ports.some(({ host }) => host === port));
    const holder = containers.find(each => each.ports.some(({ host }) => host === port));
    const isTaken = (await world.ports.taken([port], protocol === "udp" ? "udp" : "tcp")).has(port) && !comingFree.has(port);
    if (isTaken || reserved.has(port)) takenPorts.push({ port, by: own?.name ?? holder?.name ?? "another program" });
  }
  const unfinished = (await store.list()).find(({ outcome }) => outcome === "unfinished");
  return {
    schema: 1,
    engine: { ...engine },
    containers: state.containers.map(({ id }) => id),
    home: home.path,
    instances: facts.records.map(({ name }) => name),
    unfinished: unfinished === undefined ? null : unfinishedText(unfinished),
    freeBytes: await world.room.freeBytes(home.path),
    clock: world.now().toISOString(),
    takenPorts,
  };
}
