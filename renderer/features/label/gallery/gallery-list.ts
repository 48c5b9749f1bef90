/** Which tiles the gallery shows and in which order: pure, over plain arrays, so that 100,000 tiles take milliseconds. */
import type { TileState } from '../label-acts.ts';
import type { GalleryFilter } from './useGalleryFilter.ts';

/** Every kept tile of the set, slide by slide; the arrays have one entry a tile. */
export interface GalleryTiles {
  readonly tiles: Int32Array;
  /** Position in `slides`. */
  readonly slideOf: Uint16Array;
  readonly columns: Int32Array;
  readonly rows: Int32Array;
  readonly slides: readonly string[];
}

export interface GalleryFacts {
  readonly stateOf: (tile: number) => TileState;
  /** Class index and probability; null where nothing is known. */
  readonly predictionOf: (
    slide: string,
    tile: number,
  ) => { readonly index: number; readonly probability: number } | null;
  /** Class id of a classifier's class index; null when the project has it no more. */
  readonly classOfIndex: (index: number) => string | null;
}

/** Positions in `all`, filtered and sorted. */
export function galleryList(all: GalleryTiles, filter: GalleryFilter, facts: GalleryFacts): Int32Array {
  const found: number[] = [];
  const score = new Map<number, number>();
  const wantedSlide = filter.slide === '' ? -1 : all.slides.indexOf(filter.slide);
  const wantedClass = filter.state.startsWith('class:') ? filter.state.slice('class:'.length) : null;
  const wantedIndex = filter.predicted === '' ? -1 : Number(filter.predicted);
  const needsPrediction = wantedIndex >= 0 || ['certain', 'uncertain', 'disagrees'].includes(filter.sort);
  for (let at = 0; at < all.tiles.length; at += 1) {
    if (filter.slide !== '' && all.slideOf[at] !== wantedSlide) continue;
    const tile = all.tiles[at] ?? 0;
    const state = facts.stateOf(tile);
    if (!fits(state, filter.state, wantedClass)) continue;
    if (filter.source !== '' && state.source !== filter.source) continue;
    if (needsPrediction) {
      const said = facts.predictionOf(all.slides[all.slideOf[at] ?? 0] ?? '', tile);
      if (wantedIndex >= 0 && said?.index !== wantedIndex) continue;
      if (filter.sort === 'disagrees') {
        if (said === null || state.class === null || facts.classOfIndex(said.index) === state.class) continue;
      }
      score.set(at, said?.probability ?? 0.5);
    }
    found.push(at);
  }
  const of = (at: number): number => score.get(at) ?? 0;
  if (filter.sort === 'certain' || filter.sort === 'disagrees') found.sort((a, b) => of(b) - of(a) || a - b);
  if (filter.sort === 'uncertain') found.sort((a, b) => of(a) - of(b) || a - b);
  if (filter.sort === 'mixed') found.sort((a, b) => scatter(a) - scatter(b));
  return Int32Array.from(found);
}

/** How many of the shown positions fit the filter no more, by what the person said since. */
export function countOutdated(
  all: GalleryTiles,
  shown: Int32Array,
  { state, source }: Pick<GalleryFilter, 'state' | 'source'>,
  stateOf: GalleryFacts['stateOf'],
): number {
  if (state === '' && source === '') return 0;
  const wantedClass = state.startsWith('class:') ? state.slice('class:'.length) : null;
  let count = 0;
  for (const at of shown) {
    const now = stateOf(all.tiles[at] ?? 0);
    if (!fits(now, state, wantedClass) || (source !== '' && now.source !== source)) count += 1;
  }
  return count;
}

function fits(state: TileState, wanted: string, wantedClass: string | null): boolean {
  if (wantedClass !== null) return state.class === wantedClass;
  switch (wanted) {
    case 'unlabelled':
      return state.class === null && state.mark === null;
    case 'labelled':
      return state.class !== null;
    case 'unsure':
    case 'skipped':
      return state.mark === wanted;
    default:
      return true;
  }
}

/** The same mixed order every time: an integer hash (Wang 2007). */
function scatter(value: number): number {
  let hash = Math.imul(value ^ 61 ^ (value >>> 16), 9);
  hash = Math.imul(hash ^ (hash >>> 4), 0x27d4eb2d);
  return (hash ^ (hash >>> 15)) >>> 0;
}
