/** Pixel size and objective power from a TIFF's tags: Aperio's description, and the resolution tags every file may have. */
import type { MppClaim, SlideInfo } from '#common/domain/slide.ts';
import { chooseMpp } from '../slide-mpp.ts';
import type { TiffPage } from './tiff-page.ts';

export type TiffMetadata = Required<Pick<SlideInfo, 'mpp' | 'mppClaims' | 'objectivePower'>>;

export function tiffMetadata(vendor: string, base: TiffPage): TiffMetadata {
  const properties = vendor === 'aperio' ? aperioProperties(base.description) : new Map<string, string>();
  const power = Number(properties.get('AppMag') ?? Number.NaN);
  const objectivePower = Number.isFinite(power) && power > 0 ? power : null;
  const mpp = Number(properties.get('MPP') ?? Number.NaN);
  const claims = [{ field: 'aperio.MPP', x: mpp, y: mpp }, ...resolutionClaims(base)];
  return { ...chooseMpp(claims, objectivePower), objectivePower };
}

/** "Aperio ... |AppMag = 20|MPP = 0.4990|..." */
function aperioProperties(description: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const part of description.split('|').slice(1)) {
    const at = part.indexOf('=');
    if (at > 0) properties.set(part.slice(0, at).trim(), part.slice(at + 1).trim());
  }
  return properties;
}

/** Print and screen densities (72 dpi = 353 micrometres) are left out by `chooseMpp`: no microscope has them. */
function resolutionClaims(page: TiffPage): MppClaim[] {
  const unitUm = page.resolutionUnit === 2 ? 25_400 : page.resolutionUnit === 3 ? 10_000 : null;
  if (unitUm === null || page.xResolution === null || page.yResolution === null) return [];
  const field = 'tiff.XResolution/ResolutionUnit';
  return [{ field, x: unitUm / page.xResolution, y: unitUm / page.yResolution }];
}
