/** The known word that was probably meant: at most a third of its letters differ. Null when none is near. */
export function suggest(typed: string, known: readonly string[]): string | null {
  const near = known
    .map(word => ({ word, distance: distance(typed.toLowerCase(), word) }))
    .filter(({ word, distance: away }) => away <= Math.max(1, Math.floor(word.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  const begun = known.filter(word => typed.length >= 2 && word.startsWith(typed.toLowerCase()));
  return near[0]?.word ?? (begun.length === 1 ? (begun[0] ?? null) : null);
}

/** Letters to add, drop, change or swap with their neighbour to come from one word to the other. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let row = 1; row <= a.length; row++) {
    const line = [row];
    rows.push(line);
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const steps = [at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + (same ? 0 : 1)];
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        steps.push(at(row - 2, column - 2) + 1);
      line.push(Math.min(...steps));
    }
  }
  return at(a.length, b.length);
}
