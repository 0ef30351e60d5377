import { widthOf } from "./text.ts";

type Row = readonly string[];

/**
 * For people; scripts take `--json`. Columns aligned by spaces. Where a terminal is too narrow for them, columns without a value are left out, what is last and wide stands below its
 * row, such as a path; and where that is not enough, each cell has a line of its own: a terminal would break lines in the middle of names and paths.
 * @param columns of the terminal; null: a file or a pipe
 */
export function table(head: Row, rows: readonly Row[], columns: number | null): string {
  const fits = (lines: readonly string[]) => columns === null || lines.every(line => widthOf(line) <= columns);
  const lines = aligned([head, ...rows]);
  if (fits(lines)) return lines.join("\n");
  const filled = head.map((_, column) => rows.some(row => (row[column] ?? "") !== ""));
  const of = (row: Row): Row => row.filter((_, column) => filled[column]);
  if (filled.includes(false)) return table(of(head), rows.map(of), columns);
  const isLastWide = (widthsOf([head, ...rows]).at(-1) ?? 0) >= WIDE;
  const others = aligned([head, ...rows].map(row => row.slice(0, -1)));
  if (!isLastWide || !fits(others)) return rows.map(row => inLines(head, row)).join("\n\n");
  return [head, ...rows].flatMap((row, at) => [others[at] ?? "", ...below(row.at(-1) ?? "")]).join("\n");
}

/** What is shorter looks lost on a line of its own. */
const WIDE = 12;

const below = (cell: string): readonly string[] => (cell === "" ? [] : [`    ${cell}`]);

const widthsOf = (rows: readonly Row[]): readonly number[] =>
  (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => widthOf(row[column] ?? ""))));

function aligned(rows: readonly Row[]): readonly string[] {
  const widths = widthsOf(rows);
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
