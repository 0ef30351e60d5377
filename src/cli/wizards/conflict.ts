import { basename } from "node:path";
import type { Conflict, Resolution, Resolutions } from "../../domain/merge-result.ts";
import { hasMarks } from "../../domain/merge-text.ts";
import { BACK } from "../ask.ts";
import { conflictText, diffStyle } from "../conflict-text.ts";
import { SKIPPED } from "../questionnaire.ts";
import type { Session } from "../session.ts";
import { fill } from "../surface/questions.ts";
import { UPDATE_QUESTIONS as ASKED } from "../surface/update-questions.ts";
import { wrap } from "../text.ts";
import type { UpdateState } from "../update-making.ts";
import { nameAt } from "../update-way.ts";
import type { LookOnce, UpdateQuestion } from "./update.ts";

type Answer = "mine" | "theirs" | "edit";

const answerOf = (resolution: Resolution | undefined): Answer | undefined =>
  typeof resolution === "object" ? "edit" : resolution;

/** One conflict after the other: the difference, and whose it shall be. @param given what flags said already */
export function conflictQuestion(session: Session, look: LookOnce, given: Resolutions): UpdateQuestion["ask"] {
  return async (state, canGoBack, earlier) => {
    const found = await nextConflict(look, state, given);
    if (found === null) return SKIPPED;
    const { conflict, draft } = found;
    const { name, file } = conflict;
    const [mine, theirs, edit] = ASKED.conflict.answers;
    const choices: readonly { readonly name: string; readonly value: Answer }[] = [
      ...(conflict.isMineNone === true ? [] : [{ name: mine, value: "mine" as const }]),
      { name: theirs, value: "theirs" },
      ...(session.edit === null || draft === undefined ? [] : [{ name: edit, value: "edit" as const }]),
    ];
    const before = earlier?.resolutions[name];
    let text = typeof before === "object" ? before.text : (draft ?? "");
    session.note(`\n${conflictText(conflict, diffStyle(session.flags.color && session.isTerminal))}\n`);
    if (session.edit === null && draft !== undefined)
      session.note(wrap("(To edit it here, end this and set EDITOR first: EDITOR=nano graph-mgr update)\n", session.columns - 1));
    for (;;) {
      const initial = answerOf(before);
      const message = fill(ASKED.conflict.message, { name });
      const question = { ...ASKED.conflict, message, choices, ...(initial === undefined ? {} : { initial }) };
      const answer = await session.ask.select<Answer>(question, canGoBack);
      if (answer === BACK) return BACK;
      if (answer !== "edit") return { ...state, resolutions: { ...state.resolutions, [name]: answer } };
      const edited = await session.edit?.(basename(file), text);
      text = edited ?? text;
      const fault = faultOf(edited ?? null);
      if (fault === null) {
        return {
          ...state,
          resolutions: { ...state.resolutions, [name]: { text } },
          edited: { ...state.edited, [name]: file },
        };
      }
      session.note(wrap(fault, session.columns - 1));
    }
  };
}

function faultOf(edited: string | null): string | null {
  if (edited === null) return "The editor ended with an error, so nothing of it counts.";
  return hasMarks(edited) ? "Both sides still stand in it, between <<<<<<< and >>>>>>>: leave what shall count." : null;
}

/** Of those that the flags left, and when these are answered, of those that the answers brought about. */
async function nextConflict(
  look: LookOnce,
  state: UpdateState,
  given: Resolutions,
): Promise<{ readonly conflict: Conflict; readonly draft: string | undefined } | null> {
  for (const resolutions of [given, state.resolutions]) {
    const stops = await look({ ...state, resolutions });
    for (const stop of stops) {
      const named = stop.facts.merge.conflicts.map(each => ({ ...each, name: nameAt(stops, stop, each.name), own: each.name }));
      const conflict = named.find(({ name }) => !Object.hasOwn(state.resolutions, name));
      // What is only gone through goes again, and with it what was edited.
      const isLast = stop === stops.at(-1);
      if (conflict !== undefined) return { conflict, draft: isLast ? stop.drafts[conflict.own] : undefined };
    }
  }
  return null;
}
