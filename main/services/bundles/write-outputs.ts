/**
 * Last stage: the files a person takes away, for one slide in one folder. The record of what was done is written last and names
 * every file with its checksum: where it is whole, the slide is done.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { cellEdge, isGapless } from '#common/tile-cells.ts';
import type { StageContext } from '#common/stage.ts';
import type { ModelBundle } from '../../bundles/read-bundle.ts';
import { toCsv } from '../../exports/csv.ts';
import { classAnnotations, tileDetections, type ExportTile } from '../../exports/geojson.ts';
import { researchUseNotice } from '../../exports/method-card.ts';
import { writeFileAtomically } from '../../files/atomic-file.ts';
import { mapGenerator } from '../../labels/labels-geojson.ts';
import { cellAreaMm2, classAreas } from '../../maps/areas.ts';
import { drawMap } from '../../maps/map-image.ts';
import { tileRect } from '../../tiles/tile-grid.ts';
import { trefoilVersion } from '../app-service.ts';
import { requireModel } from './embed-tiles.ts';
import {
  appliedSlide,
  findStageFile,
  readStageFile,
  sha256Of,
  slidePredictions,
  slideTiles,
  type AppliedSlide,
  type SlidePredictions,
  type SlideTiles,
} from './slide-files.ts';

export interface WriteOutputsInput {
  readonly tiles: string;
  readonly predictions: string;
  /** The record; the other files lie beside it. */
  readonly out: string;
}

/** Name of the record in a slide's folder. */
export const recordFile = 'provenance.json';

export async function writeOutputs(
  model: ModelBundle,
  { tiles: tilesFile, predictions: predictionsFile, out }: WriteOutputsInput,
  context: StageContext,
): Promise<AppliedSlide> {
  const { value: cut } = await readStageFile(tilesFile, slideTiles, 'tiles');
  const { value: predictions } = await readStageFile(predictionsFile, slidePredictions, 'classify');
  requireModel(cut.model, model, tilesFile);
  requireModel(predictions.model, model, predictionsFile);
  const { classes } = model.manifest;
  const tiles = exportTiles(cut, predictions, classes.length);
  const areas = areasOf(model, tiles);
  const folder = dirname(out);
  await mkdir(folder, { recursive: true });
  const files: AppliedSlide['files'] = [];
  const write = async (name: string, content: string | Uint8Array): Promise<void> => {
    context.signal?.throwIfAborted();
    const bytes = Buffer.from(content);
    await writeFileAtomically(join(folder, name), bytes);
    files.push({ name, byteLength: bytes.byteLength, sha256: sha256Of(bytes) });
  };
  const about = { generator: mapGenerator, slide: cut.slide.name, model: model.sha256, mpp: cut.mppProvenance };
  await write('regions.geojson', [...classAnnotations(tiles, classes, cut.grid, about)].join(''));
  await write('tiles.geojson', [...tileDetections(tiles, classes, about)].join(''));
  await write('tiles.csv', tileTable(cut, model, tiles));
  await write(
    'areas.csv',
    toCsv(
      ['class', 'tiles', 'area_mm2', 'percent'],
      areas.map((item) => [item.name, item.tiles, item.areaMm2, item.percent]),
    ),
  );
  await writeMaps(cut, model, tiles, write);
  const { mppByHand, mpp, mppSource, mppProvenance, colourProfile, kept, dropped, grid, warnings, slide } = cut;
  const { createdAt, encoder } = model.manifest;
  const record: AppliedSlide = {
    format: 'trefoil-applied',
    version: 1,
    notice: researchUseNotice,
    trefoil: trefoilVersion(),
    model: { sha256: model.sha256, createdAt, network: encoder.network, method: encoder.method },
    slide,
    mppByHand,
    mpp,
    mppSource,
    mppProvenance,
    colourProfile,
    tiles: { planned: grid.columns * grid.rows, kept, dropped },
    warnings: predictions.likeness?.verdict === 'unlike' ? [...warnings, predictions.likeness.sentence] : warnings,
    classes: areas,
    likeness: predictions.likeness,
    files,
  };
  await writeFileAtomically(out, Buffer.from(`${JSON.stringify(record, null, 2)}\n`));
  return record;
}

/** The record of a slide that is done with this model, with all of its files as they were written; else null. */
export async function findOutputs(
  model: ModelBundle,
  fingerprint: string,
  mpp: number | undefined,
  out: string,
): Promise<AppliedSlide | null> {
  const record = await findStageFile(out, appliedSlide);
  if (record?.model.sha256 !== model.sha256 || record.slide.fingerprint !== fingerprint) return null;
  if (record.mppByHand !== null && record.mppByHand !== mpp) return null;
  for (const { name, sha256 } of record.files) {
    try {
      if (sha256Of(await readFile(join(dirname(out), basename(name)))) !== sha256) return null;
    } catch {
      // Missing or not to be read: made again.
      return null;
    }
  }
  return record;
}

function exportTiles(
  { shards, grid }: SlideTiles,
  { predicted, probabilities }: SlidePredictions,
  classCount: number,
): ExportTile[] {
  return shards
    .flatMap((shard) => shard.tiles)
    .map(([column, row], index) => ({
      column,
      row,
      ...tileRect(grid, column, row),
      classIndex: predicted[index] ?? 0,
      probabilities: probabilities.slice(index * classCount, (index + 1) * classCount),
    }));
}

function areasOf({ manifest }: ModelBundle, tiles: readonly ExportTile[]): AppliedSlide['classes'] {
  const { classes, tiles: settings } = manifest;
  return classAreas({
    classCount: classes.length,
    predicted: tiles.map(({ classIndex }) => classIndex),
    cellAreaMm2: cellAreaMm2(settings.sizePx, settings.stridePx, settings.mpp),
  }).map((area, index) => ({ name: classes[index]?.name ?? '', ...area }));
}

function tileTable(
  { slide }: SlideTiles,
  { manifest: { classes } }: ModelBundle,
  tiles: readonly ExportTile[],
): string {
  const header = [
    'slide',
    'column',
    'row',
    'x',
    'y',
    'width',
    'height',
    'class',
    ...classes.map(({ name }) => `p(${name})`),
  ];
  const rows = tiles.map((tile) => [
    slide.name,
    tile.column,
    tile.row,
    tile.x,
    tile.y,
    tile.width,
    tile.height,
    classes[tile.classIndex]?.name ?? '',
    ...Array.from(tile.probabilities),
  ]);
  return toCsv(header, rows);
}

async function writeMaps(
  { grid, slide, mpp, mppSource, mppProvenance }: SlideTiles,
  { manifest: { classes } }: ModelBundle,
  tiles: readonly ExportTile[],
  write: (name: string, content: string | Uint8Array) => Promise<void>,
): Promise<void> {
  const mapGrid = {
    columns: grid.columns,
    rows: grid.rows,
    level0PerCell: grid.stridePx * grid.downsample,
    level0Origin: isGapless(grid) ? cellEdge(grid, 0) : 0,
    coverage: Math.min(1, grid.sizePx / grid.stridePx),
  };
  const painted = (opacity: (tile: ExportTile) => number) =>
    tiles.map((tile) => ({
      column: tile.column,
      row: tile.row,
      colour: classes[tile.classIndex]?.colour ?? '#000000',
      opacity: opacity(tile),
    }));
  const map = await drawMap(
    mapGrid,
    painted(() => 1),
  );
  const confidence = await drawMap(
    mapGrid,
    painted((tile) => tile.probabilities[tile.classIndex] ?? 0),
  );
  await write('map.png', map.png);
  await write('confidence.png', confidence.png);
  const legend = classes.map(({ name, colour }) => ({ name, colour }));
  const about = {
    generator: mapGenerator,
    slide: slide.name,
    mpp,
    mppSource,
    mppProvenance,
    ...map.georeference,
    legend,
  };
  await write('map.json', `${JSON.stringify(about, null, 2)}\n`);
}
