import { dirname, resolve } from "node:path";
import type { BundleContents } from "../../domain/bundle.ts";
import { chooseInstance } from "../../domain/instances.ts";
import { shellWord } from "../../domain/shell-word.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { planAdopt, planForget } from "../../operations/adopt.ts";
import { type AdoptAsk, surveyAdopt } from "../../survey/adopt.ts";
import { type Candidate, surveyCandidates } from "../../survey/adopt-scan.ts";
import { isPlace } from "../../survey/bundles.ts";
import { surveyHome } from "../../survey/home.ts";
import { surveyInstance } from "../../survey/instance.ts";
import { realFolder } from "../../survey/real-folder.ts";
import type { Arguments } from "../arguments.ts";
import { bundlesAround } from "../bundle-places.ts";
import { carryOut } from "../carry-out.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { noticeUnfinished } from "../unfinished.ts";
import { readBundle } from "./install.ts";

/** `adopt FOLDER`, `adopt --scan`, `adopt --forget INSTANCE`. @throws OperatorError USAGE and what the plan refuses */
export async function adopt(session: Session, args: Arguments): Promise<void> {
  const folder = args.at(0);
  const forget = args.text("forget");
  const ways = [folder !== undefined, args.flag("scan"), forget !== undefined].filter(Boolean).length;
  if (ways !== 1) {
    throw new OperatorError(
      "USAGE",
      ways === 0 ? "Which folder is to be taken over was not said." : "A folder, --scan and --forget do not go together.",
      {
        exit: EXIT.usage,
        hint: "graph-mgr adopt --scan   (shows what there is), then graph-mgr adopt FOLDER",
      },
    );
  }
  if (args.flag("scan")) return await scan(session);
  if (forget !== undefined) return await giveBack(session, forget);
  await takeOver(session, folder ?? "", args);
}

async function takeOver(session: Session, folder: string, args: Arguments): Promise<void> {
  const { world, home } = session;
  const described = await session.describedProducts();
  const ask: Omit<AdoptAsk, "bundle"> = {
    home: home.path,
    folder: await realFolder(world.files, resolve(session.cwd, folder)),
    project: args.text("project"),
    release: args.text("release"),
    name: args.text("name"),
  };
  const bundle = await bundleFor(session, ask, args.text("bundle"), described);
  const carried = await carryOut(session, {
    command: "adopt",
    answers: {},
    claimsEngine: true,
    isRoutine: false,
    onFailure: "undo",
    makePlan: async () =>
      planAdopt(
        await surveyAdopt(world, { ...ask, bundle }, described),
        { acknowledged: args.list("acknowledge") },
        { now: world.now(), random: world.random(4) },
      ),
  });
  if (carried) await reportFinished(session, carried);
}

/** The one that was named; else an archive of the same release that lies around. An unpacked one may be what was edited. */
async function bundleFor(
  session: Session,
  ask: Omit<AdoptAsk, "bundle">,
  named: string | undefined,
  described: Readonly<Record<string, string>>,
): Promise<BundleContents | null> {
  if (named !== undefined) return await readBundle(session, named);
  const { instance, found } = await surveyAdopt(session.world, { ...ask, bundle: null }, described);
  const around: string[] = [];
  for (const place of [ask.folder, dirname(ask.folder)]) if (await isPlace(session.world, place)) around.push(place);
  const bundles = await bundlesAround(session, around, null);
  const usable = bundles.filter(
    ({ version, unreadable, product }) =>
      version === instance.release &&
      unreadable === null &&
      (product === null || product.product === found.record.product.product),
  );
  // A link to a folder is one as well.
  for (const { path } of usable) if (!(await isPlace(session.world, path))) return await readBundle(session, path);
  return null;
}

async function giveBack(session: Session, name: string): Promise<void> {
  const { world, home } = session;
  const carried = await carryOut(session, {
    command: "adopt --forget",
    answers: {},
    claimsEngine: false,
    isRoutine: false,
    onFailure: "undo",
    makePlan: async () => {
      const { records, current } = await surveyHome(world, home.path);
      const record = chooseInstance(records, current, name);
      const facts = await surveyInstance(world, record, home.path, current, { mayLackFolder: true });
      const comeFromIt = records.filter(({ origin }) => origin.how === "update" && origin.from === record.name);
      return planForget(
        facts,
        { now: world.now(), random: world.random(4) },
        comeFromIt.map(each => each.name),
      );
    },
  });
  if (carried) await reportFinished(session, carried);
}

async function scan(session: Session): Promise<void> {
  await noticeUnfinished(session);
  const found = await surveyCandidates(session.world, session.home.path);
  const described = await session.describedProducts();
  const candidates: Candidate[] = [];
  for (const each of found) candidates.push({ ...each, obstacle: each.obstacle ?? (await refusalOf(session, each, described)) });
  if (session.flags.json) return session.print(JSON.stringify({ schema: 1, home: session.home.path, candidates }));
  if (candidates.length === 0) return session.print("Every project on this engine belongs to a home already, or there is none.");
  session.print(
    table(
      ["PROJECT", "RELEASE", "CONTAINERS", "FOLDER", "WHAT IS IN THE WAY"],
      candidates.map(each => [
        each.project ?? "(none)",
        each.release ?? "?",
        containersText(each),
        each.folder ?? "?",
        each.obstacle ?? "",
      ]),
      session.printColumns,
    ),
  );
  const first = candidates.find(({ folder, obstacle, containers }) => folder !== null && obstacle === null && containers > 0);
  if (first?.folder !== undefined && first.folder !== null)
    session.note(
      `\nWhat would be taken over, and how, without changing anything:\n  graph-mgr adopt ${first.folder}${session.flags.home === undefined ? "" : ` --home ${shellWord(session.home.path)}`} --dry-run`,
    );
}

/** Why `adopt` would refuse it, found as that would find it; null where it would not, or where nothing was made of it yet. */
async function refusalOf(
  { world, home }: Session,
  { project, folder, release, containers }: Candidate,
  described: Readonly<Record<string, string>>,
): Promise<string | null> {
  if (project === null || folder === null || containers === 0) return null;
  const ask = { home: home.path, folder, project, release: release ?? undefined, name: undefined, bundle: null };
  try {
    planAdopt(await surveyAdopt(world, ask, described), { acknowledged: [] }, { now: world.now(), random: world.random(4) });
    return null;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return error.message;
  }
}

const containersText = ({ running, containers }: Candidate): string =>
  containers === 0 ? "none" : `${running} of ${containers} run`;
