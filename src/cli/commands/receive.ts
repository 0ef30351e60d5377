import { dirname, join } from "node:path";
import { type Ahead, type Arrival, isMoveName } from "../../domain/arrival.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { planImport } from "../../operations/image-set.ts";
import { planRemove } from "../../operations/remove.ts";
import { planRestoreBackup } from "../../operations/restore.ts";
import { planLaunch, planStop } from "../../operations/run-instance.ts";
import { surveyHome } from "../../survey/home.ts";
import { surveyImport } from "../../survey/image-set.ts";
import { surveyInstance } from "../../survey/instance.ts";
import { portsOfPages } from "../../survey/left-page.ts";
import { surveyRemove } from "../../survey/remove.ts";
import { surveyRestore } from "../../survey/restore.ts";
import type { Arguments } from "../arguments.ts";
import { carryOut } from "../carry-out.ts";
import { portNumber, portRequest } from "../options.ts";
import type { Session } from "../session.ts";
import { unfinishedText } from "../unfinished.ts";
import { statusesOf, toJson } from "./list.ts";
import { resume, undo } from "./operations.ts";
import { lookAround, pagesGivingWay } from "./receive-look.ts";

const usage = (message: string) =>
  new OperatorError("USAGE", message, { exit: EXIT.usage, hint: "this is what `graph-mgr migrate` runs on the other machine" });

/** The other end of `migrate`: one JSON document on standard output, whatever it does. */
export async function receive(session: Session, args: Arguments): Promise<void> {
  const [action = "", word = ""] = [args.at(0), args.at(1)];
  if (action === "look") return answer(session, await lookAround(session, word));
  if (action === "images") return await receiveImages(session);
  const act = ACTIONS[action];
  if (action === "ahead" || action === "chunks") return answer(session, await aheadOf(session, action, word));
  if (act === undefined) throw usage(`\`receive\` cannot "${action.slice(0, 40)}".`);
  mustBeMove(word);
  // What others print would stand beside the one document.
  await act({ ...session, print: () => undefined }, word, args);
  answer(session, await arrivalOf(session, word));
}

function mustBeMove(word: string): void {
  if (!isMoveName(word)) throw usage("`receive` needs the name of the move.");
}

/** What is sent while the instance still serves where it is: nothing is made of it, so nothing is journalled. */
async function aheadOf({ home, input }: Session, action: "ahead" | "chunks", move: string): Promise<Ahead> {
  mustBeMove(move);
  const path = home.ahead(move);
  if (action === "ahead") await input.storeAhead(path);
  return { schema: 1, chunks: action === "ahead" ? [] : [...(await input.digestsAhead(path))] };
}

const answer = ({ print }: Session, value: object): void => print(JSON.stringify(value));

type Action = (session: Session, move: string, args: Arguments) => Promise<void>;
const ACTIONS: Readonly<Record<string, Action>> = {
  state: async () => undefined,
  instance: receiveInstance,
  resume: finishOwn,
  launch,
  stop,
  back: takeBack,
};

const occasion = ({ world }: Session) => ({ now: world.now(), random: world.random(4) });
const routine = { answers: {}, isRoutine: true, onFailure: "undo" } as const;

/** With the home's lock, so that nothing is at work while it is told. @throws OperatorError LOCKED */
async function arrivalOf(session: Session, move: string): Promise<Arrival> {
  const lock = await session.lockHome("receive");
  try {
    const { statuses } = await statusesOf(session);
    const own = statuses.find(({ record }) => record.origin.from === session.home.incoming(move));
    return {
      schema: 1,
      instance: own?.record.name ?? null,
      unfinished: (await unfinishedOwn(session, move)) !== null,
      running: own !== undefined && (own.state === "running" || own.state === "partial"),
      serving: own !== undefined && own.state === "running" && (own.health === "healthy" || own.health === "none"),
      ports: own === undefined ? [] : toJson(own).ports.map(({ service, container, host }) => ({ service, container, host })),
    };
  } finally {
    await lock.release();
  }
}

async function recordOf({ world, home }: Session, move: string) {
  const { records, current } = await surveyHome(world, home.path);
  const record = records.find(({ origin }) => origin.from === home.incoming(move));
  return record === undefined ? null : { record, current };
}

/** What was cut off and is about this move. @throws OperatorError UNFINISHED when something else was */
async function unfinishedOwn(session: Session, move: string) {
  const entry = (await session.store.list()).find(({ outcome }) => outcome === "unfinished");
  if (entry === undefined) return null;
  const name = (await recordOf(session, move))?.record.name;
  const isOwn =
    entry.plan.result?.["backup"] === session.home.incoming(move) || (name !== undefined && entry.plan.instance === name);
  if (isOwn) return entry;
  throw new OperatorError("UNFINISHED", unfinishedText(entry), { hint: "graph-mgr resume   (or graph-mgr undo)" });
}

async function finishOwn(session: Session, move: string): Promise<void> {
  if ((await unfinishedOwn(session, move)) !== null) await resume(session, "undo");
}

async function receiveImages(session: Session): Promise<void> {
  const { world, home } = session;
  const path = join(dirname(home.incoming("x")), `images-${world.random(6)}.tar`);
  try {
    await session.input.store(path);
    const set = await world.imageSets.check(path);
    const makePlan = async () => planImport(await surveyImport(world, home.path, set), occasion(session));
    await carryOut(session, { ...routine, command: "receive", claimsEngine: true, makePlan });
    answer(session, { schema: 1, images: set.manifest.images.map(({ id }) => id) });
  } finally {
    await world.files.remove(path);
  }
}

/** The archive, checked whole before anything is made of it; an instance that is proven equal to it and not launched. */
async function receiveInstance(session: Session, move: string, args: Arguments): Promise<void> {
  const { world, home } = session;
  const path = home.incoming(move);
  // Under another name until it was checked: what a connection that was cut left behind never replaces a whole one.
  const fresh = `${path}.${world.random(6).replaceAll(/[^A-Za-z0-9]/g, "0")}`;
  try {
    await session.input.storeWhole(fresh, home.ahead(move));
    const { source, ...checked } = await world.backups.check(fresh, () => undefined);
    await finishOwn(session, move);
    if ((await recordOf(session, move)) !== null) return;
    await world.files.remove(path);
    await world.files.rename(fresh, path);
    const ports = portRequest({
      httpPort: portNumber("http-port")(args.text("http-port")),
      httpsPort: portNumber("https-port")(args.text("https-port")),
      port: args.list("port"),
    });
    const given = { ...checked, source: { ...source, path } };
    const makePlan = async () => {
      const { records } = await surveyHome(world, home.path);
      const comingFree = portsOfPages(await pagesGivingWay(session, records));
      const facts = await surveyRestore(world, { home: home.path, checked: given, name: null, ports, bundle: null, comingFree });
      return planRestoreBackup(facts, { launch: false, shareBinds: [] }, occasion(session));
    };
    await carryOut(session, { ...routine, isRoutine: false, command: "receive", claimsEngine: true, makePlan });
    await world.files.remove(path);
    await session.input.removeAhead(home.ahead(move));
  } finally {
    await sweep(session, move);
  }
}

/** What connections left that were cut while they sent. */
async function sweep({ world, home }: Session, move: string): Promise<void> {
  const folder = dirname(home.incoming(move));
  for (const name of await world.files.list(folder))
    if (name.startsWith(`${move}.tar.`)) await world.files.remove(join(folder, name));
}

async function launch(session: Session, move: string): Promise<void> {
  const { world, home } = session;
  await finishOwn(session, move);
  const makePlan = async () => {
    const { record, current } = await arrived(session, move);
    const { records } = await surveyHome(world, home.path);
    const pages = (await pagesGivingWay(session, records)).filter(({ page }) =>
      page.ports.some(({ host }) => record.ports.some(port => port.host === host)),
    );
    return planLaunch(await surveyInstance(world, record, home.path, current, { givingWay: pages }), occasion(session));
  };
  await carryOut(session, { ...routine, command: "receive", claimsEngine: true, makePlan });
  await world.files.remove(home.incoming(move));
  await session.input.removeAhead(home.ahead(move));
}

async function stop(session: Session, move: string): Promise<void> {
  const { world, home } = session;
  await finishOwn(session, move).catch(ignoreUndone);
  if ((await recordOf(session, move)) === null) return;
  const makePlan = async () => {
    const found = await arrived(session, move);
    return planStop(
      await surveyInstance(world, found.record, home.path, found.current, { mayLackFolder: true }),
      occasion(session),
    );
  };
  await carryOut(session, { ...routine, onFailure: "stop", command: "receive", claimsEngine: false, makePlan });
}

/** What was begun and failed was put back, which is what was wanted. */
function ignoreUndone(error: unknown): void {
  if (!(error instanceof OperatorError) || error.exit !== EXIT.undone) throw error;
}

/** Everything of a move that is given up, its volumes too: they hold a copy of what the other machine has. */
async function takeBack(session: Session, move: string): Promise<void> {
  const { world, home } = session;
  const entry = await unfinishedOwn(session, move);
  if (entry !== null)
    await undo(session).catch(async error => {
      if (!(error instanceof OperatorError) || error.code !== "CANNOT_UNDO") throw error;
      await resume(session, "stop");
    });
  if ((await recordOf(session, move)) !== null) {
    await stop(session, move);
    const makePlan = async () => {
      const { record, current } = await arrived(session, move);
      const facts = await surveyRemove(world, record, home.path, current);
      return planRemove(facts, { volumes: true, confirm: record.name, current: true }, occasion(session));
    };
    await carryOut(session, { ...routine, onFailure: "stop", command: "receive", claimsEngine: true, makePlan });
  }
  await world.files.remove(home.incoming(move));
  await session.input.removeAhead(home.ahead(move));
  await sweep(session, move);
}

async function arrived(session: Session, move: string) {
  const found = await recordOf(session, move);
  if (found !== null) return found;
  throw new OperatorError("NO_INSTANCE", `Nothing of the move ${move} is in ${session.home.path}.`, { hint: "graph-mgr list" });
}
