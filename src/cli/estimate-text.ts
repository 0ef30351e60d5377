import { about, bytes } from "../domain/units.ts";
import type { WindowEstimate } from "../operations/window-estimate.ts";
import type { Plan } from "../plan/plan.ts";

const PARTS = [
  ["dumpSeconds", "the dump"],
  ["restoreSeconds", "restoring and proving it"],
  ["followSeconds", "comparing the databases, and what was written meanwhile"],
  ["copySeconds", "copying and proving files"],
  ["startSeconds", "stopping and starting"],
] as const satisfies readonly (readonly [keyof WindowEstimate, string])[];

/** How long visitors will find nobody, and with what; null for a plan without a window. */
export function estimateText({ result }: Pick<Plan, "result">): string | null {
  const estimate = result?.["estimate"];
  // A backup's says what room it takes, and no time.
  if (typeof estimate !== "object" || estimate === null || !("seconds" in estimate)) return null;
  const numberOf = (key: keyof WindowEstimate): number => {
    const value = (estimate as Readonly<Record<string, unknown>>)[key];
    return typeof value === "number" ? value : 0;
  };
  const parts = PARTS.flatMap(([key, what]) => (numberOf(key) === 0 ? [] : [`${what} ${numberOf(key)} s`]));
  const data = [
    ["databaseBytes", "of databases"],
    ["fileBytes", "of files"],
  ] as const;
  const moves = data.flatMap(([key, what]) => (numberOf(key) === 0 ? [] : [`${bytes(numberOf(key))} ${what}`])).join(" and ");
  const ahead =
    numberOf("aheadSeconds") === 0 ? "" : `; before that ${about(numberOf("aheadSeconds"))} with the old release serving`;
  const window = `${about(numberOf("seconds"))} until visitors are back, by what such machines usually take: ${parts.join(", ")}${ahead}`;
  return moves === "" ? window : `${window}; ${moves} move`;
}
