/**
 * GeoJSON as QuPath reads and writes it (objectType, classification with name and colour, isLocked, measurements): class
 * polygons as locked annotations, tiles as detections or tile objects. Coordinates are level-0 pixels. Both come in pieces,
 * a feature at a time: the text of 100,000 tiles is never held whole.
 */
import type { TileGrid } from '#common/domain/tile.ts';
import { mergeCells } from './merge-cells.ts';
import { cellEdge, isGapless } from '#common/tile-cells.ts';

export interface ExportClass {
  readonly name: string;
  /** "#rrggbb" */
  readonly colour: string;
}

type Position = [x: number, y: number];

export interface ExportTile {
  readonly column: number;
  readonly row: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly classIndex: number;
  /** One per class. */
  readonly probabilities: ArrayLike<number>;
  /** Further numbers of the tile by name, in the order they are written; see docs/exports.md. */
  readonly measures?: Readonly<Record<string, number>>;
}

/**
 * One annotation per class that occurs; a MultiPolygon when it lies in several places. Locked, so that a slip of the mouse in
 * QuPath does not move what a classifier said.
 */
export function* classAnnotations(
  tiles: readonly ExportTile[],
  classes: readonly ExportClass[],
  grid: TileGrid,
  about: object = {},
): Generator<string> {
  yield* collection(annotationFeatures(tiles, classes, grid), about);
}

function* annotationFeatures(
  tiles: readonly ExportTile[],
  classes: readonly ExportClass[],
  grid: TileGrid,
): Generator<string> {
  for (const [index, item] of classes.entries()) {
    const own = tiles.filter((tile) => tile.classIndex === index);
    const polygons = isGapless(grid) ? mergedPolygons(own, grid) : own.map((tile) => [squareOf(tile)]);
    if (polygons.length === 0) continue;
    const geometry =
      polygons.length === 1
        ? { type: 'Polygon', coordinates: polygons[0] }
        : { type: 'MultiPolygon', coordinates: polygons };
    const { name } = item;
    yield feature(geometry, { objectType: 'annotation', name, classification: classification(item), isLocked: true });
  }
}

export type TileObject = 'detection' | 'tile';

/** One object per tile with the probability of every class as a measurement. */
export function* tileDetections(
  tiles: Iterable<ExportTile>,
  classes: readonly ExportClass[],
  about: object = {},
  objectType: TileObject = 'detection',
): Generator<string> {
  yield* collection(tileFeatures(tiles, classes, objectType), about);
}

function* tileFeatures(
  tiles: Iterable<ExportTile>,
  classes: readonly ExportClass[],
  objectType: TileObject,
): Generator<string> {
  for (const tile of tiles) {
    const { classIndex, probabilities, measures = {} } = tile;
    const item = classes[classIndex];
    yield feature(
      { type: 'Polygon', coordinates: [squareOf(tile)] },
      {
        objectType,
        ...(item === undefined ? {} : { classification: classification(item) }),
        measurements: {
          ...Object.fromEntries(
            classes.map(({ name }, index) => [`p(${name})`, Number((probabilities[index] ?? 0).toFixed(6))]),
          ),
          ...Object.fromEntries(Object.entries(measures).map(([name, value]) => [name, Number(value.toFixed(6))])),
        },
      },
    );
  }
}

function mergedPolygons(tiles: readonly ExportTile[], grid: TileGrid): Position[][][] {
  return mergeCells(tiles).map((polygon) =>
    polygon.map((ring) => ring.map(([column, row]): Position => [cellEdge(grid, column), cellEdge(grid, row)])),
  );
}

function squareOf({ x, y, width, height }: ExportTile): Position[] {
  const [right, bottom] = [x + width, y + height];
  return [
    [x, y],
    [right, y],
    [right, bottom],
    [x, bottom],
    [x, y],
  ];
}

function classification({ name, colour }: ExportClass): { name: string; color: number[] } {
  const rgb = Number.parseInt(colour.slice(1), 16);
  return { name, color: [rgb >> 16, (rgb >> 8) & 255, rgb & 255] };
}

function feature(geometry: object, properties: object): string {
  return JSON.stringify({ type: 'Feature', geometry, properties });
}

/** `about` becomes foreign members of the collection (RFC 7946, section 6.1), which readers that do not know them pass over. */
function* collection(features: Iterable<string>, about: object): Generator<string> {
  const members = Object.entries(about).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)},`);
  yield `{"type":"FeatureCollection",${members.join('')}"features":[\n`;
  let between = '';
  for (const each of features) {
    yield `${between}${each}`;
    between = ',\n';
  }
  yield '\n]}\n';
}
