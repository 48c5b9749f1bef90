/** What a map shows and how large each class is. The pictures themselves are in ./slide-maps.ts. */
import type { z } from 'zod';
import { mapsCalls, type MapAreas } from '#common/contract/maps.ts';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { maximumLevel } from '#common/slide-pyramid.ts';
import { cellAreaMm2 } from '../maps/areas.ts';
import { tileAtPoint } from '../maps/map-raster.ts';
import { listSlides } from '../store/slide-rows.ts';
import { classOnTile } from './label-changes.ts';
import type { OpenProjects } from './open-projects.ts';
import { classRows } from './project-classes.ts';
import type { AppliedClassifier, SlideMap, SlideMaps } from './slide-maps.ts';
import { currentTileSetId } from './tile-sets.ts';

type Areas = z.output<typeof mapsCalls.areas.output>;

export function createMapsService(projects: OpenProjects, maps: SlideMaps): ClientOf<typeof mapsCalls> {
  return implementService('maps', mapsCalls, {
    layers: async ({ project, classifier: wanted }) => {
      const classifier = await maps.find(project, wanted);
      if (classifier === null) return null;
      const { database } = projects.get(project);
      const slides = listSlides(database).filter((slide) => classifier.slides.has(slide.id));
      return {
        classifier: classifier.id,
        createdAt: classifier.createdAt,
        tileSet: classifier.tileSet,
        version: classifier.version,
        classes: classifier.classes.map((item) => ({ ...item })),
        layers: [
          { layer: 'class', name: 'Class' },
          { layer: 'confidence', name: 'Probability of the class shown' },
          ...classifier.classes.map(({ name }, index) => ({ layer: `p${index}`, name: `Probability of ${name}` })),
        ],
        slides: slides.map(({ id, name, info }) => {
          const { range } = maps.slideMap(project, classifier, id);
          const { stridePx, downsample } = range.slide.grid;
          const usefulLevel = maximumLevel(info) - Math.floor(Math.log2(Math.max(1, stridePx * downsample)));
          const { width, height } = info;
          return { slide: id, name, width, height, tiles: range.count, usefulLevel: Math.max(0, usefulLevel) };
        }),
        isStale: classifier.tileSet !== currentTileSetId(projects.get(project)),
      };
    },

    areas: async ({ project, classifier: wanted, slide: only, threshold }) => {
      const classifier = await maps.require(project, wanted);
      const slides = listSlides(projects.get(project).database)
        .filter((slide) => classifier.slides.has(slide.id) && (only === undefined || slide.id === only))
        .map((slide) => areasOfSlide(maps.slideMap(project, classifier, slide.id), classifier, slide.name, threshold));
      return {
        classifier: classifier.id,
        slides,
        total: totalOf(slides, classifier),
        notes: notesOn(slides, threshold),
      };
    },

    valueAt: async ({ project, classifier: wanted, slide, x, y }) => {
      const classifier = await maps.require(project, wanted);
      const { raster, range, lookup, prediction } = maps.slideMap(project, classifier, slide);
      const position = tileAtPoint(raster, x, y);
      const count = classifier.classes.length;
      if (position < 0) {
        const nothing = { tile: null, column: null, row: null, predicted: null, probabilities: [], label: null };
        return { ...nothing, sentence: 'No tile here: no tissue, or left out.' };
      }
      const tile = range.first + position;
      const predicted = prediction.prediction[position] ?? 0;
      const probabilities = classifier.classes.map((_, k) => prediction.probabilities[position * count + k] ?? 0);
      const { database } = projects.get(project);
      const said = classOnTile(database, lookup, tile);
      const label = classRows(database).find((item) => item.id === said)?.name ?? null;
      const percent = Math.round(100 * (probabilities[predicted] ?? 0));
      return {
        tile,
        column: lookup.columns[tile] ?? null,
        row: lookup.rows[tile] ?? null,
        predicted,
        probabilities,
        label,
        sentence: `${classifier.classes[predicted]?.name ?? ''} ${percent} %${label === null ? '' : `, labelled ${label}`}.`,
      };
    },
  });
}

/** A tile stands for its stride cell (maps/areas.ts), so overlapping tiles are not counted twice. */
export function areasOfSlide(
  { lookup, range, prediction }: SlideMap,
  classifier: AppliedClassifier,
  name: string,
  threshold: number,
): MapAreas {
  const { sizePx, stridePx, mpp } = lookup.set.settings;
  const cell = cellAreaMm2(sizePx, stridePx, mpp);
  const counts = classifier.classes.map(() => 0);
  let unclassified = 0;
  for (let tile = 0; tile < range.count; tile += 1) {
    const label = prediction.prediction[tile] ?? 0;
    const probability = prediction.probabilities[tile * counts.length + label] ?? 0;
    if (probability < threshold) unclassified += 1;
    else counts[label] = (counts[label] ?? 0) + 1;
  }
  const reasons: Record<string, number> = {};
  for (const [, , reason] of range.slide.dropped) reasons[reason] = (reasons[reason] ?? 0) + 1;
  const percent = (tiles: number): number => (range.count === 0 ? 0 : (100 * tiles) / range.count);
  const area = (tiles: number) => ({ tiles, areaMm2: tiles * cell, percent: percent(tiles) });
  const none = range.slide.dropped.length;
  return {
    slide: range.slide.slide,
    name,
    mpp: range.slide.mpp,
    mppSource: range.slide.mppSource,
    classes: classifier.classes.map((item, index) => ({
      name: item.name,
      colour: item.colour,
      ...area(counts[index] ?? 0),
    })),
    unclassified: area(unclassified),
    noTissue: { tiles: none, areaMm2: none * cell, reasons },
  };
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
    notes.push(`The pixel size of ${estimated} slides is estimated from the objective: so are their areas.`);
  if (byHand > 0) notes.push(`The pixel size of ${byHand} slides was set by hand.`);
  if (threshold > 0) notes.push(`Tiles below ${Math.round(100 * threshold)} % count as not classified.`);
  return notes;
}
