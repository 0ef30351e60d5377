import type { BundleContents } from "../domain/bundle.ts";
import { ofRelease, resolutionsByRelease } from "../domain/by-release.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import type { Resolutions } from "../domain/merge-result.ts";
import { OperatorError } from "../errors.ts";
import { chooseMove } from "../operations/database-move.ts";
import type { Hop } from "../operations/hop.ts";
import { hopsTo } from "../operations/refuse-path.ts";
import { refuseUpdate } from "../operations/refuse-update.ts";
import type { Hops, UpdateRequest } from "../operations/update.ts";
import { surveyPath } from "../survey/path.ts";
import { withPortsNow } from "../survey/ports-now.ts";
import { type SurveyedUpdate, surveyUpdate } from "../survey/update.ts";
import { bundleFolders } from "./bundle-places.ts";
import { readBundle } from "./commands/install.ts";
import type { Session } from "./session.ts";
import { cut } from "./text.ts";

/** Where an update shall lead, and what it may go through. */
export interface WayAsk {
  readonly contents: BundleContents;
  readonly release: string | undefined;
  readonly viaPath: boolean;
  /** Values of `--bundles`. */
  readonly bundles: readonly string[];
  readonly resolutions: Resolutions;
}

/** What an update goes through, in order; the last is what was asked for. */
type Way = readonly { readonly release: string; readonly contents: BundleContents }[];

/** What is found on a way, hop by hop. */
export type Stops = readonly [SurveyedUpdate, ...SurveyedUpdate[]];

/**
 * Looks along the way from an instance to a bundle, every hop on top of what the one before will have made. Bundles are read once, however often it looks.
 * @throws OperatorError REQUIRES_PATH and others, where no way leads there or `--via-path` is not given
 */
export function wayfinder(session: Session): (source: InstanceRecord, ask: WayAsk) => Promise<Stops> {
  const known = new Map<string, Way>();
  return async (source, ask) => {
    const key = JSON.stringify([source.name, ask.contents.source, ask.release, ask.viaPath, ask.bundles]);
    const way = known.get(key) ?? (await wayTo(session, source, ask));
    known.set(key, way);
    return await lookAlong(session, source, ask, way);
  };
}

async function wayTo(session: Session, source: InstanceRecord, ask: WayAsk): Promise<Way> {
  const { request, bundles } = await surveyPath(
    session.world,
    {
      home: session.home.path,
      folders: await bundleFolders(session, ask.bundles),
      source,
      contents: ask.contents,
      release: ask.release,
    },
    await session.describedProducts(),
    text => session.noteInPlace(cut(`  ${text}`, session.columns - 1)),
  ).finally(() => session.noteInPlace(""));
  const way: Way[number][] = [];
  for (const release of hopsTo(request, ask.viaPath)) {
    const path = release === request.to ? undefined : bundles[release];
    way.push({ release, contents: path === undefined ? ask.contents : await readBundle(session, path) });
  }
  return way;
}

async function lookAlong(session: Session, recorded: InstanceRecord, ask: WayAsk, way: Way): Promise<Stops> {
  const source = await withPortsNow(session.world, recorded);
  const described = await session.describedProducts();
  const templates = await session.maintenanceTemplates();
  const releases = way.map(({ release }) => release);
  const resolutions = way.length > 1 ? resolutionsByRelease(ask.resolutions, releases) : null;
  const stops: SurveyedUpdate[] = [];
  for (const [index, { release, contents }] of way.entries()) {
    const after = stops.at(-1);
    const hop = {
      home: session.home.path,
      source,
      contents,
      release: index === way.length - 1 ? ask.release : undefined,
      resolve: resolutions === null ? ask.resolutions : (resolutions[release] ?? {}),
      templates,
      ...(after === undefined ? {} : { after }),
    };
    stops.push(await surveyUpdate(session.world, hop, described));
  }
  return listOf(stops);
}

/**
 * Every stop with the way in which its database moves.
 * @throws OperatorError METHOD_UNSAFE and others, with whatever else stands against the update
 */
export function hopsOf(
  stops: Stops,
  wish: "auto" | "dump" | "copy",
  asked: Pick<UpdateRequest, "shareBinds" | "acknowledged" | "healthTimeoutSeconds" | "backup">,
): Hops {
  const hops: Hop[] = [];
  const unmoved: OperatorError[] = [];
  for (const [index, { facts }] of stops.entries()) {
    try {
      hops.push({ facts, request: { ...asked, ...chooseMove(facts, wish, index > 0) } });
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      unmoved.push(error);
    }
  }
  if (unmoved.length > 0) {
    refuseUpdate(listOf(stops.map(({ facts }) => ({ facts, request: asked }))), unmoved);
  }
  return listOf(hops);
}

/** What the merge gave, for the steps that write it: texts with secrets in them, which no plan may hold. */
export function mergedTexts(stops: Stops): Readonly<Record<string, string>> {
  return Object.fromEntries(
    stops.flatMap(stop => Object.entries(stop.texts).map(([path, text]) => [nameAt(stops, stop, path), text] as const)),
  );
}

/** Of several releases each has its own `.env`. */
export const nameAt = (stops: Stops, { facts }: SurveyedUpdate, name: string): string =>
  stops.length === 1 ? name : ofRelease(facts.instance.release, name);

/** @throws Error for none: there is no way without a stop */
function listOf<T>([first, ...rest]: readonly T[]): readonly [T, ...T[]] {
  if (first === undefined) throw new Error("a way has a stop");
  return [first, ...rest];
}
