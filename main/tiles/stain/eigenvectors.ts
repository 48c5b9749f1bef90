/** Eigenvectors of a symmetric 3 x 3 matrix by Jacobi rotations (Golub and Van Loan, section 8.5). */

export type Vector = readonly [number, number, number];

/** The two largest, unit length, largest first; signs are arbitrary. */
export function largestEigenvectors(matrix: readonly (readonly number[])[]): {
  readonly vectors: readonly [Vector, Vector];
  readonly values: readonly [number, number];
} {
  const a = matrix.map((row) => [...row]);
  const v = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  const at = (m: number[][], row: number, column: number): number => m[row]?.[column] ?? 0;
  // Each sweep squares what is left off the diagonal; 3 x 3 needs about five.
  for (let sweep = 0; sweep < 30; sweep += 1) {
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const off = at(a, p, q);
      if (off === 0) continue;
      const theta = (at(a, q, q) - at(a, p, p)) / (2 * off);
      const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
      const c = 1 / Math.sqrt(t * t + 1);
      const s = t * c;
      rotateColumns(a, p, q, c, s);
      rotateRows(a, p, q, c, s);
      rotateColumns(v, p, q, c, s);
    }
  }
  const order = [0, 1, 2].sort((x, y) => at(a, y, y) - at(a, x, x));
  const vectorOf = (column: number): Vector => [at(v, 0, column), at(v, 1, column), at(v, 2, column)];
  const [first = 0, second = 1] = order;
  return { vectors: [vectorOf(first), vectorOf(second)], values: [at(a, first, first), at(a, second, second)] };
}

function rotateColumns(m: number[][], p: number, q: number, c: number, s: number): void {
  for (const row of m) {
    const [x, y] = [row[p] ?? 0, row[q] ?? 0];
    row[p] = c * x - s * y;
    row[q] = s * x + c * y;
  }
}

function rotateRows(m: number[][], p: number, q: number, c: number, s: number): void {
  const [first, second] = [m[p] ?? [], m[q] ?? []];
  for (let column = 0; column < 3; column += 1) {
    const [x, y] = [first[column] ?? 0, second[column] ?? 0];
    first[column] = c * x - s * y;
    second[column] = s * x + c * y;
  }
}
