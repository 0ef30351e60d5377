import { styleText } from "node:util";
import type { Conflict } from "../domain/merge-result.ts";
import { unifiedDiff } from "../domain/merge-text.ts";
import { shownText } from "./text.ts";

type Style = (kind: "removed" | "added" | "place", text: string) => string;

/** Red and green as everywhere; without colours the signs say the same. */
export const diffStyle =
  (isColored: boolean): Style =>
  (kind, text) =>
    isColored
      ? styleText(({ removed: "red", added: "green", place: "cyan" } as const)[kind], text, { validateStream: false })
      : text;

const KIND = { "-": "removed", "+": "added", "@": "place" } as const;

/**
 * What a conflict is about, with the difference between both sides: a unified diff that leads from the vendor's text to the
 * administrator's. Of a compose file, what the administrator changed: between both lies all that graph-mgr set.
 */
export function conflictText({ say, kind, name, mine, theirs, diff }: Conflict, style: Style): string {
  const lines =
    kind === "key"
      ? [...sideLines("-", theirs), ...sideLines("+", mine)]
      : kind === "compose"
        ? diff
        : unifiedDiff(theirs ?? "", mine ?? "");
  const legend =
    kind === "compose" ? "- as it was   + as you have it" : `- the vendor's   + yours${mine === null ? " (you removed it)" : ""}`;
  const shown = lines.map(line => {
    const colour = KIND[line[0] as keyof typeof KIND];
    return `  ${colour === undefined ? shownText(line) : style(colour, shownText(line))}`;
  });
  return [`${name}: ${say}`, `  ${legend}`, ...shown].join("\n");
}

const sideLines = (sign: "-" | "+", side: string | null): readonly string[] => (side === null ? [] : [`${sign}${side}`]);
