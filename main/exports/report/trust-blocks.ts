/** Calibration, abstention and the reference of unlike slides, as a report shows them; what they mean: docs/figures.md. */
import type { EvaluationSummary } from '#common/contract/classifier.ts';
import { abstentionChart, reliabilityChart } from './charts.ts';
import { paragraph, type Block } from './document.ts';
import { figureText, percent } from './texts.ts';

/** Rows of the table beside the chart. */
const thresholds = [0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.96];

export function trustBlocks({ calibration, abstention, reference }: EvaluationSummary): Block[] {
  return [
    ...(calibration === undefined
      ? [paragraph('Whether the probabilities are right as often as they say was not measured for this classifier.')]
      : [
          paragraph(calibration.sentence),
          {
            kind: 'table' as const,
            caption: `Calibration on ${calibration.tiles} held-out tiles of ${calibration.groups} groups, ${calibration.mistakes} of them named wrongly`,
            columns: [{ title: '', isText: true }, { title: 'As stated' }, { title: 'With a temperature' }],
            rows: [
              ['Temperature used for the map', '1', calibration.temperature.toFixed(2)],
              [
                'Expected calibration error (95 % interval)',
                figureText(calibration.errorBefore),
                calibration.errorAfter === null ? 'not measured' : figureText(calibration.errorAfter),
              ],
              [
                'Negative log-likelihood',
                calibration.logLossBefore.toFixed(3),
                calibration.logLossAfter === null ? 'not measured' : calibration.logLossAfter.toFixed(3),
              ],
            ],
          },
          reliabilityChart(calibration),
        ]),
    ...(abstention === undefined
      ? [paragraph('What leaving doubtful tiles unnamed buys was not measured for this classifier.')]
      : [
          abstentionChart(abstention),
          {
            kind: 'table' as const,
            caption: `Leaving doubtful tiles unnamed. Area under the risk-coverage curve ${figureText(abstention.area)}; ${figureText(abstention.areaWithoutOrder)} if the probability said nothing`,
            columns: ['Named from', 'Share of the labelled tiles', 'Accuracy on them (95 % interval)'].map((title) => ({
              title,
            })),
            rows: thresholds.flatMap((threshold) => {
              const point = abstention.points.find(({ confidence }) => Math.abs(confidence - threshold) < 1e-9);
              if (point === undefined) return [];
              return [
                [
                  percent(threshold),
                  percent(point.coverage),
                  point.accuracy === null ? 'no tile is so sure' : figureText(point.accuracy),
                ],
              ];
            }),
          },
        ]),
    paragraph(reference?.sentence ?? 'Slides cannot be compared with the training slides.'),
  ];
}
