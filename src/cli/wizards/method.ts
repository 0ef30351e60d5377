import { about } from "../../domain/units.ts";
import { type Move, safeMoves } from "../../operations/database-move.ts";
import { estimateHops } from "../../operations/window-estimate.ts";
import { BACK } from "../ask.ts";
import { SKIPPED } from "../questionnaire.ts";
import type { Session } from "../session.ts";
import { UPDATE_QUESTIONS as ASKED } from "../surface/update-questions.ts";
import { wrap } from "../text.ts";
import type { Stops } from "../update-way.ts";
import type { LookOnce, UpdateAnswers, UpdateQuestion } from "./update.ts";

/** How the database moves, where there is a choice: with reasons, and how long visitors find nobody. */
export function methodQuestion(
  session: Session,
  look: LookOnce,
  isLater: (state: UpdateAnswers) => boolean,
): UpdateQuestion["ask"] {
  return async (state, canGoBack, earlier) => {
    if (state.postgres !== undefined || isLater(state)) return SKIPPED;
    const stops = await look(state);
    const [usual, ...others] = safeMovesOf(stops);
    if (usual === undefined || others.length === 0) return SKIPPED;
    session.note(wrap(`\n${usual.reasons.join("\n")}`, session.columns - 1));
    const [dump, copy] = ASKED.method.answers;
    const choices = [usual, ...others].map(({ method }) => ({
      name: `${method === "dump" ? dump : copy} (${about(estimateHops(stops.map(({ facts }) => ({ facts, request: { method } }))).seconds)})`,
      value: method,
    }));
    const before = earlier?.postgres;
    const initial = before === undefined || before === "auto" ? usual.method : before;
    const answer = await session.ask.select<"dump" | "copy">({ ...ASKED.method, choices, initial }, canGoBack);
    // What would be taken anyway is left to be chosen, so that the plan says why and not that it was asked for.
    return answer === BACK ? BACK : { ...state, postgres: answer === usual.method ? "auto" : answer };
  };
}

/** What is safe at every hop, with the reasons of the last. */
function safeMovesOf(stops: Stops): readonly Move[] {
  const each = stops.map(({ facts }, index) => safeMoves(facts, index > 0));
  return (each.at(-1) ?? []).filter(({ method }) => each.every(moves => moves.some(move => move.method === method)));
}
