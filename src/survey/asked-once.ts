import type { World } from "../host/world.ts";
import { answering } from "./answering.ts";

/**
 * The world as one look at it: what several parts of a survey ask alike, and what takes a program each time, is asked once. Not for steps, which change what
 * they ask about.
 */
export function askedOnce(world: World): World {
  const { compose, engine } = world;
  return {
    ...world,
    compose: answering(compose, { resolve: remembering(compose.resolve.bind(compose), (...asked) => JSON.stringify(asked)) }),
    engine: answering(engine, {
      about: remembering(engine.about.bind(engine)),
      containers: remembering(engine.containers.bind(engine)),
    }),
  };
}

function remembering<Asked extends readonly unknown[], Answer>(
  ask: (...asked: Asked) => Promise<Answer>,
  nameOf: (...asked: Asked) => string = () => "",
): (...asked: Asked) => Promise<Answer> {
  const answers = new Map<string, Promise<Answer>>();
  return (...asked) => {
    const name = nameOf(...asked);
    const answer = answers.get(name) ?? ask(...asked);
    answers.set(name, answer);
    return answer;
  };
}
