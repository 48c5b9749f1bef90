/**
 * Where the pixel size in use comes from, with everything that speaks against it: what every export carries and the slide
 * card shows. Facts and English sentences for files; the page says the same in its own languages.
 */
import type { MppClaim, SlideMpp } from './slide.ts';

export interface MppProvenance {
  readonly source: SlideMpp['source'];
  /** Micrometres per level-0 pixel of each axis; null when missing. */
  readonly x: number | null;
  readonly y: number | null;
  /** The file's own name of the value in use; null unless it is from the file. */
  readonly field: string | null;
  /** Every pixel size the file states, the one it would use first; null for slides added before this was recorded. */
  readonly claims: readonly MppClaim[] | null;
  /** Those of the claims that contradict the value in use. */
  readonly contradictions: readonly MppClaim[];
  /** The estimate from the objective, where it is far from the value in use; else null. */
  readonly objectiveMpp: number | null;
  /** When a person set the value (ISO 8601); null when nobody did or when it is not known. */
  readonly setAt: string | null;
  /** What a value set by hand replaced; null when none was set. */
  readonly overridden: OverriddenMpp | null;
}

export interface OverriddenMpp {
  readonly source: SlideMpp['source'];
  readonly x: number | null;
  readonly y: number | null;
  readonly field: string | null;
}

/** Sides of a pixel that differ by more are worth a word: tiles are cut with their mean. */
const squareWithin = 0.01;

export function hasSquarePixels({ x, y }: Pick<MppProvenance, 'x' | 'y'>): boolean {
  return x === null || y === null || Math.abs(x - y) <= squareWithin * Math.min(x, y);
}

/** "0.499" or "0.25 x 0.26" micrometres per pixel, five significant digits. */
export function mppText({ x, y }: { readonly x: number | null; readonly y: number | null }): string {
  if (x === null || y === null) return 'missing';
  const figure = (value: number): string => String(Number(value.toPrecision(5)));
  return figure(x) === figure(y) ? figure(x) : `${figure(x)} x ${figure(y)}`;
}

/** One line: "0.25 um/px, set by hand on 2026-05-04 instead of 0.499 (file: aperio.MPP)". */
export function mppOrigin(mpp: MppProvenance): string {
  const { source, field, setAt, overridden } = mpp;
  if (source === 'missing') return 'missing';
  const value = `${mppText(mpp)} um/px`;
  if (source === 'file') return `${value}, from the file (${field ?? 'field not recorded'})`;
  if (source === 'objective-power') return `${value}, an estimate from the objective power`;
  const when = setAt === null ? '' : ` on ${setAt.slice(0, 10)}`;
  return `${value}, set by hand${when}${overridden === null ? '' : ` instead of ${overriddenText(overridden)}`}`;
}

function overriddenText(overridden: OverriddenMpp): string {
  if (overridden.source === 'missing') return 'nothing in the file';
  const from = overridden.source === 'file' ? (overridden.field ?? 'file') : 'estimate from the objective power';
  return `${mppText(overridden)} (${from})`;
}

/** Sentences a person must know before trusting areas; empty when all is well. */
export function mppWarnings(mpp: MppProvenance): string[] {
  const warnings: string[] = [];
  if (mpp.source === 'missing') return warnings;
  if (mpp.source === 'objective-power') {
    warnings.push(
      'The pixel size is only an estimate from the objective power (10 / power); set it by hand if you know it.',
    );
  }
  for (const claim of mpp.contradictions) {
    warnings.push(`The file also states ${mppText(claim)} um/px (${claim.field}), which contradicts ${mppText(mpp)}.`);
  }
  if (mpp.objectiveMpp !== null) {
    warnings.push(
      `The objective power suggests about ${mppText({ x: mpp.objectiveMpp, y: mpp.objectiveMpp })} um/px, far from ${mppText(mpp)}.`,
    );
  }
  if (!hasSquarePixels(mpp)) {
    warnings.push(`Pixels are not square (${mppText(mpp)} um); tiles are cut with the mean of both sides.`);
  }
  return warnings;
}
