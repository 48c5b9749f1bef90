/**
 * Tiles with their classes as COCO JSON (cocodataset.org, "Data format"), a piece at a time. COCO has no class of a whole image:
 * as usual elsewhere, an annotation whose box is the whole image says it. What people said is in `annotations`; what the
 * classifier said is a file of its own in COCO's format of results, so that nobody trains on guesses unawares.
 */
import type { ExportClass } from './geojson.ts';

export interface CocoTile {
  /** Counted from 1. */
  readonly id: number;
  readonly fileName: string;
  readonly sizePx: number;
  readonly slide: string;
  /** Level-0 pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly mpp: number;
  /** Index in the tile set. */
  readonly tile: number;
  /** What must stay together on one side of every split. */
  readonly group: string;
  /** "fold-2": held out in that fold; "test": in the final test; "none": never judged. */
  readonly split: string;
  /** Class a person gave; null without one. */
  readonly label: number | null;
  /** Class of the classifier, and how sure it is. */
  readonly predicted: number;
  readonly score: number;
  /** Only when asked for. */
  readonly specimen?: string;
  readonly patient?: string;
}

export interface CocoAbout {
  readonly description: string;
  readonly version: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

export function* cocoDataset(
  about: CocoAbout,
  classes: readonly ExportClass[],
  tiles: () => Iterable<CocoTile>,
): Generator<string> {
  const { description, version, createdAt } = about;
  const info = {
    description,
    version,
    year: Number(createdAt.slice(0, 4)),
    contributor: '',
    url: '',
    date_created: createdAt,
  };
  yield `{"info":${JSON.stringify(info)},\n`;
  yield '"licenses":[{"id":1,"name":"Not stated: ask the owner of the slides","url":""}],\n';
  const categories = classes.map(({ name, colour }, index) => ({
    id: index + 1,
    name,
    supercategory: 'tissue',
    color: colour,
  }));
  yield `"categories":${JSON.stringify(categories)},\n"images":[\n`;
  yield* listed(images(tiles()));
  yield '\n],\n"annotations":[\n';
  yield* listed(annotations(tiles()));
  yield '\n]}\n';
}

/** COCO's format of results: a list of detections with a score. */
export function* cocoPredictions(tiles: Iterable<CocoTile>): Generator<string> {
  yield '[\n';
  yield* listed(predictions(tiles));
  yield '\n]\n';
}

function* images(tiles: Iterable<CocoTile>): Generator<object> {
  for (const { id, fileName, sizePx, slide, x, y, width, height, mpp, tile, group, split, ...groups } of tiles) {
    yield {
      id,
      file_name: fileName,
      width: sizePx,
      height: sizePx,
      license: 1,
      slide,
      x,
      y,
      level0_width: width,
      level0_height: height,
      mpp,
      tile,
      group,
      split,
      ...(groups.specimen === undefined ? {} : { specimen: groups.specimen }),
      ...(groups.patient === undefined ? {} : { patient: groups.patient }),
    };
  }
}

function* annotations(tiles: Iterable<CocoTile>): Generator<object> {
  let id = 0;
  for (const tile of tiles) {
    if (tile.label === null) continue;
    id += 1;
    const { sizePx } = tile;
    const area = sizePx * sizePx;
    yield { id, image_id: tile.id, category_id: tile.label + 1, ...wholeImage(sizePx), area, iscrowd: 0 };
  }
}

function* predictions(tiles: Iterable<CocoTile>): Generator<object> {
  for (const { id, predicted, score, sizePx } of tiles) {
    const { bbox } = wholeImage(sizePx);
    yield { image_id: id, category_id: predicted + 1, bbox, score: Number(score.toFixed(6)) };
  }
}

function wholeImage(sizePx: number): { bbox: number[]; segmentation: number[][] } {
  return { bbox: [0, 0, sizePx, sizePx], segmentation: [[0, 0, sizePx, 0, sizePx, sizePx, 0, sizePx]] };
}

function* listed(items: Iterable<object>): Generator<string> {
  let between = '';
  for (const item of items) {
    yield `${between}${JSON.stringify(item)}`;
    between = ',\n';
  }
}
