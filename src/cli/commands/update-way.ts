import type { BundleContents } from "../../domain/bundle.ts";
import { ofRelease, resolutionsByRelease } from "../../domain/by-release.ts";
import type { InstanceRecord } from "../../domain/instance.ts";
import type { Resolutions } from "../../domain/merge-result.ts";
import { OperatorError } from "../../errors.ts";
import { chooseMove } from "../../operations/database-move.ts";
import type { Hop } from "../../operations/hop.ts";
import { hopsTo } from "../../operations/refuse-path.ts";
import { type AskedHop, refuseUpdate } from "../../operations/refuse-update.ts";
import type { Hops } from "../../operations/update.ts";
import { surveyPath } from "../../survey/path.ts";
import { type SurveyedUpdate, surveyUpdate } from "../../survey/update.ts";
import type { Session } from "../session.ts";
import { cut } from "../text.ts";
import { readBundle } from "./install.ts";
import type { UpdateArgs } from "./update.ts";
import { bundleFolders } from "./versions.ts";

/** What an update goes through, in order; the last is what was asked for. */
interface Way {
  readonly source: InstanceRecord;
  readonly stops: readonly { readonly release: string; readonly contents: BundleContents }[];
}

/**
 * The way from an instance to a bundle. Bundles are read once, however often it is asked for.
 * @throws OperatorError REQUIRES_PATH and others, where no way leads there or `--via-path` is not given
 */
export function wayTo(session: Session, args: UpdateArgs, target: BundleContents): (source: InstanceRecord) => Promise<Way> {
  const read = new Map<string, BundleContents>();
  let known: Way | null = null;
  return async source => {
    if (known !== null && known.source.name === source.name) return { ...known, source };
    const { request, bundles } = await surveyPath(
      session.world,
      {
        home: session.home.path,
        folders: await bundleFolders(session, args.bundles),
        source,
        contents: target,
        release: args.release,
      },
      await session.describedProducts(),
      text => session.noteInPlace(cut(`  ${text}`, session.columns - 1)),
    ).finally(() => session.noteInPlace(""));
    const stops: Way["stops"][number][] = [];
    for (const release of hopsTo(request, args.viaPath)) {
      const path = bundles[release];
      const contents =
        release === request.to || path === undefined ? target : (read.get(path) ?? (await readBundle(session, path)));
      if (path !== undefined) read.set(path, contents);
      stops.push({ release, contents });
    }
    known = { source, stops };
    return known;
  };
}

/** Every hop of a way, each on top of what the one before will have made. */
export async function lookAlong(
  session: Session,
  args: UpdateArgs,
  { source, stops }: Way,
  resolve: Resolutions,
): Promise<{ readonly hops: Hops; readonly answers: Readonly<Record<string, string>> }> {
  const described = await session.describedProducts();
  const templates = await session.maintenanceTemplates();
  const isOneOfMany = stops.length > 1;
  const resolutions = isOneOfMany
    ? resolutionsByRelease(
        resolve,
        stops.map(({ release }) => release),
      )
    : {};
  const request = {
    shareBinds: args.shareBind,
    acknowledged: args.acknowledge,
    healthTimeoutSeconds: args.healthTimeoutSeconds ?? null,
  };
  const asked: AskedHop[] = [];
  const hops: Hop[] = [];
  const unmoved: OperatorError[] = [];
  const answers: Record<string, string> = {};
  let after: SurveyedUpdate | undefined;
  for (const [index, { release, contents }] of stops.entries()) {
    const ask = {
      home: session.home.path,
      source,
      contents,
      release: index === stops.length - 1 ? args.release : undefined,
      resolve: isOneOfMany ? (resolutions[release] ?? {}) : resolve,
      templates,
      ...(after === undefined ? {} : { after }),
    };
    const found = await surveyUpdate(session.world, ask, described);
    const { facts, texts } = found;
    asked.push({ facts, request });
    try {
      hops.push({ facts, request: { ...request, ...chooseMove(facts.database, args.postgres, facts.databaseVolumeBytes) } });
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      unmoved.push(error);
    }
    for (const [path, text] of Object.entries(texts))
      answers[isOneOfMany ? ofRelease(facts.instance.release, path) : path] = text;
    after = found;
  }
  // With whatever else stands against it.
  if (unmoved.length > 0) refuseUpdate(listOf(asked), unmoved);
  return { hops: listOf(hops), answers };
}

/** @throws Error for none: there is no way without a stop */
function listOf<T>([first, ...rest]: readonly T[]): readonly [T, ...T[]] {
  if (first === undefined) throw new Error("a way has a stop");
  return [first, ...rest];
}
