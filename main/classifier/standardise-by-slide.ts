/**
 * Features with each slide's own mean and deviation taken out, over all of its tiles and without any label: staining and
 * scanner differ between slides more than tissue does. What it costs: a slide of one tissue only looks like all others.
 */
import type { FeatureTable } from './feature-table.ts';

/** A deviation below this share of the mean is rounding: the feature is constant on the slide and becomes 0. */
const constantShare = 1e-6;

/** `slideOf[row]` names the slide of each row; the result's rows are in the same order. */
export function standardiseBySlide(table: FeatureTable, slideOf: readonly string[]): FeatureTable {
  const { dim } = table;
  const rowsOf = new Map<string, number[]>();
  slideOf.forEach((slide, row) => {
    const rows = rowsOf.get(slide);
    if (rows === undefined) rowsOf.set(slide, [row]);
    else rows.push(row);
  });
  const values = new Float32Array(table.values.length);
  for (const rows of rowsOf.values()) {
    for (let column = 0; column < dim; column += 1) {
      let sum = 0;
      let squares = 0;
      for (const row of rows) sum += table.values[row * dim + column] as number;
      const mean = sum / rows.length;
      for (const row of rows) squares += ((table.values[row * dim + column] as number) - mean) ** 2;
      const deviation = Math.sqrt(squares / rows.length);
      const isConstant = deviation <= constantShare * Math.max(1, Math.abs(mean));
      for (const row of rows) {
        const centred = (table.values[row * dim + column] as number) - mean;
        values[row * dim + column] = isConstant ? 0 : centred / deviation;
      }
    }
  }
  return { name: table.name, dim, values };
}
