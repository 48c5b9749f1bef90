/** The pixel size in a page's resolution tags, as a claim; whether it is plausible is decided by chooseMpp. */
import type { MppClaim } from '#common/domain/slide.ts';
import type { TiffPage } from '../tiff-page.ts';

/** Micrometres of the tag ResolutionUnit: 2 inch, 3 centimetre. */
const unitUm: Readonly<Record<number, number>> = { 2: 25_400, 3: 10_000 };

export function resolutionClaims(page: TiffPage): MppClaim[] {
  const unit = unitUm[page.resolutionUnit];
  if (unit === undefined || !page.xResolution || !page.yResolution) return [];
  return [{ field: 'tiff.XResolution/ResolutionUnit', x: unit / page.xResolution, y: unit / page.yResolution }];
}
