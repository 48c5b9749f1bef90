/** Triplets for the page: what a tile is trained with, and what is missing around it. Reads only; trains nothing. */
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { tripletsCalls } from '#common/contract/triplets.ts';
import { counted } from '#common/counted.ts';
import type { DropReason } from '#common/domain/tile.ts';
import { settingsFor } from '../engine/recipe.ts';
import type { ViewParameters } from '#common/domain/view-parameters.ts';
import { drawViewParameters, type ViewNumber } from '../triplets/augmentation/view-parameters.ts';
import { neighbourDirections, neighboursOf, neighbourStep } from '../triplets/neighbour-graph.ts';
import type { OpenProjects } from './open-projects.ts';
import { tileReference, type TileLookup, type TileLookups } from './tile-lookup.ts';
import type { TripletViews } from './triplet-views.ts';

export function createTripletsService(
  projects: OpenProjects,
  lookups: TileLookups,
  triplets: TripletViews,
): ClientOf<typeof tripletsCalls> {
  return implementService('triplets', tripletsCalls, {
    inspect: async ({ project, tile, tileSet, seed, epoch, rule, recipe }) => {
      const lookup = lookups.current(projects.get(project), tileSet);
      const { set } = lookup;
      const drawn = triplets.drawn(lookup, { tile, seed, epoch, rule });
      const neighbours = neighboursAround(lookup, tile, neighboursOf(triplets.graphOf(lookup), tile)).map((item) => ({
        ...item,
        tile: item.tile === null ? null : tileReference(lookup, item.tile),
        isDrawn: item.tile !== null && item.tile === drawn,
      }));
      const { viewPx, augmentation } = settingsFor(recipe);
      const query = `seed=${seed}&epoch=${epoch}&rule=${rule}&recipe=${recipe}`;
      const views = ([0, 1, 2] as const).map((view: ViewNumber) => ({
        view,
        of: view === 1 && drawn !== null ? ('neighbour' as const) : ('tile' as const),
        url: `/triplets/${encodeURIComponent(project)}/${encodeURIComponent(set.id)}/${tile}/${view}.png?${query}`,
        changes: describeChanges(
          drawViewParameters(augmentation, set.settings.sizePx, seed, epoch, tile, view),
          set.settings.sizePx,
        ),
      }));
      const count = neighbours.filter((item) => item.tile !== null).length;
      return {
        tileSet: set.id,
        tile: tileReference(lookup, tile),
        neighbours,
        drawn: drawn === null ? null : tileReference(lookup, drawn),
        viewPx,
        views,
        sentence:
          drawn === null
            ? 'This tile has no neighbour that was kept; it is trained with two views of itself.'
            : rule === 'fixed'
              ? `The first of ${count} neighbours is taken in every epoch, as in the published code.`
              : `One of ${count} neighbours is drawn anew in every epoch.`,
      };
    },

    facts: async ({ project }) => {
      const lookup = lookups.current(projects.get(project));
      const graph = triplets.graphOf(lookup);
      const byNeighbours = Array<number>(neighbourDirections.length + 1).fill(0);
      for (let tile = 0; tile < graph.count; tile += 1) {
        const count = neighboursOf(graph, tile).length;
        byNeighbours[count] = (byNeighbours[count] ?? 0) + 1;
      }
      const withoutNeighbour = byNeighbours[0] ?? 0;
      return {
        tileSet: lookup.set.id,
        tiles: graph.count,
        byNeighbours,
        withoutNeighbour,
        sentence:
          withoutNeighbour === 0
            ? `All ${graph.count} tiles have a neighbour.`
            : `${withoutNeighbour} of ${counted(graph.count, 'tile')} ${withoutNeighbour === 1 ? 'has no neighbour and is trained with itself' : 'have no neighbour and are trained with themselves'}.`,
      };
    },
  });
}

/** The eight places round a tile in reading order, each with its tile or the reason why there is none. */
function neighboursAround(lookup: TileLookup, tile: number, present: Uint32Array) {
  const { slide, column, row } = lookup.place(tile);
  const { sizePx, stridePx } = lookup.set.settings;
  const step = neighbourStep(sizePx, stridePx);
  const byPlace = new Map(Array.from(present, (other) => [`${lookup.columns[other]},${lookup.rows[other]}`, other]));
  const places = neighbourDirections.map(([right, down]) => ({
    right,
    down,
    x: column + right * step,
    y: row + down * step,
  }));
  const wanted = new Set(places.map(({ x, y }) => `${x},${y}`));
  const reasons = new Map<string, DropReason>();
  for (const [x, y, reason] of slide.dropped) if (wanted.has(`${x},${y}`)) reasons.set(`${x},${y}`, reason);
  return places.map(({ right, down, x, y }) => {
    const other = byPlace.get(`${x},${y}`) ?? null;
    const missing = other === null ? (reasons.get(`${x},${y}`) ?? ('outside-slide' as const)) : null;
    return { right, down, tile: other, missing };
  });
}

function describeChanges(parameters: ViewParameters, tilePx: number): string[] {
  const { crop, horizontalFlip, verticalFlip, quarterTurns, jitter, grey, blurSigma } = parameters;
  const share = Math.round((100 * crop.width * crop.height) / tilePx ** 2);
  return [
    `crop of ${share} %`,
    ...(horizontalFlip ? ['mirrored left to right'] : []),
    ...(verticalFlip ? ['mirrored top to bottom'] : []),
    ...(quarterTurns > 0 ? [`turned by ${quarterTurns * 90} degrees`] : []),
    ...(jitter === null ? [] : ['colours changed']),
    ...(grey ? ['grey'] : []),
    ...(blurSigma === null ? [] : [`blurred (sigma ${blurSigma.toFixed(1)} px)`]),
  ];
}
