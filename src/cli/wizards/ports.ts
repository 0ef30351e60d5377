import type { PortChoice } from "../../survey/ports.ts";
import { BACK } from "../ask.ts";
import { type Question, SKIPPED } from "../questionnaire.ts";
import type { Session } from "../session.ts";
import { INSTALL_QUESTIONS } from "../surface/questions.ts";

export interface PortAnswers {
  readonly httpPort: number | undefined;
  readonly httpsPort: number | undefined;
}

/** Asks for the host port of http or https; the next free one is the default, and one that is in use is not taken. */
export function portQuestion<State extends PortAnswers>(
  session: Session,
  which: "httpPort" | "httpsPort",
  choiceOf: (state: State) => Promise<PortChoice | undefined>,
): Question<State> {
  const { flag, message } = INSTALL_QUESTIONS[which];
  const other = which === "httpPort" ? "httpsPort" : "httpPort";
  return {
    key: flag.slice(2),
    async ask(state, canGoBack, earlier) {
      const choice = state[which] === undefined ? await choiceOf(state) : undefined;
      if (choice === undefined) return SKIPPED;
      if (choice.instead !== null && earlier === undefined)
        session.note(`Port ${choice.instead} is taken; ${choice.host} is free.`);
      const check = async (text: string) => {
        const port = Number(text);
        if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) return "A port is a number from 1 to 65535.";
        if (port === state[other]) return `Port ${port} is already given to ${which === "httpPort" ? "https" : "http"}.`;
        return (await session.world.ports.taken([port])).has(port) ? `Port ${port} is in use on this machine.` : null;
      };
      const initial = String(earlier?.[which] ?? choice.host);
      const answer = await session.ask.text({ flag, message, initial, check }, canGoBack);
      return answer === BACK ? BACK : { ...state, [which]: Number(answer) };
    },
  };
}
