/**
 * Curves on their way to the canvas: what a chart is given, thinned to what its pixels can show, and looked up under a pointer.
 * Pure; drawing is in draw-chart.ts and LineChart.vue.
 */

export interface ChartSeries {
  readonly name: string;
  /** Ascending. */
  readonly x: readonly number[];
  /** null: not measured there; the line goes on to the next value. */
  readonly y: readonly (number | null)[];
  /** An interval round each value, drawn as a band. Both or none. */
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
  /** 1 to 8: colour and dash. Left out: its place in the list. */
  readonly colour?: number;
  /** A dot at every value: for few of them. */
  readonly hasPoints?: boolean;
}

/** A level to compare with: chance, a baseline, the healthy value. */
export interface ReferenceLine {
  readonly y: number;
  readonly label: string;
}

/** Something that happened at x: a run that went on after an interruption. */
export interface ChartMark {
  readonly x: number;
  readonly label: string;
}

export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
}

/**
 * At most four points a column: first, lowest, highest and last of what was measured there, in their order. Every peak stays
 * visible, however many steps a pixel holds. Values that were not measured are left out.
 */
export function thinCurve({ x, y }: Curve, columns: number): { readonly x: number[]; readonly y: number[] } {
  const kept: { readonly x: number[]; readonly y: number[] } = { x: [], y: [] };
  const measured = y.reduce<number>((count, value) => (isMeasured(value) ? count + 1 : count), 0);
  const from = x[0] ?? 0;
  const width = ((x.at(-1) ?? 0) - from) / Math.max(1, columns);
  const keepAll = measured <= 4 * columns || width <= 0;
  let column = -1;
  let first = -1;
  let lowest = -1;
  let highest = -1;
  let last = -1;
  const flush = (): void => {
    for (const index of [...new Set([first, lowest, highest, last])].sort((a, b) => a - b)) {
      if (index >= 0) push(kept, x[index], y[index]);
    }
  };
  for (let index = 0; index < x.length; index += 1) {
    const value = y[index];
    if (!isMeasured(value)) continue;
    if (keepAll) {
      push(kept, x[index], value);
      continue;
    }
    const at = Math.min(columns - 1, Math.floor(((x[index] ?? 0) - from) / width));
    if (at !== column) {
      flush();
      column = at;
      first = lowest = highest = index;
    } else if (value < (y[lowest] ?? Infinity)) lowest = index;
    else if (value > (y[highest] ?? -Infinity)) highest = index;
    last = index;
  }
  if (!keepAll) flush();
  return kept;
}

/** Index of the measured value nearest to `at`; -1 when nothing was measured. */
export function nearestMeasured({ x, y }: Curve, at: number): number {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  for (let before = low - 1, after = low; before >= 0 || after < x.length;) {
    const toBefore = before < 0 ? Infinity : at - (x[before] ?? 0);
    const toAfter = after >= x.length ? Infinity : (x[after] ?? 0) - at;
    const index = toBefore <= toAfter ? before-- : after++;
    if (isMeasured(y[index])) return index;
  }
  return -1;
}

/** What the axis must hold: values, intervals and reference lines, with a little air. */
export function valueRange(
  series: readonly ChartSeries[],
  references: readonly ReferenceLine[],
  least: number | null,
  most: number | null,
): readonly [number, number] {
  let low = Infinity;
  let high = -Infinity;
  const take = (value: number | null | undefined): void => {
    if (!isMeasured(value)) return;
    if (value < low) low = value;
    if (value > high) high = value;
  };
  for (const each of series) {
    for (const values of [each.y, each.low ?? [], each.high ?? []]) for (const value of values) take(value);
  }
  for (const { y } of references) take(y);
  if (low > high) return [least ?? 0, most ?? ((least ?? 0) < 0 ? 0 : 1)];
  const air = low === high ? Math.max(Math.abs(low) * 0.1, 1e-6) : (high - low) * 0.08;
  return [Math.max(low - air, least ?? -Infinity), Math.min(high + air, most ?? Infinity)];
}

/** Rows for the table that stands in for the picture: at most `rows`, evenly spread, the first and the last among them. */
export function tableRows(
  series: readonly ChartSeries[],
  rows = 40,
): readonly { readonly x: number; readonly values: readonly (number | null)[] }[] {
  const places = [...new Set(series.flatMap(({ x, y }) => x.filter((_, index) => isMeasured(y[index]))))].sort(
    (a, b) => a - b,
  );
  const count = Math.min(rows, places.length);
  return Array.from({ length: count }, (_, row) => {
    const x = places[count === 1 ? 0 : Math.round((row * (places.length - 1)) / (count - 1))] ?? 0;
    return {
      x,
      values: series.map((each) => {
        const index = nearestMeasured(each, x);
        const isWithin = x >= (each.x[0] ?? Infinity) && x <= (each.x.at(-1) ?? -Infinity);
        return isWithin ? (each.y[index] ?? null) : null;
      }),
    };
  });
}

/** Heights for labels that want to stand at `wanted`, moved apart to at least `gap` and kept within the plot. */
export function spreadLabels(wanted: readonly number[], gap: number, top: number, bottom: number): number[] {
  const order = wanted.map((_, index) => index).sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  const placed = [...wanted];
  let before = top - gap;
  for (const index of order) {
    before = Math.max(wanted[index] ?? 0, before + gap);
    placed[index] = before;
  }
  let limit = bottom;
  for (const index of order.toReversed()) {
    placed[index] = Math.min(placed[index] ?? 0, limit);
    limit = (placed[index] ?? 0) - gap;
  }
  return placed;
}

function isMeasured(value: number | null | undefined): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}

function push(to: { x: number[]; y: number[] }, x: number | undefined, y: number | null | undefined): void {
  if (x === undefined || !isMeasured(y)) return;
  to.x.push(x);
  to.y.push(y);
}
