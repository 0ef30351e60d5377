import type { PortChoice } from "../../survey/ports.ts";
import { BACK } from "../ask.ts";
import type { Question } from "../questionnaire.ts";
import type { Session } from "../session.ts";

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
  const [name, flag] = which === "httpPort" ? (["http", "http-port"] as const) : (["https", "https-port"] as const);
  return async (state, canGoBack) => {
    const choice = state[which] === undefined ? await choiceOf(state) : undefined;
    if (choice === undefined) return "skipped";
    const message = `Host port for ${name}${choice.instead === null ? "" : ` (${choice.instead} is taken)`}?`;
    for (;;) {
      const answer = await session.ask.text({ flag, message, initial: String(choice.host), check: checkPort }, canGoBack);
      if (answer === BACK) return BACK;
      const port = Number(answer);
      if (port === choice.host || !(await session.world.ports.taken([port])).has(port)) return { ...state, [which]: port };
      session.note(`Port ${port} is in use on this machine.`);
    }
  };
}

const checkPort = (text: string): string | null =>
  /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535 ? null : "A port is a number from 1 to 65535.";
