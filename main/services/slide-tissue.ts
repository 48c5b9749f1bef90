/** Which tissue settings hold on a slide: its own where a person gave it some, else those of the tiles being cut. */
import type { TileSettings } from '#common/domain/tile.ts';
import type { SlideRow } from '../store/slide-rows.ts';

export function settingsFor(slide: Pick<SlideRow, 'tissue'>, settings: TileSettings): TileSettings {
  return slide.tissue === null ? settings : { ...settings, tissue: slide.tissue };
}
