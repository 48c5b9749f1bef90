import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tileAt, tileGrid, tileRect } from '#main/tiles/tile-grid.ts';
import type { SlideLevel, SlideMpp } from '#common/domain/slide.ts';
import { defaultTissueSettings } from '#common/domain/tile.ts';
import type { TileSettings } from '#common/domain/tile.ts';

function levelsOf(width: number, height: number, downsamples: readonly number[] = [1]): SlideLevel[] {
  return downsamples.map((downsample) => ({
    width: Math.floor(width / downsample),
    height: Math.floor(height / downsample),
    downsample,
    tileWidth: 256,
    tileHeight: 256,
  }));
}

function settingsOf(sizePx: number, mpp: number, stridePx = sizePx): TileSettings {
  return { sizePx, mpp, stridePx, minTissue: 0.5, tissue: defaultTissueSettings };
}

const byHand = (mpp: number): SlideMpp => ({ source: 'by-hand', x: mpp, y: mpp });

const cases = fc.record({
  width: fc.integer({ min: 1, max: 4000 }),
  height: fc.integer({ min: 1, max: 4000 }),
  sizePx: fc.integer({ min: 8, max: 300 }),
  strideShare: fc.double({ min: 0.2, max: 1.8, noNaN: true }),
  slideMpp: fc.double({ min: 0.1, max: 1.2, noNaN: true }),
});

describe('tile grid', () => {
  it('places complete tiles of 256 level-0 pixels for 128 px at 1 um on a 0.5 um slide', () => {
    const grid = tileGrid(levelsOf(2220, 2967), byHand(0.5), settingsOf(128, 1));
    expect(grid).toEqual({ level: 0, columns: 8, rows: 11, downsample: 2, sizePx: 128, stridePx: 128 });
    expect(tileRect(grid, 7, 10)).toEqual({ x: 1792, y: 2560, width: 256, height: 256 });
  });

  it('reads the coarsest level that is at least as fine as wanted', () => {
    const levels = levelsOf(20_000, 20_000, [1, 4.0002, 16]);
    expect(tileGrid(levels, byHand(0.25), settingsOf(128, 1)).level).toBe(1);
    expect(tileGrid(levels, byHand(0.25), settingsOf(128, 0.9)).level).toBe(0);
    expect(tileGrid(levels, byHand(0.25), settingsOf(128, 8)).level).toBe(2);
  });

  it('keeps every tile inside the slide and leaves less than one stride over', () => {
    fc.assert(
      fc.property(cases, ({ width, height, sizePx, strideShare, slideMpp }) => {
        const stridePx = Math.max(1, Math.round(sizePx * strideShare));
        const grid = tileGrid(levelsOf(width, height), byHand(slideMpp), settingsOf(sizePx, 1, stridePx));
        if (grid.columns === 0 || grid.rows === 0) return;
        const corner = tileRect(grid, grid.columns - 1, grid.rows - 1);
        expect(corner.x + corner.width).toBeLessThanOrEqual(width);
        expect(corner.y + corner.height).toBeLessThanOrEqual(height);
        const beyond = tileRect(grid, grid.columns, grid.rows);
        expect(beyond.x + beyond.width).toBeGreaterThan(width);
        expect(beyond.y + beyond.height).toBeGreaterThan(height);
      }),
    );
  });

  it('covers the slide without gap or overlap when stride equals size', () => {
    fc.assert(
      fc.property(cases, fc.nat(), ({ width, height, sizePx, slideMpp }, pick) => {
        const grid = tileGrid(levelsOf(width, height), byHand(slideMpp), settingsOf(sizePx, 1));
        if (grid.columns < 2 || grid.rows < 1) return;
        const column = pick % (grid.columns - 1);
        const left = tileRect(grid, column, 0);
        expect(left.x + left.width).toBe(tileRect(grid, column + 1, 0).x);
      }),
    );
  });

  it('finds the tile of its own centre, whatever the stride, and of every point when stride equals size', () => {
    fc.assert(
      fc.property(cases, fc.nat(), fc.nat(), ({ width, height, sizePx, strideShare, slideMpp }, a, b) => {
        const stridePx = Math.max(2, Math.round(sizePx * strideShare));
        const grid = tileGrid(levelsOf(width, height), byHand(slideMpp), settingsOf(sizePx, 1, stridePx));
        if (grid.columns > 0 && grid.rows > 0) {
          const position = { column: a % grid.columns, row: b % grid.rows };
          const rect = tileRect(grid, position.column, position.row);
          expect(tileAt(grid, rect.x + rect.width / 2, rect.y + rect.height / 2)).toEqual(position);
        }
        const gapless = tileGrid(levelsOf(width, height), byHand(slideMpp), settingsOf(sizePx, 1));
        if (gapless.columns === 0 || gapless.rows === 0) return;
        const position = { column: a % gapless.columns, row: b % gapless.rows };
        const rect = tileRect(gapless, position.column, position.row);
        expect(tileAt(gapless, rect.x, rect.y)).toEqual(position);
        expect(tileAt(gapless, rect.x + rect.width - 0.5, rect.y + rect.height - 0.5)).toEqual(position);
      }),
    );
  });

  it('answers null outside the grid and in gaps', () => {
    const grid = tileGrid(levelsOf(1000, 1000), byHand(1), settingsOf(100, 1, 150));
    expect(tileAt(grid, 120, 20)).toBeNull();
    expect(tileAt(grid, -1, 20)).toBeNull();
    expect(tileAt(grid, 20, 1000)).toBeNull();
    expect(tileAt(grid, 150, 20)).toEqual({ column: 1, row: 0 });
  });

  it('gives an empty grid for a slide smaller than one tile', () => {
    expect(tileGrid(levelsOf(100, 1000), byHand(1), settingsOf(128, 1))).toMatchObject({ columns: 0, rows: 7 });
  });

  it('refuses a slide without mpp, a slide too coarse and impossible settings, saying what to do', () => {
    const levels = levelsOf(1000, 1000);
    const failure = (mpp: SlideMpp, settings: TileSettings): unknown => {
      try {
        return tileGrid(levels, mpp, settings);
      } catch (error) {
        return error;
      }
    };
    expect(failure({ source: 'missing' }, settingsOf(128, 1))).toMatchObject({ code: 'mpp-missing' });
    expect(failure(byHand(1.25), settingsOf(128, 1))).toMatchObject({ sizePx: 128 });
    expect(failure(byHand(1.26), settingsOf(128, 1))).toMatchObject({ code: 'invalid-input' });
    expect(failure(byHand(1.26), settingsOf(128, 1))).toHaveProperty('hint', expect.stringContaining('1.008'));
    expect(failure(byHand(1), settingsOf(0, 1))).toMatchObject({ code: 'invalid-input' });
    expect(failure(byHand(1), settingsOf(128, NaN))).toMatchObject({ code: 'invalid-input' });
    expect(failure(byHand(0.001), { ...settingsOf(8, 0.001), stridePx: 1 })).toHaveProperty('columns', 993);
  });
});
