/** tests/golden/cross-entropy.json, with its logits padded as a network's are. */
import { readFileSync } from 'node:fs';
import type { ClassTarget } from '#main/engine/port.ts';

const stored = JSON.parse(readFileSync(new URL('../golden/cross-entropy.json', import.meta.url), 'utf8')) as {
  classes: number;
  logits: number[];
  truth: number[];
  weights: number[];
  loss: number;
  gradient: number[];
};
const { classes, truth, weights } = stored;

export const crossEntropyGolden = {
  classes,
  rows: truth.length,
  loss: stored.loss,
  targets: truth.map((label, row): ClassTarget => ({ class: label, weight: weights[row]! })),
  /** The padding holds numbers that would change everything if they counted. */
  logits: (width: number): Float32Array =>
    Float32Array.from({ length: truth.length * width }, (_, at) => {
      const column = at % width;
      return column < classes ? stored.logits[Math.floor(at / width) * classes + column]! : 7;
    }),
  gradient: (width: number): Float64Array =>
    Float64Array.from({ length: truth.length * width }, (_, at) => {
      const column = at % width;
      return column < classes ? stored.gradient[Math.floor(at / width) * classes + column]! : 0;
    }),
};
