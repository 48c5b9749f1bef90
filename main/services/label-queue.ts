/**
 * The queue of tiles to label next: gathers features, labels and the current map of a bounded, seeded sample of the tiles and
 * asks main/labels/suggest. Uses embeddings that are there; it never starts the network, so it answers at once.
 */
import type { z } from 'zod';
import type { labelsCalls } from '#common/contract/labels.ts';
import type { EvaluationSummary } from '#common/contract/classifier.ts';
import { counted } from '#common/counted.ts';
import { RandomStream } from '#common/random.ts';
import type { StageContext } from '#common/stage.ts';
import { suggestTiles } from '../labels/suggest/suggest-tiles.ts';
import { findSlidePrediction, listClassifiers } from '../store/classifier-rows.ts';
import { readReservedSlides } from '../store/reserved-slides.ts';
import { listRuns } from '../store/run-rows.ts';
import { listSlides } from '../store/slide-rows.ts';
import { readEfficiency } from './classifier-files.ts';
import { rowsOf } from './feature-sets.ts';
import { areFeaturesSound } from './feature-soundness.ts';
import { committeeFor } from './label-committee.ts';
import { labelledTiles } from './labelled-tiles.ts';
import type { OpenProject } from './open-projects.ts';
import type { RecentColours } from './recent-colours.ts';
import type { RecentEmbeddings } from './recent-embeddings.ts';
import { featuresName, type StoredRunSummary } from './stored-runs.ts';
import { tileReference, type TileLookup, type TileLookups } from './tile-lookup.ts';

type Input = z.output<typeof labelsCalls.queue.input>;
type Output = z.output<typeof labelsCalls.queue.output>;

/** Candidates looked at: with embeddings, and with colours that have to be measured on the pixels first. */
const embeddedCandidates = 8000;
const colourCandidates = 1500;
/** Labelled tiles compared with. */
const comparedLabels = 600;

/** What was read or measured before. */
export interface RecentFeatures {
  readonly embeddings: RecentEmbeddings;
  readonly colours: RecentColours;
}

export async function labelQueue(
  project: OpenProject,
  lookups: TileLookups,
  recent: RecentFeatures,
  input: Input,
  context: StageContext,
): Promise<Output> {
  const lookup = lookups.current(project);
  const labelled = labelledTiles(project.database, lookup.set, lookup.find);
  const names = new Map(listSlides(project.database).map((slide) => [slide.id as string, slide.name]));
  const notes: string[] = [];
  const map = currentMap(project, lookup, names);
  const run = listRuns<StoredRunSummary>(project.database).findLast((item) => item.status === 'finished');
  const embeddings =
    run === undefined
      ? null
      : await recent.embeddings.find(project, { run, set: lookup.set, weights: 'trained', tiles: null });

  const allCandidates = candidatesOf(project, lookup, labelled.tiles, input, map, names);
  const reserved = [...readReservedSlides(project.database)].filter((slide) => names.has(slide)).length;
  if (reserved > 0) {
    notes.push(`${counted(reserved, 'slide is', 'slides are')} reserved for evaluation and never suggested.`);
  }
  const limit = embeddings === null ? colourCandidates : embeddedCandidates;
  const random = RandomStream.of('label-queue', input.seed);
  const candidates = draw(allCandidates, limit, random);
  if (candidates.length < allCandidates.length) {
    notes.push(`Chosen among ${candidates.length} tiles drawn at random from ${allCandidates.length}.`);
  }
  const labelRows = draw([...labelled.tiles.keys()], comparedLabels, random);
  const tiles = [...candidates, ...labelRows.map((row) => labelled.tiles[row] as number)];

  const features =
    embeddings === null
      ? await recent.colours.of(project, lookup.set, tiles, context)
      : { dim: embeddings.dimension, values: rowsOf(embeddings, tiles) };
  if (embeddings === null)
    notes.push('By colour and texture: no finished pretraining run has embeddings of these tiles yet.');
  const perSlide = lookup.ranges.map(() => 0);
  for (const tile of labelled.tiles)
    perSlide[lookup.slideOf[tile] as number] = (perSlide[lookup.slideOf[tile] as number] ?? 0) + 1;
  const probabilities =
    map === null ? null : { values: tiles.flatMap((tile) => map.probabilities(tile)), classNames: map.classNames };
  const asksCommittee = input.order === 'disagreement' || input.order === 'mix';
  const committee =
    asksCommittee && map !== null && probabilities !== null && embeddings !== null && run !== undefined
      ? await committeeFor(project, {
          classifier: map.classifier,
          run: run.id,
          features: { dim: features.dim, values: Float32Array.from(features.values) },
          probabilities: probabilities.values,
          classCount: map.classNames.length,
          candidateCount: candidates.length,
        })
      : null;
  if (asksCommittee && map !== null && committee === null) {
    notes.push('The fold classifiers cannot be asked one by one about these features: disagreement is left out.');
  }
  const suggestions = suggestTiles({
    order: input.order,
    size: input.size,
    seed: input.seed,
    dim: features.dim,
    features: features.values,
    labels: [...candidates.map(() => -1), ...labelRows.map((row) => labelled.classOf[row] as number)],
    slides: tiles.map((tile) => lookup.slideOf[tile] as number),
    classNames: labelled.classes.map((item) => item.name),
    labelsPerClass: labelled.classes.map((_, index) => labelled.classOf.filter((label) => label === index).length),
    labelsPerSlide: perSlide,
    slideNames: lookup.ranges.map((range) => names.get(range.slide.slide) ?? range.slide.slide),
    probabilities,
    committee,
    areFeaturesSound: embeddings === null || run === undefined || areFeaturesSound(run),
  });
  const stop = map === null ? null : ((await readEfficiency(project, map.classifier))?.stop ?? null);
  return {
    tileSet: lookup.set.id,
    order: suggestions.order,
    features: embeddings === null || run === null || run === undefined ? 'Colour and texture' : featuresName(run),
    tiles: suggestions.picks.map(({ row, why }) => {
      const tile = tiles[row] as number;
      const predicted = map?.predicted(tile) ?? null;
      return {
        ...tileReference(lookup, tile),
        why,
        predicted,
        probability: predicted === null ? null : (map?.probabilities(tile)[predicted] ?? null),
      };
    }),
    notes: [...notes, ...suggestions.notes],
    stop: stop === null ? null : { reached: stop.reached, sentence: stop.sentence },
  };
}

interface CurrentMap {
  readonly classifier: string;
  readonly classNames: readonly string[];
  predicted(tile: number): number | null;
  probabilities(tile: number): number[];
}

/** Predictions of the newest classifier that was applied to these very tiles. */
function currentMap(project: OpenProject, lookup: TileLookup, present: ReadonlyMap<string, string>): CurrentMap | null {
  for (const { id, summary } of listClassifiers<EvaluationSummary>(project.database)) {
    const slides = lookup.ranges.map((range) =>
      present.has(range.slide.slide) ? findSlidePrediction(project.database, id, range.slide.slide) : null,
    );
    const isComplete = lookup.ranges.every(
      (range, position) => !present.has(range.slide.slide) || slides[position]?.tileSet === lookup.set.id,
    );
    if (!isComplete) continue;
    const classNames = summary.classes.map((item) => item.name);
    const at = (tile: number) => {
      const position = lookup.slideOf[tile] as number;
      return { prediction: slides[position], index: tile - (lookup.ranges[position]?.first ?? 0) };
    };
    return {
      classifier: id,
      classNames,
      predicted: (tile) => {
        const { prediction, index } = at(tile);
        return prediction?.prediction[index] ?? null;
      },
      probabilities: (tile) => {
        const { prediction, index } = at(tile);
        return classNames.map((_, k) => prediction?.probabilities[index * classNames.length + k] ?? 0);
      },
    };
  }
  return null;
}

function candidatesOf(
  project: OpenProject,
  lookup: TileLookup,
  labelled: readonly number[],
  input: Input,
  map: CurrentMap | null,
  present: ReadonlyMap<string, string>,
): number[] {
  const isTaken = new Uint8Array(lookup.set.manifest.count);
  for (const tile of labelled) isTaken[tile] = 1;
  if (!input.withMarked) {
    for (const row of project.database.prepare('SELECT slide_id, x, y FROM marks').iterate()) {
      const tile = lookup.find(String(row['slide_id']), Number(row['x']), Number(row['y']));
      if (tile !== undefined) isTaken[tile] = 1;
    }
  }
  const wanted = input.slides === undefined ? null : new Set(input.slides);
  const reserved = readReservedSlides(project.database);
  return lookup.ranges.flatMap((range) => {
    // A slide removed from the project since keeps its tiles in the set.
    if (!present.has(range.slide.slide) || reserved.has(range.slide.slide)) return [];
    if (wanted?.has(range.slide.slide) === false) return [];
    return Array.from({ length: range.count }, (_, index) => range.first + index).filter(
      (tile) => isTaken[tile] === 0 && (input.predicted === undefined || map?.predicted(tile) === input.predicted),
    );
  });
}

/** A seeded sample in ascending order, or all. */
function draw(items: readonly number[], count: number, random: RandomStream): number[] {
  if (items.length <= count) return [...items];
  const pool = [...items];
  for (let i = 0; i < count; i += 1) {
    const j = i + random.nextInteger(pool.length - i);
    [pool[i], pool[j]] = [pool[j] as number, pool[i] as number];
  }
  return pool.slice(0, count).sort((a, b) => a - b);
}
