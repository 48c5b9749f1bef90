/** The tables of an export as CSV: one row a tile, one a class and slide, one a figure. */
import { mppText, mppWarnings, type MppProvenance } from '#common/domain/mpp-provenance.ts';
import type { EvaluationSummary, Figure } from '#common/contract/classifier.ts';
import { toCsv, type CsvValue } from '../exports/csv.ts';
import { areasOf } from './classifier-service.ts';
import type { Classified } from './classified-slides.ts';
import { tileSetProvenance } from './slide-provenance.ts';

const areaHeader = ['slide', 'class', 'tiles', 'area_mm2', 'percent', 'mpp', 'mpp_source'].concat([
  'mpp_x',
  'mpp_y',
  'mpp_field',
  'mpp_set_at',
  'mpp_replaced',
  'mpp_warnings',
  // Unlike the training slides: verdict, share of the tiles beyond their limit, how many they are.
  'slide_likeness',
  'share_beyond_limit',
  'reference_slides',
]);

/** In the order of the columns about mpp in `areaHeader`. */
function provenanceCells(mpp: MppProvenance): (string | number | null)[] {
  const { x, y, field, setAt, overridden } = mpp;
  const replaced = overridden === null ? null : `${mppText(overridden)} (${overridden.field ?? overridden.source})`;
  return [x, y, field, setAt, replaced, mppWarnings(mpp).join(' ')];
}

/** Every table of the export as CSV; `tilesPerSlide` cuts the long one for a preview. */
export function exportTables({ classifier, set, slides }: Classified, tilesPerSlide = Infinity): Map<string, string> {
  const { classes, rows } = classifier.summary;
  const measures = ['uncertainty', 'disagreement', 'distance'];
  const rounded = (value: number | undefined): number | null => (value === undefined ? null : Number(value.toFixed(6)));
  const tileRows = slides.flatMap(({ name, tiles, likeness }) =>
    tiles
      .slice(0, tilesPerSlide)
      .map((tile) => [
        name,
        tile.column,
        tile.row,
        tile.x,
        tile.y,
        tile.width,
        tile.height,
        classes[tile.classIndex]?.name ?? '',
        ...Array.from(tile.probabilities, (value) => Number(value.toFixed(6))),
        ...measures.map((name) => rounded(tile.measures?.[name])),
        likeness?.verdict ?? null,
      ]),
  );
  const tileHeader = ['slide', 'column', 'row', 'x', 'y', 'width', 'height', 'class'];
  const areaRows = slides.flatMap(({ name, slide, tiles, likeness }) =>
    areasOf(
      set,
      classes,
      tiles.map((tile) => tile.classIndex),
    ).map((area) => [
      name,
      area.name,
      area.tiles,
      area.areaMm2,
      area.percent,
      slide.mpp,
      slide.mppSource,
      ...provenanceCells(tileSetProvenance(slide)),
      likeness?.verdict ?? null,
      likeness?.shareBeyond ?? null,
      likeness?.referenceSlides ?? null,
    ]),
  );
  const metricRows = rows.flatMap((row) =>
    (['balancedAccuracy', 'macroF1'] as const).map((metric) => [
      row.features,
      metric,
      row[metric].value,
      row[metric].low,
      row[metric].high,
    ]),
  );
  return new Map([
    [
      'tiles.csv',
      toCsv([...tileHeader, ...classes.map((item) => `p(${item.name})`), ...measures, 'slide_likeness'], tileRows),
    ],
    ['areas.csv', toCsv(areaHeader, areaRows)],
    [
      'metrics.csv',
      toCsv(['features', 'metric', 'value', 'low95', 'high95'], [...metricRows, ...trustRows(classifier.summary)]),
    ],
  ]);
}

/** Calibration and abstention of the first features. */
function trustRows({ rows, calibration, abstention }: EvaluationSummary): CsvValue[][] {
  const features = rows[0]?.features ?? '';
  const row = (metric: string, figure: Figure | null): CsvValue[][] =>
    figure === null ? [] : [[features, metric, figure.value, figure.low, figure.high]];
  return [
    ...(calibration === undefined
      ? []
      : [
          [features, 'temperature', calibration.temperature, null, null],
          ...row('calibrationErrorBefore', calibration.errorBefore),
          ...row('calibrationErrorAfter', calibration.errorAfter),
          ...row('calibrationImprovement', calibration.improvement),
        ]),
    ...(abstention === undefined
      ? []
      : [
          ...row('areaUnderRiskCoverage', abstention.area),
          ...row('areaUnderRiskCoverageWithoutOrder', abstention.areaWithoutOrder),
        ]),
  ];
}
