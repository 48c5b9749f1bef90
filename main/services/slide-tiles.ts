/** The tiles of one slide of a tile set as columns for the page: kept and dropped with reasons, and the labels as they are now. */
import { emptyTileColumns, tileReasons, type SlideTileColumns } from '#common/tile-bytes.ts';
import { TrefoilError } from '#common/errors.ts';
import { listClasses } from './labelled-tiles.ts';
import type { OpenProject } from './open-projects.ts';
import type { TileLookup } from './tile-lookup.ts';

export function slideTileColumns(project: OpenProject, lookup: TileLookup, slide: string): SlideTileColumns {
  const range = lookup.ranges.find((item) => item.slide.slide === slide);
  if (range === undefined) {
    throw new TrefoilError('not-found', 'This slide has no tiles in the tile set.', 'Make the tiles again.');
  }
  const { first, count } = range;
  const { dropped } = range.slide;
  const table = emptyTileColumns(count + dropped.length);
  table.columns.set(lookup.columns.subarray(first, first + count));
  table.rows.set(lookup.rows.subarray(first, first + count));
  for (let position = 0; position < count; position += 1) table.indices[position] = first + position;
  dropped.forEach(([column, row, reason], position) => {
    table.columns[count + position] = column;
    table.rows[count + position] = row;
    table.reasons[count + position] = tileReasons.indexOf(reason);
  });
  const classIndex = new Map(listClasses(project.database).map(({ id }, index) => [id, Math.min(index, 254)]));
  const labels = project.database.prepare('SELECT x, y, class_id FROM labels WHERE slide_id = ? ORDER BY rowid');
  for (const row of labels.iterate(slide)) {
    const tile = lookup.find(slide, Number(row['x']), Number(row['y']));
    const index = classIndex.get(String(row['class_id']));
    if (tile !== undefined && index !== undefined) table.classes[tile - first] = index;
  }
  return table;
}
