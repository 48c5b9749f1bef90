/** trust: how far a classifier's probabilities and maps can be trusted. Figures are explained in docs/figures.md. */
import type { Command } from 'commander';
import type { Abstention, CalibrationSummary } from '#common/contract/trust.ts';
import { interval } from './learning-commands.ts';
import { given, numberOption } from './options.ts';
import type { CommandEnvironment } from './program.ts';
import { textTable } from './text-table.ts';

interface TrustOptions {
  readonly classifier?: string;
  readonly threshold: number;
}

export function addTrustCommand(program: Command, { core, output, withProject }: CommandEnvironment): void {
  program
    .command('trust <project>')
    .description('calibration, what leaving doubtful tiles unnamed buys, and slides unlike the training slides')
    .option('--classifier <id>', 'default: the latest')
    .option('--threshold <probability>', 'tiles below it are left unnamed', numberOption, 0.8)
    .action(async (directory: string, { threshold, classifier }: TrustOptions) => {
      const result = await withProject(directory, async (project) => {
        const { summary } = await core.classifier.details({ project, ...given({ classifier }) });
        const wanted = { project, classifier: summary.classifier };
        const { calibration = null, abstention = null, reference = null } = summary;
        // Figures on labels are there before any map.
        const isMapped = (await core.classifier.list({ project })).some(
          (item) => item.classifier === summary.classifier && item.isApplied,
        );
        const layers = isMapped ? await core.maps.layers(wanted) : null;
        const areas = isMapped ? await core.maps.areas({ ...wanted, threshold }) : null;
        const unnamed = new Map(areas?.slides.map((slide) => [slide.slide, slide.unclassified.percent]));
        return {
          classifier: summary.classifier,
          calibration,
          reference,
          abstention: abstention === null ? null : { ...abstention, threshold, at: pointAt(abstention, threshold) },
          unnamedPercent: areas?.total.unclassified.percent ?? null,
          slides: (layers?.slides ?? []).map(({ slide, name, likeness }) => ({
            slide,
            name,
            likeness,
            unnamedPercent: unnamed.get(slide) ?? null,
          })),
        };
      });
      output.result(result, () =>
        [
          ...describeCalibration(result.calibration),
          ...describeAbstention(result.abstention, threshold, result.unnamedPercent),
          result.reference?.sentence ?? 'What the training slides look like is not known: train the classifier again.',
          ...(result.slides.length === 0
            ? ['No map was made with this classifier yet: trefoil classify PROJECT.']
            : [
                textTable(
                  ['slide', 'training slides', 'beyond limit', `below ${threshold}`],
                  result.slides.map(({ name, likeness, unnamedPercent }) => [
                    name,
                    likeness?.verdict ?? 'not known',
                    likeness === null ? '-' : `${(100 * likeness.shareBeyond).toFixed(0)} %`,
                    unnamedPercent === null ? '-' : `${unnamedPercent.toFixed(1)} %`,
                  ]),
                ),
              ]),
        ].join('\n'),
      );
    });
}

/** The point of the curve at or just below the threshold. */
function pointAt({ points }: Abstention, threshold: number): Abstention['points'][number] | null {
  return points.findLast(({ confidence }) => confidence <= threshold + 1e-9) ?? null;
}

function describeCalibration(calibration: CalibrationSummary | null): string[] {
  if (calibration === null) return ['The probabilities were not calibrated: train the classifier again.'];
  const { binsBefore, binsAfter, sentence } = calibration;
  const share = (value: number | null | undefined): string =>
    value === null || value === undefined ? '-' : value.toFixed(3);
  return [
    sentence,
    textTable(
      ['probability', 'tiles', 'stated', 'right', 'tiles after', 'stated after', 'right after'],
      binsBefore.flatMap((bin, index) => {
        const after = binsAfter?.[index];
        if (bin.tiles === 0 && (after?.tiles ?? 0) === 0) return [];
        return [
          [
            `${bin.from.toFixed(2)} to ${bin.to.toFixed(2)}`,
            String(bin.tiles),
            share(bin.confidence),
            share(bin.accuracy),
            after === undefined ? '-' : String(after.tiles),
            share(after?.confidence),
            share(after?.accuracy),
          ],
        ];
      }),
    ),
  ];
}

function describeAbstention(
  abstention: (Abstention & { readonly at: Abstention['points'][number] | null }) | null,
  threshold: number,
  unnamedPercent: number | null,
): string[] {
  if (abstention?.at === undefined || abstention.at === null) return [];
  const { at, area, areaWithoutOrder } = abstention;
  const tissue = unnamedPercent === null ? '' : ` Of the tissue, ${unnamedPercent.toFixed(1)} % stays unnamed.`;
  const right =
    at.accuracy === null
      ? 'no held-out tile is named'
      : `${(100 * at.coverage).toFixed(1)} % of the held-out labelled tiles are named, ${at.accuracy.value.toFixed(3)} of them rightly (${interval(at.accuracy)})`;
  return [
    `Naming only tiles of at least ${threshold}: ${right}.${tissue}`,
    `Area under risk and coverage ${area.value.toFixed(3)} (${interval(area)}); ${areaWithoutOrder.value.toFixed(3)} if the probability said nothing.`,
  ];
}
