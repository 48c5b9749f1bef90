/** The confusion matrix as it is drawn: shares of each row, how strong a cell's heat is, and where the arrow keys lead. Pure. */

/** Rows truth, columns prediction. */
export type Confusion = readonly (readonly number[])[];

/** Share of the row's tiles, 0..1; 0 in an empty row. */
export function rowShares(confusion: Confusion): readonly (readonly number[])[] {
  return confusion.map((row) => {
    const sum = row.reduce((total, count) => total + count, 0);
    return row.map((count) => (sum === 0 ? 0 : count / sum));
  });
}

/** Percent of the accent mixed in: text keeps its contrast on all of them, and an empty cell stays empty. */
export function heatPercent(share: number): number {
  return share === 0 ? 0 : Math.round(4 + share * 40);
}

/** -1 is the header: row -1 holds the predicted classes, column -1 the true ones. */
export interface MatrixPosition {
  readonly row: number;
  readonly column: number;
}

/** null: not a key that moves. Never the corner, where both headers meet. */
export function moveInMatrix(from: MatrixPosition, key: string, size: number): MatrixPosition | null {
  const steps: Readonly<Record<string, readonly [number, number]>> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    Home: [0, -size],
    End: [0, size],
    PageUp: [-size, 0],
    PageDown: [size, 0],
  };
  const step = steps[key];
  if (step === undefined) return null;
  const within = (value: number, least: number): number => Math.min(size - 1, Math.max(least, value));
  const row = within(from.row + step[0], from.column === -1 ? 0 : -1);
  const column = within(from.column + step[1], from.row === -1 ? 0 : -1);
  return { row, column };
}
