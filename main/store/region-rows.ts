/** Rows of the regions table as typed values. */
import type { DatabaseSync } from 'node:sqlite';
import { regionKinds, type Polygon, type RegionShape } from '#common/domain/region.ts';
import type { Row } from './command-log.ts';

export interface RegionRow extends RegionShape {
  readonly id: string;
  readonly slide: string;
}

export function listRegions(database: DatabaseSync): RegionRow[] {
  return database
    .prepare('SELECT * FROM regions ORDER BY rowid')
    .all()
    .map((row) => ({
      id: String(row['id']),
      slide: String(row['slide_id']),
      kind: regionKinds.find((kind) => kind === row['kind']) ?? 'include',
      name: String(row['name']),
      polygons: JSON.parse(String(row['polygons'])) as Polygon[],
    }));
}

export function regionToRow(region: RegionRow): Row {
  return {
    id: region.id,
    slide_id: region.slide,
    kind: region.kind,
    name: region.name,
    polygons: JSON.stringify(region.polygons),
  };
}
