import { dirname, relative } from "node:path";
import { isPreRelease } from "../../domain/release-order.ts";
import type { BundleVersion } from "../../survey/versions.ts";
import { BACK } from "../ask.ts";
import { SKIPPED } from "../questionnaire.ts";
import type { Session } from "../session.ts";
import { fill } from "../surface/questions.ts";
import { UPDATE_QUESTIONS as ASKED } from "../surface/update-questions.ts";
import type { UpdateMaking } from "../update-making.ts";
import { orComplain, typedPath } from "./bundle.ts";
import type { LookOnce, UpdateQuestion } from "./update.ts";

interface ReleaseChoice {
  readonly name: string;
  /** The bundle's path. */
  readonly value: string;
  readonly release: string;
  /** Releases that have to be gone through first. */
  readonly through: readonly string[];
}

/** Bundles that an instance may be updated to, the newest first, with what stands before it. */
export function releaseChoices(bundles: readonly BundleVersion[], cwd: string): readonly ReleaseChoice[] {
  return bundles
    .flatMap(({ path, version, way, instructions }) => {
      if (version === null || way === null || !("hops" in way) || "missing" in way) return [];
      const through = way.hops.slice(0, -1);
      const place = dirname(path) === cwd ? relative(cwd, path) : path;
      const more = [
        place,
        ...(through.length === 0 ? [] : [`through ${through.join(", ")}`]),
        ...(instructions.length === 0 ? [] : ["with instructions to be read"]),
      ];
      return [{ name: `${version} (${more.join("; ")})`, value: path, release: version, through }];
    })
    .reverse();
}

/** The newest that can be updated to directly, a final one where there is one. */
export const usualRelease = (choices: readonly ReleaseChoice[]): string | undefined => {
  const direct = choices.filter(({ through }) => through.length === 0);
  return (direct.find(({ release }) => !isPreRelease(release)) ?? direct[0])?.value;
};

const ELSEWHERE = "";

/** @param look throws when there is no way from the instance to the bundle */
export function releaseQuestion(
  session: Session,
  { source, bundles, read }: UpdateMaking,
  look: LookOnce,
): UpdateQuestion["ask"] {
  let known: readonly ReleaseChoice[] | null = null;
  return async (state, canGoBack, earlier) => {
    if (state.contents !== null) return SKIPPED;
    known ??= releaseChoices(await bundles(), session.cwd);
    const choices = [...known, { name: ASKED.release.answers[0], value: ELSEWHERE, through: [] }];
    const message = fill(ASKED.release.message, { instance: source.name });
    for (;;) {
      const initial = choices.find(({ value }) => value === earlier?.bundle)?.value ?? usualRelease(known);
      const question = { ...ASKED.release, message, choices, ...(initial === undefined ? {} : { initial }) };
      const chosen = known.length === 0 ? ELSEWHERE : await session.ask.select<string>(question, canGoBack);
      if (chosen === BACK) return BACK;
      const through = choices.find(({ value }) => value === chosen)?.through ?? [];
      const viaPath = state.viaPath || through.length > 0;
      if (viaPath !== state.viaPath && !(await isWalked(session, through))) continue;
      const path = chosen === ELSEWHERE ? await typedPath(session, ASKED.bundle, known.length > 0 || canGoBack) : chosen;
      if (path === BACK && known.length === 0) return BACK;
      if (path === BACK) continue;
      const next = await orComplain(session, async () => {
        const answered = { ...state, viaPath, bundle: path, contents: await read(path) };
        await look(answered);
        return answered;
      });
      if (next !== null) return next;
    }
  };
}

/** Whether a path through other releases shall be walked whole. */
async function isWalked(session: Session, through: readonly string[]): Promise<boolean> {
  const [yes, no] = ASKED.path.answers;
  const choices = [
    { name: yes, value: true },
    { name: no, value: false },
  ];
  const message = fill(ASKED.path.message, { through: through.join(", ") });
  return (await session.ask.select({ ...ASKED.path, message, choices }, true)) === true;
}
