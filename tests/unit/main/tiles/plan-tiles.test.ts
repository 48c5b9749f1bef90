import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pointInPolygon } from '#common/geometry.ts';
import type { RegionShape, Ring } from '#common/domain/region.ts';
import type { SlideInfo, SlideMpp } from '#common/domain/slide.ts';
import { defaultTissueSettings } from '#common/domain/tile.ts';
import type { TileGrid, TileSettings } from '#common/domain/tile.ts';
import type { SlideReader } from '#main/slides/slide-reader.ts';
import type { Mask } from '#main/tiles/connected-components.ts';
import { planTiles } from '#main/tiles/plan-tiles.ts';
import type { ReadScaledRegion, TilePlan } from '#main/tiles/plan-tiles.ts';
import { selectTiles } from '#main/tiles/select-tiles.ts';
import { tileRect } from '#main/tiles/tile-grid.ts';

const side = 4000;
const settings: TileSettings = { sizePx: 100, mpp: 1, stridePx: 100, minTissue: 0.5, tissue: defaultTissueSettings };

function infoOf(mpp: SlideMpp = { source: 'by-hand', x: 1, y: 1 }): SlideInfo {
  return {
    width: side,
    height: side,
    levels: [{ width: side, height: side, downsample: 1, tileWidth: 256, tileHeight: 256 }],
    mpp,
    vendor: 'generated',
    objectivePower: null,
    compression: 'none',
    associatedImages: [],
  };
}

const unusedReader = {} as SlideReader;
type Colour = readonly [number, number, number];
const glass: Colour = [243, 242, 244];
const tissue: Colour = [205, 120, 175];
const pen: Colour = [20, 140, 60];

/** A slide painted by a function of level-0 position; counts the reads and their largest size. */
function painted(colourAt: (x: number, y: number) => Colour): ReadScaledRegion & { reads: number; largest: number } {
  const read: ReadScaledRegion = (_, rect, outWidth, outHeight) => {
    result.reads += 1;
    result.largest = Math.max(result.largest, rect.width * rect.height);
    const data = new Uint8Array(outWidth * outHeight * 3);
    for (let row = 0; row < outHeight; row += 1) {
      for (let column = 0; column < outWidth; column += 1) {
        const x = rect.x + ((column + 0.5) / outWidth) * rect.width;
        const y = rect.y + ((row + 0.5) / outHeight) * rect.height;
        data.set(colourAt(x, y), (row * outWidth + column) * 3);
      }
    }
    return Promise.resolve({ width: outWidth, height: outHeight, data });
  };
  const result = Object.assign(read, { reads: 0, largest: 0 });
  return result;
}

function plan(
  readScaledRegion: ReadScaledRegion,
  regions: readonly RegionShape[] = [],
  info = infoOf(),
  own = settings,
): Promise<TilePlan> {
  return planTiles({ reader: unusedReader, info, readScaledRegion, regions, settings: own });
}

const box = (left: number, top: number, right: number, bottom: number): Ring => [
  [left, top],
  [right, top],
  [right, bottom],
  [left, bottom],
  [left, top],
];
const region = (kind: RegionShape['kind'], ...rings: Ring[]): RegionShape => ({ kind, name: kind, polygons: [rings] });

describe('tile plan', () => {
  const halfTissue = (x: number, y: number): Colour => {
    if (x > 3000 && y < 1000) return pen;
    return x < 2000 && y > 1000 ? tissue : glass;
  };

  it('keeps the tiles on tissue and counts the others by reason', async () => {
    const found = await plan(painted(halfTissue));
    expect(found.grid).toMatchObject({ columns: 40, rows: 40 });
    expect(found.tiles).toHaveLength(1600);
    expect(found.counts).toEqual({
      kept: 600,
      'outside-region': 0,
      'little-tissue': 1000,
      pen: 0,
      blur: 0,
      fold: 0,
      dark: 0,
    });
    expect(found.tissue).toMatchObject({ origin: 'otsu', maskWidth: 500, maskHeight: 500, maskMpp: 8 });
    expect(found.tissue.tissueShare).toBeCloseTo(0.375, 3);
    expect(found.warnings).toEqual(['6 % of the slide looks like pen or a black border.']);
    expect(found.tiles.every((tile) => tile.tissue > 0.5 === (tile.column < 20 && tile.row >= 10))).toBe(true);
  });

  it('names pen where tissue is drawn on', async () => {
    const striped = (x: number, y: number): Colour => (x < 2000 && y % 100 < 16 ? pen : x < 2000 ? tissue : glass);
    const own = { ...settings, tissue: { ...defaultTissueSettings, minHoleUm2: 0, minSpeckUm2: 0 } };
    const found = await plan(painted(striped), [], infoOf(), own);
    expect(found.counts).toMatchObject({ kept: 0, pen: 800, 'little-tissue': 800 });
  });

  it('gives the first reason that applies, region before tissue', async () => {
    const found = await plan(painted(halfTissue), [region('include', box(0, 0, 1000, 4000))]);
    expect(found.counts).toMatchObject({ kept: 300, 'outside-region': 1200, 'little-tissue': 100 });
  });

  it('reads a large single-level slide in strips', async () => {
    const read = painted(halfTissue);
    const info = { ...infoOf(), width: 40_000, height: 10_000 };
    const wide = { ...info, levels: [{ ...info.levels[0]!, width: 40_000, height: 10_000 }] };
    await plan(read, [], wide);
    expect(read.reads).toBeGreaterThan(20);
    expect(read.largest).toBeLessThanOrEqual(16_500_000);
  });

  it('warns of a blank slide, of nothing kept and of nearly everything kept', async () => {
    expect((await plan(painted(() => glass))).warnings).toEqual(['Nothing was kept: the slide looks blank.']);
    const outside = await plan(painted(halfTissue), [region('include', box(9000, 0, 9100, 50))]);
    expect(outside.warnings[0]).toContain('"outside-region"');
    const all = await plan(painted((x, y) => ((x + y) % 2 < 1 ? tissue : [150, 90, 170])));
    expect(all.warnings[0]).toContain('Nearly every tile was kept');
    const small = await plan(
      painted(() => glass),
      [],
      infoOf(),
      { ...settings, sizePx: 4096, stridePx: 4096 },
    );
    expect(small.warnings[0]).toContain('smaller than one tile');
  });

  it('refuses a slide without mpp, settings out of range and stops when cancelled', async () => {
    const read = painted(halfTissue);
    await expect(plan(read, [], infoOf({ source: 'missing' }))).rejects.toMatchObject({ code: 'mpp-missing' });
    await expect(plan(read, [], infoOf(), { ...settings, minTissue: 1.5 })).rejects.toMatchObject({
      code: 'invalid-input',
    });
    expect(read.reads).toBe(0);
    const options = { reader: unusedReader, info: infoOf(), readScaledRegion: read, regions: [], settings };
    await expect(planTiles(options, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('tile selection by regions', () => {
  const grid: TileGrid = { level: 0, columns: 20, rows: 20, downsample: 1, sizePx: 10, stridePx: 10 };
  const all: Mask = { width: 1, height: 1, data: Uint8Array.from([1]) };
  const none: Mask = { width: 1, height: 1, data: Uint8Array.from([0]) };
  const plain = {
    ...{ grid, slideWidth: 200, slideHeight: 200, regions: [], minTissue: 0 },
    ...{ pen: none, fold: none, dark: none, maxPen: 0, maxFold: 0, maxDark: 0 },
  };
  const select = (regions: readonly RegionShape[]): ReturnType<typeof selectTiles> =>
    selectTiles({ ...plain, tissue: all, regions });

  it('keeps exactly the tiles whose centre is in an include and in no exclude region', () => {
    const point = fc.tuple(fc.integer({ min: -20, max: 220 }), fc.integer({ min: -20, max: 220 }));
    const shape: fc.Arbitrary<RegionShape> = fc.record({
      kind: fc.constantFrom('include' as const, 'exclude' as const),
      name: fc.constant(''),
      polygons: fc.array(fc.array(fc.array(point, { minLength: 3, maxLength: 7 }), { minLength: 1, maxLength: 2 }), {
        minLength: 1,
        maxLength: 2,
      }),
    });
    fc.assert(
      fc.property(fc.array(shape, { maxLength: 4 }), (regions) => {
        for (const tile of select(regions)) {
          const rect = tileRect(grid, tile.column, tile.row);
          const within = (kind: RegionShape['kind']): boolean =>
            regions.some(
              (candidate) =>
                candidate.kind === kind &&
                candidate.polygons.some((polygon) =>
                  pointInPolygon(polygon, rect.x + rect.width / 2, rect.y + rect.height / 2),
                ),
            );
          const everywhere = !regions.some(({ kind }) => kind === 'include');
          expect(tile.dropped === null).toBe((everywhere || within('include')) && !within('exclude'));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('leaves out holes and excluded parts', () => {
    const kept = (regions: readonly RegionShape[]): number =>
      select(regions).filter(({ dropped }) => dropped === null).length;
    expect(kept([])).toBe(400);
    expect(kept([region('include', box(0, 0, 100, 100), box(20, 20, 40, 40))])).toBe(96);
    expect(kept([region('include', box(0, 0, 100, 100)), region('exclude', box(0, 0, 50, 100))])).toBe(50);
    expect(kept([region('exclude', box(0, 0, 50, 200))])).toBe(300);
  });

  it('drops a tile without any tissue even when no share is asked for', () => {
    const tiles = selectTiles({ ...plain, tissue: none });
    expect(new Set(tiles.map(({ dropped }) => dropped))).toEqual(new Set(['little-tissue']));
  });

  it('names the first artefact of which a tile has too much', () => {
    const reasonOf = (masks: { pen?: Mask; fold?: Mask; dark?: Mask }): unknown =>
      selectTiles({ ...plain, tissue: all, ...masks })[0]?.dropped;
    expect(reasonOf({ pen: all, fold: all, dark: all })).toBe('pen');
    expect(reasonOf({ fold: all, dark: all })).toBe('fold');
    expect(reasonOf({ dark: all })).toBe('dark');
    expect(selectTiles({ ...plain, tissue: all, fold: all, maxFold: 1 })[0]?.dropped).toBeNull();
  });
});
