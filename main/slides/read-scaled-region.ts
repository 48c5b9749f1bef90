/**
 * Pixels of a level-0 rectangle at any size or mpp: picks the coarsest level that is still fine enough and resamples from
 * it block by block, so memory stays small even when a whole slide without a pyramid is reduced to a thumbnail.
 */
import type { Level0Rect } from '#common/domain/tile.ts';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import { axisWeights, resampleBlock, sourceSpan } from './area-resample.ts';
import { maximumRegionPixels, type RgbImage, type SlideReader } from './slide-reader.ts';
import { untilAborted } from './until-aborted.ts';

/** Side of a block in source pixels: about 12 MiB of RGB. */
const blockSourcePx = 2048;

/** The coarsest level whose downsample is at most `downsample` (level-0 pixels per output pixel); level 0 when none is. */
export function levelForDownsample(reader: SlideReader, downsample: number): number {
  let best = 0;
  reader.info.levels.forEach((level, index) => {
    const finest = reader.info.levels[best]?.downsample ?? 1;
    // A thousandth of slack: 0.2501 micrometres stored as level 2 of 4.0003 is still level 2.
    if (level.downsample <= downsample * 1.001 && level.downsample >= finest) best = index;
  });
  return best;
}

/**
 * `outWidth` x `outHeight` RGB pixels of `rect` (level-0 pixels, may be fractional and stick out; outside is white).
 * Area average when reducing, bilinear when enlarging. Throws as `readRegion` does.
 */
export async function readScaledRegion(
  reader: SlideReader,
  rect: Level0Rect,
  outWidth: number,
  outHeight: number,
  signal?: AbortSignal,
): Promise<RgbImage> {
  checkRequest(rect, outWidth, outHeight);
  const wanted = Math.min(rect.width / outWidth, rect.height / outHeight);
  const level = levelForDownsample(reader, wanted);
  const scale = reader.info.levels[level]?.downsample ?? 1;
  const columns = axisWeights(rect.x / scale, rect.width / scale, outWidth);
  const rows = axisWeights(rect.y / scale, rect.height / scale, outHeight);
  const blockWidth = Math.max(1, Math.floor(blockSourcePx / Math.max(1, rect.width / scale / outWidth)));
  const blockHeight = Math.max(1, Math.floor(blockSourcePx / Math.max(1, rect.height / scale / outHeight)));
  const data = new Uint8Array(outWidth * outHeight * 3);
  for (let rowFrom = 0; rowFrom < outHeight; rowFrom += blockHeight) {
    const rowTo = Math.min(outHeight, rowFrom + blockHeight);
    const down = sourceSpan(rows, rowFrom, rowTo);
    for (let columnFrom = 0; columnFrom < outWidth; columnFrom += blockWidth) {
      throwIfCancelled(signal);
      const columnTo = Math.min(outWidth, columnFrom + blockWidth);
      const across = sourceSpan(columns, columnFrom, columnTo);
      const [width, height] = [across.end - across.first, down.end - down.first];
      const region = { level, x: across.first, y: down.first, width, height };
      const source = await untilAborted(reader.readRegion(region, signal), signal);
      const block = { columnFrom, columnTo, rowFrom, rowTo };
      resampleBlock(source, across.first, down.first, columns, rows, block, data, outWidth);
    }
  }
  return { width: outWidth, height: outHeight, data };
}

/** The rectangle at `mpp` micrometres per pixel, sides rounded to whole pixels. Throws `mpp-missing` when the slide has none. */
export async function readRegionAtMpp(
  reader: SlideReader,
  rect: Level0Rect,
  mpp: number,
  signal?: AbortSignal,
): Promise<RgbImage> {
  const slideMpp = reader.info.mpp;
  if (slideMpp.source === 'missing') {
    throw new TrefoilError(
      'mpp-missing',
      'The slide does not say how large its pixels are.',
      'Set the micrometres per pixel by hand, e.g. from a scale bar.',
    );
  }
  const outWidth = Math.max(1, Math.round((rect.width * slideMpp.x) / mpp));
  const outHeight = Math.max(1, Math.round((rect.height * slideMpp.y) / mpp));
  return readScaledRegion(reader, rect, outWidth, outHeight, signal);
}

function checkRequest(rect: Level0Rect, outWidth: number, outHeight: number): void {
  const finite = [rect.x, rect.y].every((value) => Math.abs(value) < 2 ** 30);
  const sized = [rect.width, rect.height].every((value) => value > 0 && value < 2 ** 30);
  const whole = [outWidth, outHeight].every((value) => Number.isSafeInteger(value) && value >= 1);
  if (!finite || !sized || !whole) {
    throw new TrefoilError(
      'invalid-input',
      `A region of ${rect.width} x ${rect.height} px cannot be read as ${outWidth} x ${outHeight} px.`,
      'Give a rectangle with positive sides and a size in whole pixels.',
    );
  }
  if (outWidth * outHeight > maximumRegionPixels) {
    throw new TrefoilError(
      'limit-exceeded',
      `${outWidth} x ${outHeight} px are too many to read at once.`,
      'Read the region in parts or at a coarser resolution.',
      { pixels: outWidth * outHeight, maximumRegionPixels },
    );
  }
}
