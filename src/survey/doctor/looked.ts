import { OperatorError, systemError } from "../../errors.ts";

/** What a look found, or why it could not be made: that is a finding, too, and never the end of the others. */
export type Looked<T> =
  | { readonly value: T }
  | {
      /** A part of a sentence. */
      readonly unable: string;
      readonly code: string;
      readonly hint: string | null;
    };

/** What failed is told by what it said, and not by its command line. */
const COMMAND = /^`[^`]*` ended with [^:]*:\s+/;

/** A bug of ours is thrown on. */
export async function attempt<T>(look: () => Promise<T>): Promise<Looked<T>> {
  try {
    return { value: await look() };
  } catch (error) {
    if (error instanceof SyntaxError) return { unable: "what stands there is no JSON", code: "BAD_RECORD", hint: null };
    const known = error instanceof OperatorError ? error : systemError(error);
    if (known === null) throw error;
    const [said = ""] = known.message.replace(COMMAND, "").split("\n", 1);
    return { unable: said.replace(/[.:]$/, ""), code: known.code, hint: known.hint ?? null };
  }
}

export const orNull = <T>(looked: Looked<T>): T | null => ("value" in looked ? looked.value : null);
