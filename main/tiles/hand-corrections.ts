/**
 * What a person painted over the tissue found: "tissue here" makes tissue without artefacts, "no tissue here" takes it away.
 * A mask pixel belongs to an outline when its centre lies in it; later regions paint over earlier ones.
 */
import { insideCrossings, rowCrossings } from '#common/geometry.ts';
import type { RegionShape } from '#common/domain/region.ts';
import type { Mask } from './connected-components.ts';

export interface CorrectedMasks {
  readonly tissue: Mask;
  readonly pen: Mask;
  readonly fold: Mask;
  readonly dark: Mask;
}

/** In place. `scaleX`, `scaleY`: level-0 pixels per mask pixel. */
export function correctByHand(
  { tissue, pen, fold, dark }: CorrectedMasks,
  regions: readonly RegionShape[],
  scaleX: number,
  scaleY: number,
): void {
  const { width, height } = tissue;
  for (const { kind, polygons } of regions) {
    if (kind !== 'tissue' && kind !== 'no-tissue') continue;
    for (const polygon of polygons) {
      for (let row = 0; row < height; row += 1) {
        const crossings = rowCrossings(polygon, (row + 0.5) * scaleY);
        if (crossings.length === 0) continue;
        for (let column = 0; column < width; column += 1) {
          if (!insideCrossings(crossings, (column + 0.5) * scaleX)) continue;
          const pixel = row * width + column;
          tissue.data[pixel] = kind === 'tissue' ? 1 : 0;
          for (const artefact of [pen, fold, dark]) artefact.data[pixel] = 0;
        }
      }
    }
  }
}
