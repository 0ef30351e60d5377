import type { OperatorError } from "../../errors.ts";
import type { Session } from "../session.ts";
import { tryText, wrap } from "../text.ts";

/** Says between two questions why an answer will not do. */
export function complain({ note, columns }: Pick<Session, "note" | "columns">, { message, hint }: OperatorError): void {
  note(wrap(message, columns - 1));
  if (hint !== undefined) note(tryText(hint, columns - 1));
}
