/** What the plan says beside the tiles on disk; settings that are read back; the mask as a picture. */
import { describe, expect, it } from 'vitest';
import { previewLayers } from '#common/tissue-preview.ts';
import type { TileSetSummary } from '#common/contract/tiles.ts';
import { planDifference } from '../../../../../renderer/features/regions/plan-difference.ts';
import { defaultTileSettings, isSame, readSettings } from '../../../../../renderer/features/regions/tile-settings.ts';
import { areaToAsk, maskColours } from '../../../../../renderer/features/regions/tissue-picture.ts';
import { gridOf, lookOf } from '../../../../../renderer/features/regions/tile-look.ts';
import type { PlanAnswer } from '../../../../../renderer/features/regions/useTilePlan.ts';

const counts = (kept: number, outside: number, blur = 0) => ({
  slide: 's',
  name: 'S',
  planned: 100,
  kept,
  dropped: { 'outside-region': outside, 'little-tissue': 100 - kept - outside - blur, pen: 0, blur },
  warnings: [],
});
const cut: TileSetSummary = {
  ...defaultTileSettings,
  tileSet: 't',
  createdAt: '',
  isCurrent: true,
  colour: 'as-stored',
  kept: 60,
  bytes: 1,
  slides: [counts(60, 10, 5)],
};
const plan = (...slides: ReturnType<typeof counts>[]): PlanAnswer => ({
  plan: 'x',
  kept: 65,
  bytes: 1,
  slides,
  refused: [],
  seconds: 1,
  sentence: '',
});

describe('the plan beside the tiles on disk', () => {
  it('is the same when only blur, which a plan cannot know, tells them apart', () => {
    expect(planDifference(cut, defaultTileSettings, plan(counts(65, 10)))).toBe('none');
  });

  it.each([
    ['another size', { ...defaultTileSettings, sizePx: 256 }, 'settings'],
    ['another least tissue', { ...defaultTileSettings, minTissue: 0.5 }, 'settings'],
    [
      'another way to find tissue',
      { ...defaultTileSettings, tissue: { ...defaultTileSettings.tissue, method: 'fixed' as const } },
      'tissue-or-regions',
    ],
  ])('differs by %s', (_, settings, expected) => {
    expect(planDifference(cut, settings, null)).toBe(expected);
  });

  it.each([
    ['regions changed', plan(counts(50, 25))],
    ['a slide was added', plan(counts(65, 10), { ...counts(10, 0), slide: 'new' })],
    ['a slide was taken out', plan()],
  ])('differs when %s', (_, answer) => {
    expect(planDifference(cut, defaultTileSettings, answer)).toBe('tissue-or-regions');
  });

  it('says nothing before the first cut and before the plan is there', () => {
    expect(planDifference(null, defaultTileSettings, plan(counts(1, 1)))).toBe('none');
    expect(planDifference(cut, defaultTileSettings, null)).toBe('none');
  });
});

describe('remembered settings', () => {
  it('are read back as they were written', () => {
    expect(readSettings(JSON.stringify(defaultTileSettings))).toEqual(defaultTileSettings);
  });

  it.each([null, '', '{', '[]', '{"sizePx":1}', '{"tissue":{"method":"magic"}}'])('%s is none', (text) => {
    expect(readSettings(text)).toBeNull();
  });

  it('are the same with another threshold while the threshold is found automatically', () => {
    const other = { ...defaultTileSettings, tissue: { ...defaultTileSettings.tissue, saturationThreshold: 0.4 } };
    expect(isSame(other, defaultTileSettings)).toBe(true);
    const fixed = { ...other, tissue: { ...other.tissue, method: 'fixed' as const } };
    expect(isSame(fixed, defaultTileSettings)).toBe(false);
  });
});

describe('the tissue mask', () => {
  it('leaves tissue as it is, shades glass and gives every artefact a colour of its own', () => {
    const [glass, tissue, ...artefacts] = maskColours(Uint8Array.from(previewLayers, (_, layer) => layer));
    expect(tissue).toBe(0);
    expect(new Set([glass, tissue, ...artefacts]).size).toBe(previewLayers.length);
  });

  it('is asked of what is seen with a margin, of the whole slide when most of it is seen', () => {
    const slide = { width: 40_000, height: 30_000 };
    const area = areaToAsk({ x: 10_000, y: 10_000, width: 1000, height: 800 }, slide);
    expect(area).not.toBeNull();
    expect(area!.x).toBeLessThanOrEqual(9600);
    expect(area!.x + area!.width).toBeGreaterThanOrEqual(11_400);
    expect(areaToAsk({ x: 0, y: 0, width: 40_000, height: 30_000 }, slide)).toBeNull();
    expect(areaToAsk({ x: -9000, y: 0, width: 100, height: 100 }, slide)).toBeNull();
  });

  it('is not asked again for a small move', () => {
    const slide = { width: 40_000, height: 30_000 };
    const seen = { x: 10_010, y: 10_010, width: 1000, height: 800 };
    expect(areaToAsk({ ...seen, x: seen.x + 20 }, slide)).toEqual(areaToAsk(seen, slide));
  });
});

describe('the grid of a plan', () => {
  it('has the columns and rows that occur, at the ratio of tile to slide', () => {
    const columns = { columns: Int32Array.of(0, 4), rows: Int32Array.of(0, 2) };
    const grid = gridOf(columns as never, defaultTileSettings, 0.25);
    expect(grid).toMatchObject({ columns: 5, rows: 3, downsample: 4, sizePx: 128 });
  });

  it('draws nothing outside regions, and dropped tiles the stronger the closer they came', () => {
    const columns = {
      columns: Int32Array.of(0, 1, 2, 3),
      rows: new Int32Array(4),
      indices: new Int32Array(4).fill(-1),
      reasons: Uint8Array.of(0, 1, 2, 2),
      classes: new Uint8Array(4),
      tissue: Uint8Array.of(255, 255, 0, 70),
    };
    const { fills, index } = lookOf(columns, gridOf(columns, defaultTileSettings, 1), true);
    const alpha = [...fills].map((packed) => packed >>> 24);
    expect(alpha[0]).toBeGreaterThan(0);
    expect(alpha[1]).toBe(0);
    expect(alpha[3]).toBeGreaterThan(alpha[2]!);
    expect(index.at(3 * 128 + 5, 5)).toBe(3);
  });
});
