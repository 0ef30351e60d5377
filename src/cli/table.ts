import { widthOf } from "./text.ts";

/** Columns aligned by spaces, for people; scripts take `--json`. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map(row => widthOf(row[column] ?? ""))));
  return all
    .map(row =>
      row
        .map((cell, column) => `${cell}${" ".repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell)))}`)
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
