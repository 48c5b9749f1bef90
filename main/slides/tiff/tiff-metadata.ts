/** Pixel size and objective power from a TIFF's tags: Aperio's description, or the resolution tags of other files. */
import type { SlideMpp } from '#common/domain/slide.ts';
import { isPlausibleMpp, mppFromObjectivePower } from '../slide-mpp.ts';
import type { TiffPage } from './tiff-page.ts';

export interface TiffMetadata {
  readonly mpp: SlideMpp;
  readonly objectivePower: number | null;
}

export function tiffMetadata(vendor: string, base: TiffPage): TiffMetadata {
  return vendor === 'aperio' ? aperioMetadata(base.description) : { mpp: resolutionMpp(base), objectivePower: null };
}

/** "Aperio ... |AppMag = 20|MPP = 0.4990|..." */
function aperioMetadata(description: string): TiffMetadata {
  const properties = new Map<string, string>();
  for (const part of description.split('|').slice(1)) {
    const at = part.indexOf('=');
    if (at > 0) properties.set(part.slice(0, at).trim(), part.slice(at + 1).trim());
  }
  const power = Number(properties.get('AppMag') ?? Number.NaN);
  const objectivePower = Number.isFinite(power) && power > 0 ? power : null;
  const mpp = Number(properties.get('MPP') ?? Number.NaN);
  if (isPlausibleMpp(mpp)) return { mpp: { source: 'file', x: mpp, y: mpp, field: 'aperio.MPP' }, objectivePower };
  return { mpp: mppFromObjectivePower(objectivePower), objectivePower };
}

/** Print and screen densities (72 dpi = 353 micrometres) are no pixel size and count as missing. */
function resolutionMpp(page: TiffPage): SlideMpp {
  const unitUm = page.resolutionUnit === 2 ? 25_400 : page.resolutionUnit === 3 ? 10_000 : null;
  if (unitUm === null || page.xResolution === null || page.yResolution === null) return { source: 'missing' };
  const x = unitUm / page.xResolution;
  const y = unitUm / page.yResolution;
  if (!isPlausibleMpp(x) || !isPlausibleMpp(y)) return { source: 'missing' };
  return { source: 'file', x, y, field: 'tiff.XResolution/ResolutionUnit' };
}
