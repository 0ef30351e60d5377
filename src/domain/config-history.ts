import { z } from "zod";
import { OperatorError } from "../errors.ts";

const file = z.object({
  /** Relative to the instance's folder. */
  path: z.string(),
  /** sha256 of the text before and after; null where there was, or is, no file. */
  before: z.string().nullable(),
  after: z.string().nullable(),
});

const change = z.object({
  number: z.number().int().positive(),
  createdAt: z.string(),
  operation: z.string(),
  how: z.enum(["set", "unset", "edit", "revert"]),
  /** Of `set` and `unset`. */
  keys: z.array(z.string()),
  /** Of `revert`: the change that it took back. */
  reverted: z.number().int().nullable(),
  files: z.array(file),
});

const history = z.object({ schema: z.literal(1), instance: z.string(), changes: z.array(change) });

/** One change that went through `config`. Holds no secret: the texts lie in the attic. */
export type ConfigChange = z.infer<typeof change>;
export type ConfigHistory = z.infer<typeof history>;

/** @param text null where nothing was changed yet. @throws OperatorError BAD_HISTORY */
export function parseHistory(text: string | null, path: string, instance: string): ConfigHistory {
  if (text === null) return { schema: 1, instance, changes: [] };
  try {
    return history.parse(JSON.parse(text));
  } catch (cause) {
    throw new OperatorError("BAD_HISTORY", `${path} cannot be read.`, {
      hint: "use the graph-mgr that wrote it, or a newer one; or move the file away, and the list begins anew",
      cause,
    });
  }
}

export const historyToText = (value: ConfigHistory): string => `${JSON.stringify(value, null, 2)}\n`;
