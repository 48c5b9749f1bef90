/** Writes what leaves the project: the map for QuPath, tables, images and the encoder, each with the method card beside it. */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { EvaluationSummary } from '#common/contract/classifier.ts';
import { exportsCalls } from '#common/contract/exports.ts';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { TrefoilError, throwIfCancelled } from '#common/errors.ts';
import { readCheckpoint } from '../engine/checkpoint-store.ts';
import { encoderTensors, writeSafetensors } from '../engine/safetensors.ts';
import { toCsv } from '../exports/csv.ts';
import { classAnnotations, tileDetections, type ExportTile } from '../exports/geojson.ts';
import { methodCard, methodCardMarkdown } from '../exports/method-card.ts';
import { cellEdge, isGapless } from '#common/tile-cells.ts';
import { asDiskFull, writeFileAtomically } from '../files/atomic-file.ts';
import { drawMap } from '../maps/map-image.ts';
import { latestClassifier, loadPredictions, type ClassifierRow } from '../store/classifier-rows.ts';
import { findRun } from '../store/run-rows.ts';
import { listSlides } from '../store/slide-rows.ts';
import { trefoilVersion } from './app-service.ts';
import { areasOf } from './classifier-service.ts';
import type { OpenProject, OpenProjects } from './open-projects.ts';
import type { StoredRun } from './runs-service.ts';
import { loadTileSet, tilesBySlide, type TileSet, type TileSetSlide } from './tile-sets.ts';

interface ClassifiedSlide {
  readonly name: string;
  /** Unique within the export, safe in any file system. */
  readonly fileName: string;
  readonly slide: TileSetSlide;
  readonly tiles: readonly ExportTile[];
}

interface Classified {
  readonly classifier: ClassifierRow<EvaluationSummary>;
  readonly set: TileSet;
  readonly slides: readonly ClassifiedSlide[];
}

export function createExportsService(projects: OpenProjects): ClientOf<typeof exportsCalls> {
  return implementService('exports', exportsCalls, {
    export: async ({ project: id, out, kinds, classifier }, context) => {
      const project = projects.get(id);
      const directory = resolve(out);
      const files: string[] = [];
      const write = async (name: string, content: string | Uint8Array): Promise<void> => {
        throwIfCancelled(context.signal);
        await writeFileAtomically(join(directory, name), typeof content === 'string' ? Buffer.from(content) : content);
        files.push(name);
      };
      try {
        await mkdir(directory, { recursive: true });
      } catch (error) {
        throw asDiskFull(directory, error);
      }
      const classified = loadClassified(project, classifier);
      const run = findRun(project.database, classified.classifier.run, (_: StoredRun) => true, 'finished');
      for (const [index, slide] of classified.slides.entries()) {
        if (kinds.includes('geojson')) await writeGeoJson(slide, classified, write);
        if (kinds.includes('png')) await writeMaps(slide, classified, write);
        context.onProgress?.({
          stage: 'Exporting',
          done: index + 1,
          total: classified.slides.length,
          note: slide.name,
        });
      }
      if (kinds.includes('csv')) await writeTables(classified, write);
      if (kinds.includes('safetensors')) await writeEncoder(project, run, write);
      await writeMethodCard(classified, run, write);
      return { directory, files };
    },
  });
}

type Write = (name: string, content: string | Uint8Array) => Promise<void>;

function loadClassified(project: OpenProject, wanted: string | undefined): Classified {
  const classifier = latestClassifier<EvaluationSummary>(project.database, wanted);
  const predictions = loadPredictions(project.database, classifier.id);
  if (predictions === null) {
    throw new TrefoilError(
      'not-found',
      'This classifier was not applied to the slides yet.',
      'Run "trefoil classify PROJECT" first.',
    );
  }
  const set = loadTileSet(project, predictions.tileSet);
  const names = new Map(listSlides(project.database).map((slide) => [slide.id as string, slide.name]));
  const bySlide = new Map(predictions.slides.map((item) => [item.slide, item]));
  const classCount = classifier.summary.classes.length;
  const taken = new Set<string>();
  const slides = tilesBySlide(set).map(({ slide, tiles }): ClassifiedSlide => {
    const name = names.get(slide.slide) ?? slide.slide;
    const predicted = bySlide.get(slide.slide);
    if (predicted === undefined || predicted.prediction.length !== tiles.length) {
      throw new TrefoilError(
        'not-found',
        `${name} was not classified completely.`,
        'Run "trefoil classify PROJECT" again.',
      );
    }
    return {
      name,
      fileName: uniqueFileName(name, slide.slide, taken),
      slide,
      tiles: tiles.map(({ column, row, rect }, index) => ({
        column,
        row,
        ...rect,
        classIndex: predicted.prediction[index] ?? 0,
        probabilities: Array.from(
          { length: classCount },
          (_, k) => predicted.probabilities[index * classCount + k] ?? 0,
        ),
      })),
    };
  });
  return { classifier, set, slides };
}

/** Two slides of one name, or names that differ in forbidden characters only, get their id added. */
function uniqueFileName(name: string, id: string, taken: Set<string>): string {
  const safe = name
    .replace(/\.[^.]+$/, '')
    .replace(/[<>:"/\\|?*\u0000-\u001f]/g, '_')
    .slice(0, 100);
  const chosen = taken.has(safe.toLowerCase()) ? `${safe}-${id}` : safe;
  taken.add(chosen.toLowerCase());
  return chosen;
}

async function writeGeoJson(
  { fileName, slide, tiles }: ClassifiedSlide,
  { classifier }: Classified,
  write: Write,
): Promise<void> {
  const { classes } = classifier.summary;
  await write(`${fileName}.regions.geojson`, classAnnotations(tiles, classes, slide.grid));
  await write(`${fileName}.tiles.geojson`, tileDetections(tiles, classes));
}

async function writeMaps(
  { name, fileName, slide, tiles }: ClassifiedSlide,
  { classifier }: Classified,
  write: Write,
): Promise<void> {
  const { classes } = classifier.summary;
  const { grid } = slide;
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
  await write(`${fileName}.map.png`, map.png);
  await write(`${fileName}.confidence.png`, confidence.png);
  const legend = classes.map((item) => ({ name: item.name, colour: item.colour }));
  const { mpp, mppSource } = slide;
  await write(
    `${fileName}.map.json`,
    `${JSON.stringify({ slide: name, mpp, mppSource, ...map.georeference, legend }, null, 2)}\n`,
  );
}

async function writeTables({ classifier, set, slides }: Classified, write: Write): Promise<void> {
  const { classes, rows } = classifier.summary;
  const tileRows = slides.flatMap(({ name, tiles }) =>
    tiles.map((tile) => [
      name,
      tile.column,
      tile.row,
      tile.x,
      tile.y,
      tile.width,
      tile.height,
      classes[tile.classIndex]?.name ?? '',
      ...Array.from(tile.probabilities, (value) => Number(value.toFixed(6))),
    ]),
  );
  const tileHeader = ['slide', 'column', 'row', 'x', 'y', 'width', 'height', 'class'];
  await write('tiles.csv', toCsv([...tileHeader, ...classes.map((item) => `p(${item.name})`)], tileRows));
  const areaRows = slides.flatMap(({ name, slide, tiles }) =>
    areasOf(
      set,
      classes,
      tiles.map((tile) => tile.classIndex),
    ).map((area) => [name, area.name, area.tiles, area.areaMm2, area.percent, slide.mpp, slide.mppSource]),
  );
  await write('areas.csv', toCsv(['slide', 'class', 'tiles', 'area_mm2', 'percent', 'mpp', 'mpp_source'], areaRows));
  const metricRows = rows.flatMap((row) =>
    (['balancedAccuracy', 'macroF1'] as const).map((metric) => [
      row.features,
      metric,
      row[metric].value,
      row[metric].low,
      row[metric].high,
    ]),
  );
  await write('metrics.csv', toCsv(['features', 'metric', 'value', 'low95', 'high95'], metricRows));
}

async function writeEncoder(project: OpenProject, run: StoredRun, write: Write): Promise<void> {
  if (run.summary.checkpoint === null) {
    throw new TrefoilError(
      'no-run',
      `Run ${run.id} has no finished encoder.`,
      'Finish it with "trefoil pretrain --resume".',
    );
  }
  const { state } = await readCheckpoint(join(project.directory, run.summary.checkpoint));
  const { settings, seed } = run.request;
  const metadata = {
    format: 'pt',
    network: settings.network,
    method: settings.method,
    seed: String(seed),
    viewPx: String(settings.viewPx),
    mean: '0.485,0.456,0.406',
    std: '0.229,0.224,0.225',
    trefoil: trefoilVersion(),
    use: 'research use only',
  };
  await write('encoder.safetensors', writeSafetensors(encoderTensors(state), metadata));
}

async function writeMethodCard({ classifier, set, slides }: Classified, run: StoredRun, write: Write): Promise<void> {
  const card = methodCard({
    createdAt: classifier.createdAt,
    versions: { Trefoil: trefoilVersion(), 'Node.js': process.versions.node },
    settings: {
      tiles: set.settings,
      slides: slides.map(({ name, slide }) => ({
        name,
        mpp: slide.mpp,
        mppSource: slide.mppSource,
        tiles: slide.kept,
      })),
      pretraining: { seed: run.request.seed, excludedSlides: run.request.excludedSlides, ...run.request.settings },
      engine: run.summary.engine,
      guard: run.summary.verdict,
    },
    evaluation: classifier.summary,
  });
  await write('method-card.md', methodCardMarkdown(card));
  await write('method-card.json', `${JSON.stringify(card, null, 2)}\n`);
}
