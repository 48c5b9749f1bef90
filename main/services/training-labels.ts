/** Which labels a classifier is trained and judged on: those on kept tiles, a seeded share of them, test slides apart. */
import { counted } from '#common/counted.ts';
import { TrefoilError } from '#common/errors.ts';
import { drawLabels } from '../classifier/draw-labels.ts';
import type { TileGroups } from '../classifier/folds.ts';
import { findSlideByName, type SlideRow } from '../store/slide-rows.ts';
import { labelledTiles, type LabelledTiles } from './labelled-tiles.ts';
import type { OpenProject } from './open-projects.ts';
import type { TileLookup } from './tile-lookup.ts';
import type { TileSet } from './tile-sets.ts';

export function requireLabels(project: OpenProject, set: TileSet, find: TileLookup['find']): LabelledTiles {
  const labelled = labelledTiles(project.database, set, find);
  if (labelled.tiles.length > 0) return labelled;
  throw new TrefoilError(
    'no-labels',
    labelled.withoutTile === 0
      ? 'The project has no labels yet.'
      : `None of the project's ${labelled.withoutTile} labels lies on a kept tile.`,
    'Label some tiles of each class, or import labels: trefoil labels import PROJECT CSV.',
  );
}

/** `fraction` is a share of the kept tiles on labelled slides; without it every label is used. */
export function chooseTrainingLabels(
  labelled: LabelledTiles,
  groups: TileGroups,
  isTest: readonly number[],
  set: TileSet,
  fraction: number | undefined,
  seed: number,
): Uint8Array {
  if (fraction === undefined) return new Uint8Array(labelled.tiles.length).fill(1);
  const slidesWithLabels = new Set(labelled.slideOf);
  const tiles = set.slides
    .filter((slide) => slidesWithLabels.has(slide.slide))
    .reduce((sum, slide) => sum + slide.kept, 0);
  const count = Math.max(1, Math.round(fraction * tiles));
  return drawLabels({ labels: labelled.classOf, groups: groups.specimen, count, seed, excluded: isTest });
}

export function resolveTestSlides(slides: readonly SlideRow[], names: readonly string[]): ReadonlySet<string> {
  const chosen = names.flatMap((name) => {
    const patient = /^patient:(.+)$/.exec(name)?.[1];
    const found =
      patient === undefined
        ? [findSlideByName(slides, name)].filter((slide) => slide !== null)
        : slides.filter((slide) => slide.patient === patient);
    if (found.length > 0) return found.map((slide) => slide.id);
    throw new TrefoilError(
      'not-found',
      `The project has no ${patient === undefined ? `slide "${name}"` : `patient "${patient}"`}.`,
      'List the slides to see their names and patients: trefoil slides list PROJECT.',
    );
  });
  return new Set<string>(chosen);
}

export function labelNotes(labelled: LabelledTiles): string[] {
  const notes: string[] = [];
  if (labelled.conflicting > 0) {
    notes.push(
      `${counted(labelled.conflicting, 'tile has', 'tiles have')} labels of different classes; the label given last counts.`,
    );
  }
  if (labelled.withoutTile > 0)
    notes.push(
      `${counted(labelled.withoutTile, 'label lies', 'labels lie')} on no kept tile and ${labelled.withoutTile === 1 ? 'is' : 'are'} not used.`,
    );
  return notes;
}
