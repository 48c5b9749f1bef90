/**
 * Maps in memory: the predictions of a few slides as rasters, least recently used out first, and their pictures. Behind both
 * the maps service and the map URLs.
 */
import { createHash } from 'node:crypto';
import type { EvaluationSummary } from '#common/contract/classifier.ts';
import { classLetter } from '#common/domain/classes.ts';
import { TrefoilError } from '#common/errors.ts';
import { doubtLayers, isDoubtLayer, type DoubtLayer } from '#common/doubt-layers.ts';
import { normalisedEntropy } from '#common/entropy.ts';
import { distanceStepsPerLimit, encodePredictions } from '#common/prediction-bytes.ts';
import { pyramidTile } from '#common/slide-pyramid.ts';
import {
  drawMapTile,
  mapRaster,
  paintLayer,
  type LayerOptions,
  type MapLayer,
  type MapRaster,
  type PaintedLayer,
} from '../maps/map-raster.ts';
import { palettePng } from '../maps/palette-png.ts';
import {
  classifiedSlides,
  doubtsOf,
  findSlidePrediction,
  latestClassifier,
  listClassifiers,
  type SlidePrediction,
} from '../store/classifier-rows.ts';
import { findSlide } from '../store/slide-rows.ts';
import { readEvaluation } from './classifier-files.ts';
import type { OpenProject, OpenProjects } from './open-projects.ts';
import { viewClasses } from './project-classes.ts';
import type { SlideRange, TileLookup, TileLookups } from './tile-lookup.ts';

export type { MapLayer } from '../maps/map-raster.ts';

export interface MapClass {
  /** null: the class is no longer in the project. */
  readonly class: string | null;
  readonly name: string;
  readonly colour: string;
  readonly letter: string;
}

/** A classifier that was applied to the slides, with its classes as the project shows them now. */
export interface AppliedClassifier {
  readonly id: string;
  readonly createdAt: string;
  readonly tileSet: string;
  readonly version: string;
  readonly classes: readonly MapClass[];
  readonly slides: ReadonlySet<string>;
  /** Layers about its own answers that this map has. */
  readonly doubts: readonly DoubtLayer[];
}

export interface SlideMap {
  readonly lookup: TileLookup;
  readonly range: SlideRange;
  readonly raster: MapRaster;
  readonly prediction: SlidePrediction;
}

const slidesKept = 8;
const layersKept = 24;

export class SlideMaps {
  private readonly projects: OpenProjects;
  private readonly lookups: TileLookups;
  private readonly slides = new WeakMap<OpenProject, Map<string, SlideMap>>();
  private readonly layers = new WeakMap<SlideMap, Map<string, PaintedLayer>>();
  private readonly applied = new WeakMap<OpenProject, Map<string, readonly string[]>>();

  constructor(projects: OpenProjects, lookups: TileLookups) {
    this.projects = projects;
    this.lookups = lookups;
  }

  /** The one named or the newest applied; null when none was applied yet. Throws `not-found` for an unknown id. */
  async find(projectId: string, wanted?: string): Promise<AppliedClassifier | null> {
    const project = this.projects.get(projectId);
    const { database } = project;
    const candidates =
      wanted === undefined
        ? listClassifiers<EvaluationSummary>(database)
        : [latestClassifier<EvaluationSummary>(database, wanted)];
    for (const { id, createdAt, summary } of candidates) {
      const slides = classifiedSlides(database, id);
      const [tileSet] = slides.values();
      if (tileSet === undefined) continue;
      const ids = await this.classIds(project, id);
      const now = viewClasses(database);
      const classes = summary.classes.map(({ name, colour }, index): MapClass => {
        const found = now.find((item) => (ids.length > 0 ? item.class === ids[index] : item.name === name));
        return found === undefined
          ? { class: null, name, colour, letter: classLetter(index) }
          : { class: found.class, name: found.name, colour: found.colour, letter: found.letter };
      });
      const version = createHash('sha256')
        .update(JSON.stringify([id, tileSet, [...slides.keys()], classes.map((item) => item.colour)]))
        .digest('hex')
        .slice(0, 12);
      const { hasDisagreement, hasDistance } = doubtsOf(database, id);
      const doubts = doubtLayers.filter((layer) =>
        layer === 'uncertainty' ? true : layer === 'disagreement' ? hasDisagreement : hasDistance,
      );
      return { id, createdAt, tileSet, version, classes, slides: new Set(slides.keys()), doubts };
    }
    return null;
  }

  async require(projectId: string, wanted?: string): Promise<AppliedClassifier> {
    const found = await this.find(projectId, wanted);
    if (found !== null) return found;
    throw new TrefoilError('not-found', 'There is no map yet.', 'Train the classifier and apply it to the slides.');
  }

  /** Tiles of a slide in the classifier's tile set, without reading its predictions. */
  range(projectId: string, { tileSet }: AppliedClassifier, slide: string): SlideRange | undefined {
    const { ranges } = this.lookups.of(this.projects.get(projectId), tileSet);
    return ranges.find((range) => range.slide.slide === slide);
  }

  /** Throws `not-found` for a slide without predictions. */
  slideMap(projectId: string, classifier: AppliedClassifier, slide: string): SlideMap {
    const project = this.projects.get(projectId);
    let kept = this.slides.get(project);
    if (kept === undefined) this.slides.set(project, (kept = new Map()));
    const key = `${classifier.id}/${classifier.tileSet}/${slide}`;
    const map = kept.get(key) ?? this.load(project, classifier, slide);
    kept.delete(key);
    kept.set(key, map);
    for (const oldest of kept.keys()) {
      if (kept.size <= slidesKept) break;
      kept.delete(oldest);
    }
    return map;
  }

  /** One tile of the pyramid as PNG; null where the pyramid has none. */
  async tile(
    projectId: string,
    classifier: AppliedClassifier,
    slide: string,
    layer: MapLayer,
    position: { readonly level: number; readonly column: number; readonly row: number },
    options: LayerOptions,
  ): Promise<Uint8Array | null> {
    const { info } = findSlide(this.projects.get(projectId).database, slide);
    const tile = pyramidTile(info, position.level, position.column, position.row);
    if (tile === null) return null;
    const map = this.slideMap(projectId, classifier, slide);
    const painted = this.paint(map, classifier, layer, options);
    return palettePng(drawMapTile(map.raster, painted, tile), tile.widthPx, tile.heightPx, painted.palette);
  }

  /** The whole slide's map as one small PNG, at most `maximumPx` on the longer side. */
  picture(projectId: string, classifier: AppliedClassifier, slide: string, maximumPx: number): Uint8Array {
    const { width, height } = findSlide(this.projects.get(projectId).database, slide).info;
    const scale = Math.min(1, maximumPx / Math.max(width, height));
    const [widthPx, heightPx] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
    const map = this.slideMap(projectId, classifier, slide);
    const painted = this.paint(map, classifier, 'class', { threshold: 0, hidden: new Set() });
    const pixels = drawMapTile(map.raster, painted, { rect: { x: 0, y: 0, width, height }, widthPx, heightPx });
    return palettePng(pixels, widthPx, heightPx, painted.palette);
  }

  predictionBytes(projectId: string, classifier: AppliedClassifier, slide: string): Uint8Array {
    const { lookup, range, prediction } = this.slideMap(projectId, classifier, slide);
    const end = range.first + range.count;
    return encodePredictions({
      firstTile: range.first,
      classCount: classifier.classes.length,
      columns: lookup.columns.subarray(range.first, end),
      rows: lookup.rows.subarray(range.first, end),
      classes: Uint8Array.from(prediction.prediction, (value) => Math.min(255, value)),
      probabilities: Uint8Array.from(prediction.probabilities, (value) => Math.round(255 * value)),
      uncertainty: Uint8Array.from(uncertaintyOf(prediction, classifier.classes.length), (value) =>
        Math.round(255 * value),
      ),
      disagreement:
        prediction.disagreement === null
          ? null
          : Uint8Array.from(prediction.disagreement, (value) => Math.round(255 * value)),
      distance:
        prediction.distance === null
          ? null
          : Uint8Array.from(prediction.distance, (value) => Math.min(255, Math.round(distanceStepsPerLimit * value))),
    });
  }

  private load(project: OpenProject, classifier: AppliedClassifier, slide: string): SlideMap {
    const lookup = this.lookups.of(project, classifier.tileSet);
    const range = lookup.ranges.find((item) => item.slide.slide === slide);
    const prediction = findSlidePrediction(project.database, classifier.id, slide);
    if (range === undefined || prediction === null || prediction.prediction.length !== range.count) {
      throw new TrefoilError(
        'not-found',
        'This slide was not classified.',
        'Apply the classifier to the slides again.',
      );
    }
    const end = range.first + range.count;
    const raster = mapRaster(
      range.slide.grid,
      lookup.columns.subarray(range.first, end),
      lookup.rows.subarray(range.first, end),
    );
    return { lookup, range, raster, prediction };
  }

  private paint(map: SlideMap, classifier: AppliedClassifier, layer: MapLayer, options: LayerOptions): PaintedLayer {
    let kept = this.layers.get(map);
    if (kept === undefined) this.layers.set(map, (kept = new Map()));
    const key = JSON.stringify([classifier.version, layer, options.threshold, [...options.hidden].sort()]);
    let painted = kept.get(key);
    if (painted === undefined) {
      const { prediction: predicted, probabilities } = map.prediction;
      const colours = classifier.classes.map((item) => item.colour);
      const doubt = isDoubtLayer(layer) ? doubtOf(map.prediction, layer, colours.length) : undefined;
      painted = paintLayer(layer, { predicted, probabilities, colours, doubt }, options);
      for (const oldest of kept.keys()) {
        if (kept.size < layersKept) break;
        kept.delete(oldest);
      }
      kept.set(key, painted);
    }
    return painted;
  }

  /** Ids of the classes it was trained on; none for a classifier of an earlier Trefoil, which is matched by name. */
  private async classIds(project: OpenProject, classifier: string): Promise<readonly string[]> {
    let known = this.applied.get(project);
    if (known === undefined) this.applied.set(project, (known = new Map()));
    let ids = known.get(classifier);
    if (ids === undefined) {
      ids = await readEvaluation(project, classifier).then(
        (evaluation) => evaluation.classIds,
        () => [],
      );
      known.set(classifier, ids);
    }
    return ids;
  }
}

/** Of each tile: entropy of its probabilities, see common/entropy.ts. */
export function uncertaintyOf({ prediction, probabilities }: SlidePrediction, classCount: number): Float64Array {
  return Float64Array.from({ length: prediction.length }, (_, tile) =>
    normalisedEntropy(probabilities, tile * classCount, classCount),
  );
}

/** 0 to 1 a tile; of a distance, twice the limit and more is 1. */
function doubtOf(prediction: SlidePrediction, layer: DoubtLayer, classCount: number): ArrayLike<number> {
  if (layer === 'uncertainty') return uncertaintyOf(prediction, classCount);
  const values = layer === 'disagreement' ? prediction.disagreement : prediction.distance;
  if (values === null) {
    throw new TrefoilError(
      'not-found',
      'This map was made before that layer was kept with it.',
      'Train the classifier and apply it to the slides again.',
    );
  }
  return layer === 'disagreement' ? values : Float64Array.from(values, (value) => value / 2);
}
