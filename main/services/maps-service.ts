/** What a map shows; pictures are in ./slide-maps.ts, areas in ./map-areas.ts. */
import { mapsCalls } from '#common/contract/maps.ts';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { maximumLevel } from '#common/slide-pyramid.ts';
import type { DoubtLayer } from '#common/doubt-layers.ts';
import { normalisedEntropy } from '#common/entropy.ts';
import { tileAtPoint } from '../maps/map-raster.ts';
import { slideLikenesses } from '../store/classifier-rows.ts';
import { listRegions } from '../store/region-rows.ts';
import { listSlides } from '../store/slide-rows.ts';
import { areasOfSlide, notesOn, totalOf } from './map-areas.ts';
import { classOnTile } from './label-changes.ts';
import type { OpenProjects } from './open-projects.ts';
import { classRows } from './project-classes.ts';
import type { SlideMaps } from './slide-maps.ts';
import { currentTileSetId } from './tile-sets.ts';

const doubtNames: Readonly<Record<DoubtLayer, string>> = {
  uncertainty: 'Uncertainty: entropy of the probabilities',
  disagreement: 'Disagreement of the fold classifiers',
  unlike: 'Distance from the training slides',
};

export function createMapsService(projects: OpenProjects, maps: SlideMaps): ClientOf<typeof mapsCalls> {
  return implementService('maps', mapsCalls, {
    layers: async ({ project, classifier: wanted }) => {
      const classifier = await maps.find(project, wanted);
      if (classifier === null) return null;
      const { database } = projects.get(project);
      const slides = listSlides(database).filter((slide) => classifier.slides.has(slide.id));
      const likenesses = slideLikenesses(database, classifier.id);
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
          ...classifier.doubts.map((layer) => ({ layer, name: doubtNames[layer] })),
        ],
        slides: slides.flatMap(({ id, name, info: { width, height } }) => {
          const range = maps.range(project, classifier, id);
          if (range === undefined) return [];
          const { stridePx, downsample } = range.slide.grid;
          const cellPx = Math.max(1, stridePx * downsample);
          const usefulLevel = Math.max(0, maximumLevel({ width, height }) - Math.floor(Math.log2(cellPx)));
          const likeness = likenesses.get(id) ?? null;
          return { slide: id, name, width, height, tiles: range.count, usefulLevel, likeness };
        }),
        isStale: classifier.tileSet !== currentTileSetId(projects.get(project)),
      };
    },

    areas: async ({ project, classifier: wanted, slide: only, threshold }) => {
      const classifier = await maps.require(project, wanted);
      const { database } = projects.get(project);
      const regions = listRegions(database);
      const slides = listSlides(database)
        .filter((slide) => classifier.slides.has(slide.id) && (only === undefined || slide.id === only))
        .map((slide) =>
          areasOfSlide(
            maps.slideMap(project, classifier, slide.id),
            classifier,
            slide.name,
            threshold,
            regions.filter((region) => region.slide === slide.id),
          ),
        );
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
        const nothing = {
          ...{ tile: null, column: null, row: null, predicted: null, probabilities: [], label: null },
          ...{ uncertainty: null, disagreement: null, distance: null },
        };
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
        uncertainty: normalisedEntropy(probabilities, 0, count),
        disagreement: prediction.disagreement?.[position] ?? null,
        distance: prediction.distance?.[position] ?? null,
        label,
        sentence: `${classifier.classes[predicted]?.name ?? ''} ${percent} %${label === null ? '' : `, labelled ${label}`}.`,
      };
    },
  });
}
