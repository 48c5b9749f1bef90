/** Colour and texture of tiles measured before, kept while the project is open: reading their pixels is what takes the time. */
import type { StageContext } from '#common/stage.ts';
import type { FeatureTable } from '../classifier/feature-table.ts';
import { colourTable } from './feature-sets.ts';
import type { OpenProject } from './open-projects.ts';
import type { TileSet } from './tile-sets.ts';

export class RecentColours {
  private readonly known = new WeakMap<
    OpenProject,
    { readonly set: string; readonly rows: Map<number, Float32Array> }
  >();

  async of(
    project: OpenProject,
    set: TileSet,
    tiles: readonly number[],
    context: StageContext,
  ): Promise<Pick<FeatureTable, 'dim' | 'values'>> {
    let known = this.known.get(project);
    if (known?.set !== set.id) this.known.set(project, (known = { set: set.id, rows: new Map() }));
    const { rows } = known;
    const missing = tiles.filter((tile) => !rows.has(tile));
    const measured = await colourTable(set, missing, context);
    missing.forEach((tile, row) =>
      rows.set(tile, Float32Array.from(measured.values.subarray(row * measured.dim, (row + 1) * measured.dim))),
    );
    const values = new Float32Array(tiles.length * measured.dim);
    tiles.forEach((tile, row) => values.set(rows.get(tile) ?? [], row * measured.dim));
    return { dim: measured.dim, values };
  }
}
