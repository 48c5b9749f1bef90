/**
 * Labels from annotations: what a pathologist classified in QuPath. An annotation with a classification stands for every tile
 * whose centre lies in it; points stand for the tile under each. Where annotations of several classes lie over one centre, the
 * smallest counts (in QuPath the inner one is the more exact), points before areas, of equals the later one.
 *
 * Taken are annotations; detections, cells and tiles are a program's findings and only taken when asked for. Left out and
 * counted: objects without a classification, and classes QuPath itself ignores (their name ends with *).
 */
import type { Polygon } from '#common/domain/region.ts';
import { readGeoJson, type FeatureProperties } from '#common/geojson-features.ts';
import { insideCrossings, polygonArea, polygonBounds } from '#common/geometry.ts';
import { TrefoilError } from '#common/errors.ts';

export interface ClassShape {
  /** Number of the feature in the file, counted from 1. */
  readonly feature: number;
  readonly class: string;
  readonly polygons: readonly Polygon[];
  readonly points: readonly (readonly [number, number])[];
}

export interface ClassShapes {
  readonly shapes: readonly ClassShape[];
  /** "#rrggbb" by class name, where the file says. */
  readonly colours: ReadonlyMap<string, string>;
  /** Slide the file itself names (Trefoil's exports do); null otherwise. */
  readonly slide: string | null;
  /** Made by Trefoil's classifier, not by a person. */
  readonly isTrefoilMap: boolean;
  readonly skipped: SkippedObjects;
}

export interface SkippedObjects {
  readonly withoutClass: number;
  readonly ignoredClass: number;
  /** Detections, cells, tiles and cores, where only annotations are taken. */
  readonly detections: number;
  /** Lines and objects without a geometry. */
  readonly withoutArea: number;
}

/** Written into the collection of an exported map, so that it is known again. */
export const mapGenerator = 'Trefoil map';

const maximumFeatures = 250_000;
const detections = ['detection', 'tile', 'cell', 'tmaCore', 'root'];
const maximumNameLength = 200;

/** Throws `file-invalid`, `limit-exceeded`. */
export function classShapesFromGeoJson(text: string, file: string, objects: 'annotations' | 'all'): ClassShapes {
  const { features, members, passedOver } = readGeoJson(text, {
    file,
    what: 'a file of annotations',
    maximumFeatures,
    passedOver: objects === 'annotations' ? detections : [],
  });
  const shapes: ClassShape[] = [];
  const colours = new Map<string, string>();
  const skipped = { withoutClass: 0, ignoredClass: 0, detections: passedOver, withoutArea: 0 };
  for (const each of features) {
    const name = classNameOf(each.properties);
    if (each.polygons.length === 0 && each.points.length === 0) skipped.withoutArea += 1;
    else if (name === null) skipped.withoutClass += 1;
    else if (name.endsWith('*')) skipped.ignoredClass += 1;
    else {
      shapes.push({ feature: each.number, class: name, polygons: each.polygons, points: each.points });
      const colour = colourOf(each.properties);
      if (colour !== null && !colours.has(name)) colours.set(name, colour);
    }
  }
  const { slide, generator } = members;
  return {
    shapes,
    colours,
    slide: typeof slide === 'string' && slide !== '' ? slide.slice(0, 1000) : null,
    isTrefoilMap: generator === mapGenerator,
    skipped,
  };
}

/** QuPath writes `name`, and `names` for a class with subclasses, which it shows joined by a colon. */
function classNameOf({ classification }: FeatureProperties): string | null {
  const { name, names } = classification ?? {};
  const parts = Array.isArray(names) ? names.filter((part) => typeof part === 'string') : [];
  const whole = (typeof name === 'string' ? name : parts.join(': ')).trim().slice(0, maximumNameLength).trim();
  return whole === '' ? null : whole;
}

/** `color` is [red, green, blue]; before QuPath 0.4 `colorRGB` was one signed number. */
function colourOf({ classification }: FeatureProperties): string | null {
  const { color, colorRGB } = classification ?? {};
  const isByte = (value: unknown): value is number =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255;
  if (Array.isArray(color) && color.length >= 3 && color.slice(0, 3).every(isByte)) {
    return `#${color
      .slice(0, 3)
      .map((value) => Number(value).toString(16).padStart(2, '0'))
      .join('')}`;
  }
  if (!Number.isInteger(colorRGB)) return null;
  return `#${(Number(colorRGB) & 0xffffff).toString(16).padStart(6, '0')}`;
}

export interface CentredTile {
  readonly tile: number;
  /** Centre, level-0 pixels. */
  readonly x: number;
  readonly y: number;
}

export interface TileLabel extends CentredTile {
  readonly class: string;
  readonly feature: number;
}

export interface LabelledCentres {
  readonly labels: readonly TileLabel[];
  /** Tiles over whose centre annotations of different classes lie. */
  readonly contested: number;
  /** Features under which no kept tile has its centre. */
  readonly withoutTile: readonly number[];
}

/**
 * Which tile gets which class. `tiles` are the kept tiles of one slide, `tileAt` finds the one under a point. Time grows with
 * the tiles inside each shape's bounding box, not with all tiles a shape.
 */
export function labelCentres(
  shapes: readonly ClassShape[],
  tiles: readonly CentredTile[],
  tileAt: (x: number, y: number) => number | undefined,
): LabelledCentres {
  const rows = byRow(tiles);
  const best = new Map<number, { readonly label: TileLabel; readonly area: number }>();
  const contested = new Set<number>();
  const withoutTile: number[] = [];
  for (const shape of shapes) {
    let found = 0;
    const claim = (tile: CentredTile, area: number): void => {
      found += 1;
      const known = best.get(tile.tile);
      if (known !== undefined && known.label.class !== shape.class) contested.add(tile.tile);
      if (known !== undefined && known.area < area) return;
      best.set(tile.tile, { label: { ...tile, class: shape.class, feature: shape.feature }, area });
    };
    const area = shape.polygons.reduce((sum, polygon) => sum + polygonArea(polygon), 0);
    for (const polygon of shape.polygons) for (const tile of centresIn(polygon, rows)) claim(tile, area);
    for (const [x, y] of shape.points) {
      const tile = tileAt(x, y);
      // The point itself is kept: it is what the person marked, and outlives a change of the grid.
      if (tile !== undefined) claim({ tile, x, y }, 0);
    }
    if (found === 0) withoutTile.push(shape.feature);
  }
  const labels = [...best.values()].map(({ label }) => label).sort((a, b) => a.tile - b.tile);
  return { labels, contested: contested.size, withoutTile };
}

interface CentreRow {
  readonly y: number;
  /** Ascending in x. */
  readonly tiles: readonly CentredTile[];
}

function byRow(tiles: readonly CentredTile[]): CentreRow[] {
  const rows = new Map<number, CentredTile[]>();
  for (const tile of tiles) {
    const row = rows.get(tile.y);
    if (row === undefined) rows.set(tile.y, [tile]);
    else row.push(tile);
  }
  return [...rows].map(([y, row]) => ({ y, tiles: row.sort((a, b) => a.x - b.x) })).sort((a, b) => a.y - b.y);
}

/** Memory for the crossings of one outline with the rows of tiles; no drawn outline comes near. */
const maximumCrossings = 20_000_000;

/** Tiles inside by the even-odd rule of #common/geometry.ts, every edge looked at for the rows it spans only. */
function centresIn(polygon: Polygon, rows: readonly CentreRow[]): CentredTile[] {
  const bounds = polygonBounds(polygon);
  if (bounds === null) return [];
  const crossings = new Map<number, number[]>();
  let count = 0;
  for (const ring of polygon) {
    let previous = ring[ring.length - 1];
    for (const point of ring) {
      const [x0, y0] = previous ?? point;
      const [x1, y1] = point;
      previous = point;
      const [low, high] = y0 < y1 ? [y0, y1] : [y1, y0];
      // Half-open in y, as in rowCrossings: low <= row < high.
      for (let at = firstRowFrom(rows, low); at < rows.length; at += 1) {
        const { y } = rows[at] as CentreRow;
        if (y >= high) break;
        const row = crossings.get(at);
        const x = x0 + ((y - y0) / (y1 - y0)) * (x1 - x0);
        if (row === undefined) crossings.set(at, [x]);
        else row.push(x);
        count += 1;
      }
      if (count > maximumCrossings) throw tooDetailed();
    }
  }
  const inside: CentredTile[] = [];
  for (const [at, unsorted] of crossings) {
    const edges = Float64Array.from(unsorted).sort();
    for (const tile of (rows[at] as CentreRow).tiles) {
      if (tile.x < bounds.minX) continue;
      if (tile.x > bounds.maxX) break;
      if (insideCrossings(edges, tile.x)) inside.push(tile);
    }
  }
  return inside;
}

function firstRowFrom(rows: readonly CentreRow[], y: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle] as CentreRow).y < y) low = middle + 1;
    else high = middle;
  }
  return low;
}

function tooDetailed(): TrefoilError {
  return new TrefoilError(
    'limit-exceeded',
    'An outline crosses the rows of tiles more often than any drawn outline does.',
    'Simplify the outlines and export them again.',
  );
}
