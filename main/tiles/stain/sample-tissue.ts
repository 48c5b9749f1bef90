/**
 * Pixels of a slide's tissue for the stain estimate: small squares at seeded places where the overview shows tissue without
 * artefacts, read at about a cell's resolution. Bounded in pixels read and kept, whatever the slide.
 */
import { throwIfCancelled } from '#common/errors.ts';
import { RandomStream } from '#common/random.ts';
import type { RegionShape } from '#common/domain/region.ts';
import type { SlideInfo } from '#common/domain/slide.ts';
import type { TissueSettings } from '#common/domain/tile.ts';
import type { StageContext } from '#common/stage.ts';
import type { SlideReader } from '#main/slides/slide-reader.ts';
import { correctByHand } from '../hand-corrections.ts';
import { readOverview, type ReadScaledRegion } from '../plan-tiles.ts';
import { slideMppValue } from '../tile-grid.ts';
import { findTissue } from '../tissue-mask.ts';

const squares = 48;
const squarePx = 48;
/** Micrometres per pixel: nuclei are told from what is around them. */
const sampleMpp = 2;
const overviewPixels = 2_000_000;
const seed = 1;

export interface SampleOptions {
  readonly reader: SlideReader;
  readonly info: SlideInfo;
  readonly readScaledRegion: ReadScaledRegion;
  readonly regions: readonly RegionShape[];
  readonly tissue: TissueSettings;
}

/** RGB, three bytes a pixel; empty when no tissue was found. The same slide and settings give the same pixels. */
export async function sampleTissue(options: SampleOptions, context: StageContext = {}): Promise<Uint8Array> {
  const { reader, info, readScaledRegion, regions, tissue: settings } = options;
  const { image, maskMpp } = await readOverview(options, settings.maskMpp, { signal: context.signal }, overviewPixels);
  const masks = findTissue(image, maskMpp, settings);
  const [scaleX, scaleY] = [info.width / image.width, info.height / image.height];
  correctByHand(masks, regions, scaleX, scaleY);
  const isClean = (pixel: number): boolean =>
    masks.tissue.data[pixel] === 1 &&
    masks.pen.data[pixel] === 0 &&
    masks.fold.data[pixel] === 0 &&
    masks.dark.data[pixel] === 0;
  const places: number[] = [];
  masks.tissue.data.forEach((_, pixel) => {
    if (isClean(pixel)) places.push(pixel);
  });
  if (places.length === 0) return new Uint8Array();
  const random = RandomStream.of('stain-sample', seed);
  const mpp = Math.max(sampleMpp, slideMppValue(info.mpp));
  const side = (squarePx * mpp) / slideMppValue(info.mpp);
  const kept = new Uint8Array(squares * squarePx * squarePx * 3);
  let length = 0;
  for (let square = 0; square < squares; square += 1) {
    throwIfCancelled(context.signal);
    const place = places[random.nextInteger(places.length)] ?? 0;
    const left = ((place % image.width) + 0.5) * scaleX - side / 2;
    const top = (Math.floor(place / image.width) + 0.5) * scaleY - side / 2;
    const rect = { x: left, y: top, width: side, height: side };
    const { data } = await readScaledRegion(reader, rect, squarePx, squarePx, context.signal);
    for (let pixel = 0; pixel < squarePx * squarePx; pixel += 1) {
      const x = Math.floor((left + ((pixel % squarePx) + 0.5) * (side / squarePx)) / scaleX);
      const y = Math.floor((top + (Math.floor(pixel / squarePx) + 0.5) * (side / squarePx)) / scaleY);
      if (x < 0 || y < 0 || x >= image.width || y >= image.height || !isClean(y * image.width + x)) continue;
      kept.set(data.subarray(pixel * 3, pixel * 3 + 3), length);
      length += 3;
    }
    context.onProgress?.({ stage: 'Estimating stains', done: square + 1, total: squares });
  }
  return kept.subarray(0, length);
}
