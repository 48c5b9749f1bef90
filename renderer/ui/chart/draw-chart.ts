/**
 * A uPlot chart from series, references and marks. Colours are read from the theme once, so a change of theme makes a new
 * chart. No Vue here; LineChart.vue owns the element, the size and the pointer's reading.
 */
import UPlot from 'uplot';
import {
  spreadLabels,
  thinCurve,
  valueRange,
  type ChartMark,
  type ChartSeries,
  type ReferenceLine,
} from './chart-data.ts';

export interface ChartContent {
  readonly series: readonly ChartSeries[];
  readonly references: readonly ReferenceLine[];
  readonly marks: readonly ChartMark[];
  readonly least: number | null;
  readonly most: number | null;
  /** Least extent of x, so that the axis does not jump with the first values; null: as the values are. */
  readonly xExtent: readonly [number, number] | null;
  readonly isLogX: boolean;
  /** Names at the ends of the lines. */
  readonly hasEndNames: boolean;
  readonly formatX: (value: number) => string;
  readonly formatY: (value: number) => string;
}

/** Dash of each of eight series: colour is never the only sign. */
export const dashes: readonly (readonly number[])[] = [
  [],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [12, 4],
  [4, 2, 1, 2, 1, 2],
  [1, 3],
  [10, 2, 4, 2],
];

const font = '11px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif';

/** `current` answers what to draw now; the number of series and their bands must stay as they were. */
export function drawChart(
  host: HTMLElement,
  size: { readonly width: number; readonly height: number },
  current: () => ChartContent,
  onCursor: (left: number | null) => void,
): UPlot {
  const style = getComputedStyle(host);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const lines = {
    grid: colour('line'),
    text: colour('secondary'),
    strong: colour('text'),
    background: colour('raised'),
  };
  const first = current();
  const colourOf = (index: number): string => colour(`series-${seriesColour(first.series, index)}`);

  const columns: UPlot.Series[] = [{}];
  const bands: UPlot.Band[] = [];
  first.series.forEach((each, index) => {
    const stroke = colourOf(index);
    const dash = first.series.length === 1 ? [] : (dashes[seriesColour(first.series, index) - 1] ?? []);
    columns.push({
      stroke,
      width: 1.6,
      spanGaps: true,
      dash: [...dash],
      points: { show: each.hasPoints === true, size: 5, fill: stroke },
    });
    if (each.low === undefined || each.high === undefined) return;
    bands.push({ series: [columns.length + 1, columns.length], fill: withAlpha(stroke, 0.2) });
    for (let side = 0; side < 2; side += 1) {
      columns.push({ stroke: 'transparent', width: 0, spanGaps: true, points: { show: false } });
    }
  });
  const context = document.createElement('canvas').getContext('2d');
  if (context !== null) context.font = font;
  const widthOf = (text: string): number => Math.ceil(context?.measureText(text).width ?? 6 * text.length);
  const right = first.hasEndNames
    ? 16 + Math.min(120, Math.max(0, ...first.series.map(({ name }) => widthOf(name))))
    : 12;

  const axis = { stroke: lines.text, font, ticks: { stroke: lines.grid, width: 1, size: 4 } };
  const options: UPlot.Options = {
    ...size,
    padding: [8, right, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: {
      x: {
        time: false,
        distr: first.isLogX ? 3 : 1,
        range: (_, low, high) => {
          const { xExtent, isLogX } = current();
          const extent = extentOf(xExtent, low, high);
          return isLogX ? UPlot.rangeLog(extent[0], extent[1], 10, false) : extent;
        },
      },
      y: {
        range: () => {
          const { series, references, least, most } = current();
          return [...valueRange(series, references, least, most)];
        },
      },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 26,
        gap: 4,
        space: 64,
        values: (_, splits) => splits.map((v) => shown(v, current().formatX)),
      },
      {
        ...axis,
        grid: { stroke: lines.grid, width: 1 },
        gap: 4,
        space: 28,
        size: (_, values) => 14 + Math.max(16, ...(values ?? []).map(widthOf)),
        values: (_, splits) => splits.map((v) => shown(v, current().formatY)),
      },
    ],
    series: columns,
    bands,
    hooks: {
      setCursor: [(chart) => onCursor((chart.cursor.left ?? -1) < 0 ? null : (chart.cursor.left ?? null))],
      draw: [(chart) => drawNotes(chart, current(), { ...lines, colourOf, widthOf })],
    },
  };
  return new UPlot(options, chartColumns(first, size.width), host);
}

/** One value alone, or none, still needs an axis. */
function extentOf(least: readonly [number, number] | null, low: number | null, high: number | null): [number, number] {
  const from = Math.min(low ?? least?.[0] ?? 0, least?.[0] ?? Infinity);
  const to = Math.max(high ?? least?.[1] ?? 1, least?.[1] ?? -Infinity);
  return from < to ? [from, to] : [from, from + 1];
}

/** The series thinned to the chart's pixels, on one common x, with low and high behind those that have them. */
export function chartColumns({ series }: ChartContent, width: number): UPlot.AlignedData {
  const tables: UPlot.AlignedData[] = series.flatMap((each) => {
    if (each.low !== undefined && each.high !== undefined) {
      return [[[...each.x], [...each.y], [...each.low], [...each.high]] as UPlot.AlignedData];
    }
    const thin = thinCurve(each, Math.max(64, Math.round(width)));
    return [[thin.x, thin.y] as UPlot.AlignedData];
  });
  if (tables.length === 0) return [[]];
  return tables.length === 1 ? (tables[0] ?? [[]]) : UPlot.join(tables);
}

export function seriesColour(series: readonly ChartSeries[], index: number): number {
  return (((series[index]?.colour ?? index + 1) - 1) % 8) + 1;
}

function shown(value: number | null, format: (value: number) => string): string {
  return value === null ? '' : format(value);
}

interface Notes {
  readonly text: string;
  readonly strong: string;
  readonly background: string;
  readonly colourOf: (index: number) => string;
  readonly widthOf: (text: string) => number;
}

/** Reference lines, marks and names, over the curves. Sizes are in device pixels here. */
function drawNotes(chart: UPlot, content: ChartContent, { text, strong, background, colourOf, widthOf }: Notes): void {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = font.replace('11px', `${11 * ratio}px`);
  ctx.lineWidth = ratio;
  ctx.strokeStyle = text;
  for (const { y, label } of content.references) {
    const at = Math.round(chart.valToPos(y, 'y', true));
    if (at < bbox.top || at > bbox.top + bbox.height) continue;
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    line(ctx, bbox.left, at, bbox.left + bbox.width, at);
    ctx.fillStyle = text;
    ctx.textAlign = 'right';
    const isHigh = at - bbox.top < 16 * ratio;
    ctx.textBaseline = isHigh ? 'top' : 'bottom';
    ctx.fillText(label, bbox.left + bbox.width - 4 * ratio, at + (isHigh ? 3 : -3) * ratio);
  }
  for (const { x, label } of content.marks) {
    const at = Math.round(chart.valToPos(x, 'x', true));
    if (at < bbox.left || at > bbox.left + bbox.width) continue;
    ctx.setLineDash([ratio, 2 * ratio]);
    line(ctx, at, bbox.top, at, bbox.top + bbox.height);
    // Half-way up, where no reference line writes; a halo keeps it readable over the curves.
    const isAtEnd = at + (widthOf(label) + 8) * ratio > bbox.left + bbox.width;
    ctx.textAlign = isAtEnd ? 'right' : 'left';
    ctx.textBaseline = 'middle';
    const place = [at + (isAtEnd ? -4 : 4) * ratio, bbox.top + bbox.height / 2] as const;
    ctx.setLineDash([]);
    ctx.strokeStyle = background;
    ctx.lineWidth = 3 * ratio;
    ctx.strokeText(label, ...place);
    ctx.strokeStyle = text;
    ctx.lineWidth = ratio;
    ctx.fillStyle = text;
    ctx.fillText(label, ...place);
  }
  if (content.hasEndNames) {
    const ends = content.series.map(({ x, y }) => {
      const index = y.findLastIndex((value) => value !== null);
      return {
        x: chart.valToPos(x[index] ?? 0, 'x', true),
        y: chart.valToPos(y[index] ?? 0, 'y', true),
        has: index >= 0,
      };
    });
    const gap = 13 * ratio;
    const heights = spreadLabels(
      ends.map(({ y }) => y),
      gap,
      bbox.top + gap / 2,
      bbox.top + bbox.height - gap / 2,
    );
    ctx.textAlign = 'left';
    ctx.textBaseline = 'middle';
    ctx.setLineDash([]);
    content.series.forEach(({ name }, index) => {
      const end = ends[index];
      if (end === undefined || !end.has) return;
      const edge = bbox.left + bbox.width + 4 * ratio;
      const height = heights[index] ?? end.y;
      ctx.strokeStyle = colourOf(index);
      line(ctx, edge, height, edge + 6 * ratio, height);
      ctx.fillStyle = strong;
      ctx.fillText(name, edge + 9 * ratio, height, 120 * ratio);
    });
  }
  ctx.restore();
}

function line(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

function withAlpha(hex: string, alpha: number): string {
  return `${hex}${Math.round(alpha * 255)
    .toString(16)
    .padStart(2, '0')}`;
}
