/** The pixel size of a slide as a typed state: from the file, by hand, estimated from the objective, or missing. */
import { TrefoilError } from '#common/errors.ts';
import type { MppProvenance, OverriddenMpp } from '#common/domain/mpp-provenance.ts';
import type { MppClaim, SlideInfo, SlideMpp } from '#common/domain/slide.ts';

/** Level-0 pixel sizes outside this range (micrometres) are print or screen densities, not microscopes. */
const plausibleMpp = { smallest: 0.005, largest: 30 } as const;

export function isPlausibleMpp(mpp: number): boolean {
  return Number.isFinite(mpp) && mpp >= plausibleMpp.smallest && mpp <= plausibleMpp.largest;
}

/** 10 micrometres / power: true within some 10 % for common scanners (20x: 0.5, 40x: 0.25). Always marked as an estimate. */
export function mppFromObjectivePower(power: number | null): SlideMpp {
  if (power === null || !isPlausibleMpp(10 / power)) return { source: 'missing' };
  return { source: 'objective-power', x: 10 / power, y: 10 / power };
}

/** Claims further apart than this share of the used one contradict each other; less is rounding. */
const contradiction = 0.02;

/**
 * The first plausible claim is used; order them by how far the vendor's own software trusts them. Without any, the
 * estimate from the objective, marked as such.
 */
export function chooseMpp(
  claims: readonly MppClaim[],
  objectivePower: number | null,
): Required<Pick<SlideInfo, 'mpp' | 'mppClaims'>> {
  const mppClaims = claims.filter(({ x, y }) => isPlausibleMpp(x) && isPlausibleMpp(y));
  const used = mppClaims[0];
  return { mpp: used ? { source: 'file', ...used } : mppFromObjectivePower(objectivePower), mppClaims };
}

/** The claims that contradict the pixel size in use, from the file or by hand. */
export function contradictingClaims(mpp: SlideMpp, claims: readonly MppClaim[]): readonly MppClaim[] {
  if (mpp.source === 'missing') return [];
  const differs = (claim: number, used: number): boolean => Math.abs(claim - used) > contradiction * used;
  return claims.filter(({ x, y }) => differs(x, mpp.x) || differs(y, mpp.y));
}

/** An estimate this many times off is no scanner's rounding: the power, the doubler or the pixel size is wrong. */
const farFactor = 1.5;

/**
 * Everything known about a slide's pixel size. `file` is what the file says; `byHand` what a person said instead, and when.
 */
export function mppProvenance(
  file: Pick<SlideInfo, 'mpp' | 'mppClaims' | 'objectivePower'>,
  byHand: { readonly mpp: number; readonly setAt: string | null } | null,
): MppProvenance {
  const inFile = sidesOf(file.mpp);
  const mpp: SlideMpp = byHand === null ? file.mpp : { source: 'by-hand', x: byHand.mpp, y: byHand.mpp };
  const used = sidesOf(mpp);
  const estimate = mppFromObjectivePower(file.objectivePower);
  const isFar = (a: number, b: number): boolean => Math.max(a / b, b / a) > farFactor;
  // The file's own value is a claim too where the list of claims was not recorded.
  const stated = file.mppClaims ?? (file.mpp.source === 'file' ? [file.mpp] : []);
  return {
    ...used,
    claims: file.mppClaims?.map(({ field, x, y }) => ({ field, x, y })) ?? null,
    contradictions: contradictingClaims(mpp, stated).map(({ field, x, y }) => ({ field, x, y })),
    objectiveMpp: used.x !== null && estimate.source !== 'missing' && isFar(used.x, estimate.x) ? estimate.x : null,
    setAt: byHand?.setAt ?? null,
    overridden: byHand === null ? null : inFile,
  };
}

function sidesOf(mpp: SlideMpp): OverriddenMpp {
  if (mpp.source === 'missing') return { source: 'missing', x: null, y: null, field: null };
  return { source: mpp.source, x: mpp.x, y: mpp.y, field: mpp.source === 'file' ? mpp.field : null };
}

/** The same slide with a pixel size a person set. Throws `invalid-input` outside 0.005 to 30 micrometres per pixel. */
export function withMppByHand(info: SlideInfo, mppX: number, mppY: number = mppX): SlideInfo {
  if (!isPlausibleMpp(mppX) || !isPlausibleMpp(mppY)) {
    throw new TrefoilError(
      'invalid-input',
      `A pixel size of ${mppX} x ${mppY} micrometres is not possible for a slide.`,
      `Give micrometres per pixel between ${plausibleMpp.smallest} and ${plausibleMpp.largest}, e.g. 0.25 for a 40x scan.`,
    );
  }
  return { ...info, mpp: { source: 'by-hand', x: mppX, y: mppY } };
}
