import { widthOf } from "./text.ts";

type Row = readonly string[];

/**
 * For people; scripts take `--json`. Columns aligned by spaces, or, where a terminal is too narrow for them, each row as lines of its own:
 * a terminal would break lines in the middle of names and paths.
 * @param columns of the terminal; null: a file or a pipe
 */
export function table(head: Row, rows: readonly Row[], columns: number | null): string {
  const lines = aligned([head, ...rows]);
  const isNarrow = columns !== null && lines.some(line => widthOf(line) > columns);
  return isNarrow ? rows.map(row => inLines(head, row)).join("\n\n") : lines.join("\n");
}

function aligned(rows: readonly Row[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => widthOf(row[column] ?? ""))));
  return rows.map(row =>
    row
      .map((cell, column) => padded(cell, widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** What has no heading stands before what has. */
function inLines(head: Row, row: Row): string {
  const cells = row.flatMap((cell, column) => (cell === "" || head[column] === "" ? [] : [[head[column] ?? "", cell] as const]));
  const marks = row.filter((cell, column) => cell !== "" && head[column] === "");
  const width = Math.max(...head.map(widthOf));
  return cells
    .map(([title, cell], index) => `${padded(title, width)}  ${index === 0 ? [...marks, cell].join(" ") : cell}`)
    .join("\n");
}

const padded = (text: string, width: number): string => `${text}${" ".repeat(Math.max(0, width - widthOf(text)))}`;
