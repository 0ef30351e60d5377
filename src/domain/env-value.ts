import { OperatorError } from "../errors.ts";

/** What needs no quotes in any reader of `.env` files, nor in a shell. */
const PLAIN = /^[A-Za-z0-9_./:@%+,=-]*$/;

/**
 * Writes a value so that Compose resolves exactly that value: bare where it is plain, else in single quotes, which are
 * literal, else in double quotes with escapes. Single quotes cannot hold a quote; a backslash before the closing one
 * would keep it from closing; a CR could be lost with the file's line endings.
 * @throws OperatorError ENV_VALUE
 */
export function quoteForCompose(key: string, value: string, mayBeBare: boolean): string {
  if (value.includes("\0") || /\p{Surrogate}/u.test(value)) {
    const what = value.includes("\0") ? "a NUL byte" : "half a character (a lone surrogate)";
    throw new OperatorError("ENV_VALUE", `The value for ${key} holds ${what}, which a .env file cannot say.`, {
      hint: "choose another value",
    });
  }
  if (mayBeBare && PLAIN.test(value)) return value;
  let trailingBackslashes = 0;
  while (value.charAt(value.length - 1 - trailingBackslashes) === "\\") trailingBackslashes += 1;
  if (!/['\r]/.test(value) && trailingBackslashes % 2 === 0) return `'${value}'`;
  const escaped = value
    .replace(/[\\"$]/g, "\\$&")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r");
  return `"${escaped}"`;
}
