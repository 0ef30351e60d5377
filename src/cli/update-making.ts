import { resolve } from "node:path";
import type { BundleContents } from "../domain/bundle.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import { chooseInstance } from "../domain/instances.ts";
import type { Resolutions } from "../domain/merge-result.ts";
import { bundleOfRelease, isRelease } from "../domain/release-bundle.ts";
import { OperatorError } from "../errors.ts";
import { chooseMove } from "../operations/database-move.ts";
import { planPrepare, planUnprepare } from "../operations/prepare.ts";
import { refuseUpdate } from "../operations/refuse-update.ts";
import { planUpdate } from "../operations/update.ts";
import type { Plan } from "../plan/plan.ts";
import { surveyHome } from "../survey/home.ts";
import { type SurveyedUpdate, surveyUpdate } from "../survey/update.ts";
import type { BundleVersion } from "../survey/versions.ts";
import { bundlesAround } from "./bundle-places.ts";
import { readBundle } from "./commands/install.ts";
import type { Session } from "./session.ts";

export interface UpdateArgs {
  /** A path, or a release. */
  readonly bundle: string | undefined;
  readonly bundles: readonly string[];
  readonly from: string | undefined;
  readonly release: string | undefined;
  /** Undefined: the fastest that is safe, and a terminal may be asked. */
  readonly postgres: "auto" | "dump" | "copy" | undefined;
  readonly resolve: readonly string[];
  readonly shareBind: readonly string[];
  readonly acknowledge: readonly string[];
  readonly healthTimeoutSeconds: number | undefined;
  /** Only what can be done ahead. */
  readonly prepare: boolean;
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
  readonly look: (state: UpdateState) => Promise<SurveyedUpdate>;
  readonly preparePlan: (state: UpdateState) => Promise<Plan>;
  /** Takes back what was done ahead. @param first what was there before */
  readonly unpreparePlan: (first: SurveyedUpdate) => Promise<Plan>;
  /** Also what the merge gave, for the step that writes it: texts with secrets in them, which no plan may hold. */
  readonly windowPlan: (state: UpdateState) => Promise<{ readonly plan: Plan; readonly texts: SurveyedUpdate["texts"] }>;
}

/** @throws OperatorError when there is no such instance to update */
export async function updateMaking(session: Session, args: UpdateArgs): Promise<UpdateMaking> {
  const { world, cwd } = session;
  const described = await session.describedProducts();
  const templates = await session.maintenanceTemplates();
  const { records, current } = await surveyHome(world, session.home.path);
  const source = chooseInstance(records, current, args.from);
  const occasion = () => ({ now: world.now(), random: world.random(4) });
  const bundles = () => bundlesAround(session, args.bundles, source);
  const look = async ({ contents, release, resolutions: resolve }: UpdateState) => {
    if (contents === null) throw new Error("the bundle is asked for first");
    const ask = { home: session.home.path, source, contents, release, resolve, templates };
    return await surveyUpdate(world, ask, described);
  };
  const requestFor = ({ facts }: SurveyedUpdate, state: UpdateState) => {
    const asked = {
      shareBinds: state.shareBind,
      acknowledged: state.acknowledge,
      healthTimeoutSeconds: state.healthTimeoutSeconds ?? null,
    };
    try {
      return { ...chooseMove(facts.database, state.postgres ?? "auto", facts.databaseVolumeBytes), ...asked };
    } catch (error) {
      // With whatever else stands against it.
      if (error instanceof OperatorError) refuseUpdate(facts, asked, [error]);
      throw error;
    }
  };
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
    async preparePlan(state) {
      const found = await look(state);
      return planPrepare(found.facts, requestFor(found, state), occasion());
    },
    unpreparePlan: async ({ facts }) => planUnprepare(facts, occasion()),
    async windowPlan(state) {
      const found = await look(state);
      return { plan: planUpdate(found.facts, requestFor(found, state), occasion()), texts: found.texts };
    },
  };
}
