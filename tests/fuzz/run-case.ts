/** One damaged slide: opened and read in every way the port offers. Answers how that ended; throws what is no TrefoilError. */
import { TrefoilError } from '#common/errors.ts';
import { MemoryGuard } from '#main/slides/memory-guard.ts';
import { openSlide } from '#main/slides/open-slide.ts';
import { readScaledRegion } from '#main/slides/read-scaled-region.ts';
import type { SlideReader } from '#main/slides/slide-reader.ts';

export interface CaseOutcome {
  /** 'read' or the code of the first error. */
  readonly outcome: string;
  readonly largestBytes: number;
}

export async function runCase(path: string): Promise<CaseOutcome> {
  const memory = new MemoryGuard();
  let outcome = 'read';
  const attempt = async (act: () => Promise<unknown>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof TrefoilError) || error.code === 'internal') throw error;
      if (error.hint === '' || error.message === '') throw new Error(`no hint with ${error.code}`, { cause: error });
      if (outcome === 'read') outcome = error.code;
    }
  };
  await attempt(async () => {
    await using reader = await openSlide(path, { memory, tileCache: 8 * 1024 * 1024, library: 'never' });
    for (const act of readsOf(reader)) await attempt(act);
  });
  return { outcome, largestBytes: memory.largestBytes };
}

function readsOf(reader: SlideReader): (() => Promise<unknown>)[] {
  const { info } = reader;
  const { width, height, levels, associatedImages } = info;
  for (const value of [width, height, ...levels.flatMap((level) => [level.width, level.height, level.downsample])]) {
    if (!(value > 0) || !Number.isFinite(value)) throw new Error(`a size of ${value}`);
  }
  const acts: (() => Promise<unknown>)[] = [];
  for (const [level, size] of levels.slice(0, 4).entries()) {
    const region = { width: Math.min(size.width + 4, 256), height: Math.min(size.height + 4, 256) };
    acts.push(() => reader.readRegion({ level, x: -2, y: -2, ...region }));
    // The far corner: where the last tiles are cut off.
    acts.push(() => reader.readRegion({ level, x: size.width - 3, y: size.height - 3, width: 8, height: 8 }));
    acts.push(async () => reader.readStoredJpegTile?.(level, 0, 0));
  }
  if (width * height < 1e6) acts.push(() => readScaledRegion(reader, { x: 0, y: 0, width, height }, 9, 9));
  for (const { name } of associatedImages.slice(0, 4)) acts.push(() => reader.readAssociatedImage(name));
  acts.push(async () => reader.readColourProfile?.());
  return acts;
}
