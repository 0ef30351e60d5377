import { parse } from "dotenv";

/** KEY=VALUE lines of the operator's own, for `--set-from`: literal values in the dotenv dialect, nothing is interpolated. */
export const parseSettings = (text: string): Readonly<Record<string, string>> => parse(text);
