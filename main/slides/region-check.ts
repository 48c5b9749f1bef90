/** Bounds on a requested region, the same for every reader. */
import type { SlideInfo } from '#common/domain/slide.ts';
import { TrefoilError } from '#common/errors.ts';
import { maximumRegionPixels, type LevelRegion } from './slide-reader.ts';

/** Throws `invalid-input` for a level that is not there or sides that are no positive integers, `limit-exceeded` above the bound. */
export function checkRegion(info: SlideInfo, region: LevelRegion, fileName: string): void {
  const { level, x, y, width, height } = region;
  const integers = [level, x, y, width, height].every((value) => Number.isSafeInteger(value));
  if (!integers || level < 0 || level >= info.levels.length || width < 1 || height < 1) {
    throw new TrefoilError(
      'invalid-input',
      `${fileName} has no region ${width} x ${height} at (${x}, ${y}) of level ${level}.`,
      `Give whole pixels and a level from 0 to ${info.levels.length - 1}.`,
    );
  }
  if (width * height > maximumRegionPixels) {
    throw new TrefoilError(
      'limit-exceeded',
      `A region of ${width} x ${height} px of ${fileName} is too large to read at once.`,
      'Read it in parts or at a coarser resolution.',
      { pixels: width * height, maximumRegionPixels },
    );
  }
}
