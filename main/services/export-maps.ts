/** The map of one slide in each form it leaves in: GeoJSON for QuPath, pictures, probabilities as OME-TIFF. */
import { pictureLayer, type ExportOptions, type PictureLayer } from '#common/contract/exports.ts';
import { cellEdge, isGapless } from '#common/tile-cells.ts';
import { classAnnotations, tileDetections, type ExportTile } from '../exports/geojson.ts';
import type { OmeImage } from '../exports/ome-xml.ts';
import { writeOmeTiff } from '../exports/ome-tiff.ts';
import { mapGenerator } from '../labels/labels-geojson.ts';
import { drawMap, type MapGrid } from '../maps/map-image.ts';
import { cividisColour } from '../maps/map-raster.ts';
import { trefoilVersion } from './app-service.ts';
import type { Classified, ClassifiedSlide } from './classified-slides.ts';
import type { ExportSink } from './export-sink.ts';
import { tileSetProvenance } from './slide-provenance.ts';

/** Names of a slide's GeoJSON files with their content in pieces, as the options choose them. */
export function geoJsonFiles(
  { name, fileName, slide, tiles }: ClassifiedSlide,
  { classifier }: Classified,
  { objects, tileObject, gzip }: Pick<ExportOptions, 'objects' | 'tileObject' | 'gzip'>,
): { readonly name: string; readonly isTiles: boolean; readonly pieces: () => Iterable<string> }[] {
  const { classes } = classifier.summary;
  const about = { generator: mapGenerator, slide: name, mpp: tileSetProvenance(slide) };
  const ending = gzip ? '.geojson.gz' : '.geojson';
  const outlines = {
    name: `${fileName}.regions${ending}`,
    isTiles: false,
    pieces: () => classAnnotations(tiles, classes, slide.grid, about),
  };
  const each = {
    name: `${fileName}.tiles${ending}`,
    isTiles: true,
    pieces: () => tileDetections(tiles, classes, about, tileObject),
  };
  if (objects === 'outlines') return [outlines];
  return objects === 'tiles' ? [each] : [outlines, each];
}

export async function writeGeoJson(
  slide: ClassifiedSlide,
  classified: Classified,
  options: ExportOptions,
  sink: ExportSink,
): Promise<void> {
  for (const { name, pieces } of geoJsonFiles(slide, classified, options)) {
    await sink.stream(name, pieces(), options.gzip);
  }
}

/** Values of the brightest colour and above; a distance is in limits of the training slides. */
const pictureScales: Readonly<Record<PictureLayer, number>> = { uncertainty: 1, disagreement: 1, distance: 2 };

/** Of the layers wanted, those that the slide's map has. */
export function pictureLayersOf(
  { tiles }: Pick<ClassifiedSlide, 'tiles'>,
  wanted: readonly PictureLayer[],
): readonly PictureLayer[] {
  return pictureLayer.options.filter((layer) => wanted.includes(layer) && tiles[0]?.measures?.[layer] !== undefined);
}

export async function writeMapPictures(
  { name, fileName, slide, tiles }: ClassifiedSlide,
  { classifier }: Classified,
  wanted: readonly PictureLayer[],
  sink: ExportSink,
): Promise<void> {
  const { classes } = classifier.summary;
  const mapGrid = mapGridOf(slide);
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
  const layers = pictureLayersOf({ tiles }, wanted);
  for (const layer of layers) {
    const picture = await drawMap(
      mapGrid,
      tiles.map(({ column, row, measures }) => ({
        column,
        row,
        colour: cividisColour((measures?.[layer] ?? 0) / pictureScales[layer]),
        opacity: 1,
      })),
    );
    await sink.write(`${fileName}.${layer}.png`, picture.png);
  }
  await sink.write(`${fileName}.map.png`, map.png);
  await sink.write(`${fileName}.confidence.png`, confidence.png);
  const legend = classes.map((item) => ({ name: item.name, colour: item.colour }));
  const scales = layers.map((layer) => ({ layer, colours: 'cividis', from: 0, to: pictureScales[layer] }));
  const { mpp, mppSource } = slide;
  const mppProvenance = tileSetProvenance(slide);
  await sink.write(
    `${fileName}.map.json`,
    `${JSON.stringify({ slide: name, mpp, mppSource, mppProvenance, ...map.georeference, legend, scales }, null, 2)}\n`,
  );
}

function mapGridOf({ grid }: ClassifiedSlide['slide']): MapGrid {
  return {
    columns: grid.columns,
    rows: grid.rows,
    level0PerCell: grid.stridePx * grid.downsample,
    level0Origin: isGapless(grid) ? cellEdge(grid, 0) : 0,
    coverage: Math.min(1, grid.sizePx / grid.stridePx),
  };
}

export function probabilityFile({ fileName }: ClassifiedSlide): string {
  return `${fileName}.probabilities.ome.tiff`;
}

export async function writeProbabilities(
  slide: ClassifiedSlide,
  { classifier }: Classified,
  sink: ExportSink,
): Promise<void> {
  const about = omeImageOf(slide, classifier.summary.classes);
  const { tiles } = slide;
  await sink.fill(probabilityFile(slide), async (file) => writeOmeTiff(file, { tiles, about, signal: sink.signal }));
}

function omeImageOf({ name, slide }: ClassifiedSlide, classes: OmeImage['channels']): OmeImage {
  const { columns, rows, level0PerCell, level0Origin, coverage } = mapGridOf(slide);
  const { x, y } = tileSetProvenance(slide);
  const micrometres = (mpp: number | null): number => Number(((mpp ?? slide.mpp) * level0PerCell).toPrecision(12));
  return {
    name: `${name}: class probabilities`,
    description:
      'Probability of each class from 0 to 1, one pixel a cell of the tile grid; 0 in every channel where there is no tile. ' +
      `Pixel (column, row) covers the slide from level0X + column * level0PerPixel, level0Y + row * level0PerPixel on, in pixels of its full resolution. Research use only.`,
    creator: `Trefoil ${trefoilVersion()}`,
    width: Math.max(1, columns),
    height: Math.max(1, rows),
    pixelUmX: micrometres(x),
    pixelUmY: micrometres(y),
    channels: classes.map(({ name: className, colour }) => ({ name: className, colour })),
    facts: {
      slide: name,
      level0X: level0Origin,
      level0Y: level0Origin,
      level0PerPixel: level0PerCell,
      tileShareOfPixelSide: coverage,
      scale: 'probability = value (32-bit float)',
      withoutTile: 'all channels 0',
    },
  };
}
