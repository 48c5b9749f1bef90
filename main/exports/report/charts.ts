/** The two drawings of a report: how sure against how right, and what leaving doubtful tiles unnamed buys. */
import type { Abstention, CalibrationSummary } from '#common/contract/trust.ts';
import type { Chart, Shape } from './document.ts';

const width = 300;
const height = 220;
/** Room for the numbers beside the plot. */
const frame = { left: 44, right: 290, top: 10, bottom: 180 };
const ink = '#222222';
const pale = '#bbbbbb';
/** Okabe and Ito's blue and orange: told apart by every eye, and by shape here. */
const blue = '#0072b2';
const orange = '#d55e00';

interface Axis {
  readonly low: number;
  readonly high: number;
  readonly title: string;
}

function plot(x: Axis, y: Axis) {
  const scaled = (value: number, { low, high }: Axis): number => (value - low) / (high - low);
  const place = (a: number, b: number): [number, number] => [
    frame.left + scaled(a, x) * (frame.right - frame.left),
    frame.bottom - scaled(b, y) * (frame.bottom - frame.top),
  ];
  const marks = ({ low, high }: Axis): number[] => Array.from({ length: 6 }, (_, i) => low + ((high - low) * i) / 5);
  const percent = (value: number): string => `${Math.round(100 * value)} %`;
  const axes: Shape[] = [
    { shape: 'line', points: [place(x.low, y.high), place(x.low, y.low), place(x.high, y.low)], colour: ink },
    ...marks(x).map((value): Shape => {
      const [at] = place(value, y.low);
      return { shape: 'text', x: at, y: frame.bottom + 10, text: percent(value), anchor: 'middle' };
    }),
    ...marks(y).map((value): Shape => {
      const [, at] = place(x.low, value);
      return { shape: 'text', x: frame.left - 4, y: at, text: percent(value), anchor: 'end' };
    }),
    { shape: 'text', x: (frame.left + frame.right) / 2, y: frame.bottom + 28, text: x.title, anchor: 'middle' },
  ];
  return { place, axes };
}

type Bins = CalibrationSummary['binsBefore'];

/** Dots on the line: the stated probability is how often it is right. */
export function reliabilityChart({ binsBefore, binsAfter, decision }: CalibrationSummary): Chart {
  const { place, axes } = plot(
    { low: 0, high: 1, title: 'Stated probability of the class named' },
    { low: 0, high: 1, title: 'Share right' },
  );
  const filled = (bins: Bins) =>
    bins.flatMap(({ confidence, accuracy, tiles }) =>
      confidence === null || accuracy === null ? [] : [{ confidence, accuracy, tiles }],
    );
  const series = (bins: Bins, colour: string, isDashed: boolean): Shape[] => {
    const points = filled(bins).map(({ confidence, accuracy }) => place(confidence, accuracy));
    return [
      { shape: 'line', points, colour, isDashed },
      ...points.map(([x, y]): Shape => ({ shape: 'dot', x, y, radius: isDashed ? 2 : 3, colour })),
    ];
  };
  const after = decision === 'fitted' ? binsAfter : null;
  const shown = after ?? binsBefore;
  return {
    kind: 'chart',
    caption:
      after === null
        ? 'Reliability: stated probability against share right (upwards), on held-out labels. On the thin line the two are equal.'
        : 'Reliability: stated probability against share right (upwards), on held-out labels: as the classifier states it (dashed), and with the temperature of other groups (solid). On the thin line the two are equal.',
    alternative: `Reliability diagram. ${filled(shown)
      .map(
        ({ confidence, accuracy, tiles }) =>
          `Stated ${percentText(confidence)}, right ${percentText(accuracy)} of ${tiles}`,
      )
      .join('; ')}.`,
    width,
    height,
    shapes: [
      ...axes,
      { shape: 'line', points: [place(0, 0), place(1, 1)], colour: pale },
      ...series(binsBefore, orange, after !== null),
      ...(after === null ? [] : series(after, blue, false)),
    ],
  };
}

/** Accuracy of the tiles named against their share. */
export function abstentionChart({ points }: Abstention): Chart {
  const known = points.flatMap(({ coverage, accuracy }) => (accuracy === null ? [] : [{ coverage, accuracy }]));
  const lowest = Math.min(1, ...known.flatMap(({ accuracy }) => [accuracy.value, accuracy.low ?? accuracy.value]));
  const low = Math.min(0.9, Math.floor(10 * lowest) / 10);
  const { place, axes } = plot(
    { low: 0, high: 1, title: 'Share of the labelled tiles that is named' },
    { low, high: 1, title: 'Accuracy' },
  );
  const line = (of: (accuracy: (typeof known)[number]['accuracy']) => number | null) =>
    known.flatMap(({ coverage, accuracy }) => {
      const value = of(accuracy);
      return value === null ? [] : [place(coverage, value)];
    });
  return {
    kind: 'chart',
    caption:
      'Abstention: accuracy on held-out labels (upwards) when only the surest share of the tiles is named, with its 95 % interval (thin).',
    alternative: `Accuracy by share named. ${sampled(known)
      .map(({ coverage, accuracy }) => `${percentText(coverage)} named, ${percentText(accuracy.value)} of them right`)
      .join('; ')}.`,
    width,
    height,
    shapes: [
      ...axes,
      { shape: 'line', points: line((accuracy) => accuracy.low), colour: pale },
      { shape: 'line', points: line((accuracy) => accuracy.high), colour: pale },
      { shape: 'line', points: line((accuracy) => accuracy.value), colour: blue },
    ],
  };
}

/** Five of them, evenly. */
function sampled<Item>(items: readonly Item[]): Item[] {
  const step = Math.max(1, Math.floor(items.length / 5));
  return items.filter((_, index) => index % step === 0);
}

function percentText(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
