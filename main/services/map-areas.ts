/** Areas of a map in square millimetres: per class, slide and region; what is no tissue or not classified stays apart. */
import type { z } from 'zod';
import type { MapAreas, mapsCalls } from '#common/contract/maps.ts';
import { counted } from '#common/counted.ts';
import { insideCrossings, rowCrossings } from '#common/geometry.ts';
import { cellAreaMm2 } from '../maps/areas.ts';
import type { RegionRow } from '../store/region-rows.ts';
import type { AppliedClassifier, SlideMap } from './slide-maps.ts';
import type { SlideRange, TileLookup } from './tile-lookup.ts';

type Areas = z.output<typeof mapsCalls.areas.output>;

/** A tile stands for its stride cell (maps/areas.ts), so overlapping tiles are not counted twice. */
export function areasOfSlide(
  { lookup, range, prediction }: SlideMap,
  classifier: AppliedClassifier,
  name: string,
  threshold: number,
  regions: readonly RegionRow[],
): MapAreas {
  const { sizePx, stridePx, mpp } = lookup.set.settings;
  const cell = cellAreaMm2(sizePx, stridePx, mpp);
  const classCount = classifier.classes.length;
  /** Class index per tile, -1 below the threshold. */
  const shown = Int32Array.from({ length: range.count }, (_, tile) => {
    const label = prediction.prediction[tile] ?? 0;
    return (prediction.probabilities[tile * classCount + label] ?? 0) < threshold ? -1 : label;
  });
  const reasons: Record<string, number> = {};
  for (const [, , reason] of range.slide.dropped) reasons[reason] = (reasons[reason] ?? 0) + 1;
  const count = (isCounted: (tile: number) => boolean) => {
    const counts = new Array<number>(classCount + 1).fill(0);
    let total = 0;
    for (let tile = 0; tile < range.count; tile += 1) {
      if (!isCounted(tile)) continue;
      total += 1;
      const at = (shown[tile] ?? -1) + 1;
      counts[at] = (counts[at] ?? 0) + 1;
    }
    const area = (tiles: number) => ({
      tiles,
      areaMm2: tiles * cell,
      percent: total === 0 ? 0 : (100 * tiles) / total,
    });
    const [unclassified = 0, ...classified] = counts;
    return { unclassified: area(unclassified), classes: classified.map(area) };
  };
  const whole = count(() => true);
  const none = range.slide.dropped.length;
  return {
    slide: range.slide.slide,
    name,
    mpp: range.slide.mpp,
    mppSource: range.slide.mppSource,
    classes: classifier.classes.map((item, index) => ({
      name: item.name,
      colour: item.colour,
      ...(whole.classes[index] ?? { tiles: 0, areaMm2: 0, percent: 0 }),
    })),
    unclassified: whole.unclassified,
    noTissue: { tiles: none, areaMm2: none * cell, reasons },
    regions: regions
      .filter((region) => region.kind === 'include')
      .map((region) => {
        const isInside = tilesInside(lookup, range, region);
        return { region: region.id, name: region.name, ...count((tile) => isInside[tile] === 1) };
      }),
  };
}

/** 1 for the slide's tiles whose centre lies in one of the region's polygons. */
function tilesInside(lookup: TileLookup, range: SlideRange, region: RegionRow): Uint8Array {
  const inside = new Uint8Array(range.count);
  // Tiles of one row share the crossings of their centre line.
  const byRow = new Map<number, Float64Array[]>();
  for (let tile = 0; tile < range.count; tile += 1) {
    const { row, rect } = lookup.place(range.first + tile);
    const y = rect.y + rect.height / 2;
    let crossings = byRow.get(row);
    if (crossings === undefined) {
      byRow.set(row, (crossings = region.polygons.map((polygon) => rowCrossings(polygon, y))));
    }
    if (crossings.some((line) => insideCrossings(line, rect.x + rect.width / 2))) inside[tile] = 1;
  }
  return inside;
}

export function totalOf(slides: readonly MapAreas[], classifier: AppliedClassifier): Areas['total'] {
  const sum = (pick: (slide: MapAreas) => number): number => slides.reduce((total, slide) => total + pick(slide), 0);
  const tissue = sum((slide) => slide.unclassified.tiles + slide.classes.reduce((n, item) => n + item.tiles, 0));
  const area = (pick: (slide: MapAreas) => { tiles: number; areaMm2: number } | undefined) => {
    const tiles = sum((slide) => pick(slide)?.tiles ?? 0);
    return {
      tiles,
      areaMm2: sum((slide) => pick(slide)?.areaMm2 ?? 0),
      percent: tissue === 0 ? 0 : (100 * tiles) / tissue,
    };
  };
  const reasons: Record<string, number> = {};
  for (const slide of slides) {
    for (const [reason, tiles] of Object.entries(slide.noTissue.reasons))
      reasons[reason] = (reasons[reason] ?? 0) + tiles;
  }
  return {
    classes: classifier.classes.map(({ name, colour }, index) => ({
      name,
      colour,
      ...area((slide) => slide.classes[index]),
    })),
    unclassified: area((slide) => slide.unclassified),
    noTissue: { tiles: sum((slide) => slide.noTissue.tiles), areaMm2: sum((slide) => slide.noTissue.areaMm2), reasons },
  };
}

export function notesOn(slides: readonly MapAreas[], threshold: number): string[] {
  const notes: string[] = [];
  const estimated = slides.filter((slide) => slide.mppSource === 'objective-power').length;
  const byHand = slides.filter((slide) => slide.mppSource === 'by-hand').length;
  if (estimated > 0)
    notes.push(`The pixel size of ${counted(estimated, 'slide')} is estimated from the objective: so are the areas.`);
  if (byHand > 0) notes.push(`The pixel size of ${counted(byHand, 'slide')} was set by hand.`);
  if (threshold > 0) notes.push(`Tiles below ${Math.round(100 * threshold)} % count as not classified.`);
  return notes;
}
