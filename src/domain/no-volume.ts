import { OperatorError } from "../errors.ts";

/**
 * Volumes that are not there any more.
 * @param what comes of it, as a part of a sentence
 */
export const noVolume = (gone: readonly string[], of: string, what: string): OperatorError =>
  new OperatorError("NO_VOLUME", `${gone.join(", ")} of ${of} ${gone.length === 1 ? "is" : "are"} gone; ${what}.`, {
    hint: "bring the data back first, or make it anew empty, knowingly: docker volume create NAME",
  });
