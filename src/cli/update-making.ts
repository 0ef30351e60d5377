import { resolve } from "node:path";
import type { BundleContents } from "../domain/bundle.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import { chooseInstance } from "../domain/instances.ts";
import type { Resolutions } from "../domain/merge-result.ts";
import { bundleOfRelease, isRelease } from "../domain/release-bundle.ts";
import { planPrepare, planUnprepare } from "../operations/prepare.ts";
import { planUpdate } from "../operations/update.ts";
import type { Plan } from "../plan/plan.ts";
import { surveyHome } from "../survey/home.ts";
import type { BundleVersion } from "../survey/versions.ts";
import { bundlesAround } from "./bundle-places.ts";
import { readBundle } from "./commands/install.ts";
import type { Session } from "./session.ts";
import { hopsOf, mergedTexts, type Stops, wayfinder } from "./update-way.ts";

export interface UpdateArgs {
  /** A path, or a release. */
  readonly bundle: string | undefined;
  /** Folders with bundles besides the home and the working folder. */
  readonly bundles: readonly string[];
  readonly from: string | undefined;
  readonly release: string | undefined;
  /** Undefined: as `auto`, and a terminal may be asked. */
  readonly postgres: "auto" | "dump" | "copy" | undefined;
  readonly resolve: readonly string[];
  readonly shareBind: readonly string[];
  readonly acknowledge: readonly string[];
  readonly healthTimeoutSeconds: number | undefined;
  /** Through releases in between, where there is no other way. */
  readonly viaPath: boolean;
  /** Only what can be done ahead. */
  readonly prepare: boolean;
  /** A dump before the window as well, where the database moves as a copy. */
  readonly backup: boolean;
  readonly onFailure: "undo" | "stop" | undefined;
}

/** An update as far as it is known. */
export interface UpdateState extends UpdateArgs {
  readonly contents: BundleContents | null;
  /** What `--resolve` said, and what was answered. */
  readonly resolutions: Resolutions;
}

/** What commands and questions need to know of an update, and its plans. */
export interface UpdateMaking {
  readonly source: InstanceRecord;
  /** Bundles that lie around. */
  readonly bundles: () => Promise<readonly BundleVersion[]>;
  /** @param word a path, or a release whose bundle lies around */
  readonly read: (word: string) => Promise<BundleContents>;
  readonly look: (state: UpdateState) => Promise<Stops>;
  readonly preparePlan: (state: UpdateState) => Promise<Plan>;
  /** Takes back what was done ahead. @param first what was there before */
  readonly unpreparePlan: (first: Stops) => Promise<Plan>;
  /** Also what the merge gave, for the step that writes it: texts with secrets in them, which no plan may hold. */
  readonly windowPlan: (state: UpdateState) => Promise<{ readonly plan: Plan; readonly texts: Readonly<Record<string, string>> }>;
}

/** @throws OperatorError when there is no such instance to update */
export async function updateMaking(session: Session, args: UpdateArgs): Promise<UpdateMaking> {
  const { world, cwd } = session;
  const { records, current } = await surveyHome(world, session.home.path);
  const source = chooseInstance(records, current, args.from);
  const occasion = () => ({ now: world.now(), random: world.random(4) });
  const bundles = () => bundlesAround(session, args.bundles, source);
  const find = wayfinder(session);
  const look = async (state: UpdateState) => {
    const { contents } = state;
    if (contents === null) throw new Error("the bundle is asked for first");
    // The record is read again each time: others may have worked in this home meanwhile.
    const home = await surveyHome(world, session.home.path);
    return await find(chooseInstance(home.records, home.current, args.from), { ...state, contents });
  };
  const hops = (stops: Stops, state: UpdateState) =>
    hopsOf(stops, state.postgres ?? "auto", {
      shareBinds: state.shareBind,
      acknowledged: state.acknowledge,
      healthTimeoutSeconds: state.healthTimeoutSeconds ?? null,
      backup: state.backup,
    });
  return {
    source,
    bundles,
    async read(word) {
      const isPath = !isRelease(word) || (await world.files.exists(resolve(cwd, word)));
      const path = isPath
        ? word
        : bundleOfRelease(
            (await bundles()).filter(({ way }) => way !== null),
            word,
          );
      return await readBundle(session, path);
    },
    look,
    preparePlan: async state => planPrepare(hops(await look(state), state), occasion()),
    unpreparePlan: async first => planUnprepare(first, occasion()),
    async windowPlan(state) {
      const stops = await look(state);
      return { plan: planUpdate(hops(stops, state), occasion()), texts: mergedTexts(stops) };
    },
  };
}
