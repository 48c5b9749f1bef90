/** slides colour, stain, tissue, copy-without-label: what a slide's colours are, how its tissue is found, what it gives away. */
import { Option, type Command } from 'commander';
import type { StainEstimate } from '#common/contract/slides.ts';
import { defaultTissueSettings } from '#common/domain/tile.ts';
import type { CommandEnvironment } from './program.ts';
import { given, numberOption } from './options.ts';
import { textTable } from './text-table.ts';

export function addColourCommands(slides: Command, { core, output, context, withProject }: CommandEnvironment): void {
  slides
    .command('colour <project> [slide]')
    .description("what a slide's colour profile does; without a slide the project's choice")
    .addOption(
      new Option(
        '--use <choice>',
        "for the whole project: apply the scanners' profiles or show what is stored",
      ).choices(['scanner-profile', 'as-stored']),
    )
    .action(
      async (directory: string, slide: string | undefined, options: { use?: 'scanner-profile' | 'as-stored' }) => {
        const result = await withProject(directory, async (project) => {
          if (options.use !== undefined) await core.projects.changeSettings({ project, colour: options.use });
          const { colour: choice } = await core.projects.settings({ project });
          return slide === undefined ? { choice } : core.slides.colour({ project, slide });
        });
        output.result(result, () => {
          if (!('state' in result)) return `Colours: ${result.choice}.`;
          const profile = result.name ?? (result.state === 'none' ? 'no profile' : 'unusable profile');
          return `${profile}: ${result.state}${result.reason === null ? '' : ` (${result.reason})`}. Colours: ${result.choice}.`;
        });
      },
    );
  slides
    .command('stain <project> <slide>')
    .description("Macenko's stain colours and Reinhard's mean and spread, from a sample of the slide's tissue")
    .action(async (directory: string, slide: string) => {
      const result = await withProject(directory, (project) => core.slides.stain({ project, slide }, context));
      output.result(result, () => describeStains(result));
    });
  slides
    .command('tissue <project> <slide>')
    .description('find tissue on this slide its own way; what is not given keeps its value')
    .option('--threshold <saturation>', 'fixed saturation above which a pixel is tissue, 0 to 1', numberOption)
    .option('--min-focus <value>', 'smallest focus measure of a kept tile', numberOption)
    .option('--max-pen <share>', 'largest share of a kept tile under pen', numberOption)
    .option('--fold-contrast <value>', 'drop folds that stand out this much; 0 keeps them', numberOption)
    .option('--max-fold <share>', 'largest share of a kept tile in folds', numberOption)
    .option('--dark-limit <value>', 'brightness below which grey is dirt; 0 keeps it', numberOption)
    .option('--max-dark <share>', 'largest share of a kept tile under dirt', numberOption)
    .option('--reset', 'as on all other slides again')
    .action(async (directory: string, slide: string, { threshold, reset, ...rest }: TissueOptions) => {
      const result = await withProject(directory, async (project) => {
        const all = await core.slides.list({ project });
        const before = all.find((item) => item.slide === slide)?.tissue ?? defaultTissueSettings;
        const fixed = threshold === undefined ? {} : { method: 'fixed' as const, saturationThreshold: threshold };
        const tissue = reset === true ? null : { ...before, ...given(rest), ...fixed };
        return core.slides.setTissue({ project, slide, tissue });
      });
      output.result(result, () =>
        result.tissue === null
          ? `${result.name}: tissue as on all slides.`
          : textTable(
              ['setting', 'value'],
              Object.entries(result.tissue).map(([name, value]) => [name, String(value)]),
            ),
      );
    });
  slides
    .command('copy-without-label <file> <copy>')
    .description('write a copy of a slide file (SVS, TIFF, NDPI) without its label image; the original is only read')
    .option('--macro', 'also without the macro image, which often shows the label')
    .option('--text', "also with names, dates and numbers blanked in the file's texts")
    .action(async (file: string, out: string, options: { macro?: boolean; text?: boolean }) => {
      const result = await core.slides.copyWithoutLabel({ source: { file }, out, ...given(options) }, context);
      output.result(
        result,
        () =>
          `Wrote ${result.name} without ${result.removed.join(' and ') || 'names in its texts'}; every other byte is the same.`,
      );
    });
}

interface TissueOptions {
  readonly threshold?: number;
  readonly minFocus?: number;
  readonly maxPen?: number;
  readonly foldContrast?: number;
  readonly maxFold?: number;
  readonly darkLimit?: number;
  readonly maxDark?: number;
  readonly reset?: boolean;
}

function describeStains({ pixels, stainedPixels, macenko, reinhard }: StainEstimate): string {
  const numbers = (values: readonly number[]): string => values.map((value) => value.toFixed(3)).join(' ');
  const rows = [
    ...(macenko === null
      ? []
      : (['haematoxylin', 'eosin'] as const).map((name) => {
          const { vector, strength, colour } = macenko[name];
          return [`Macenko ${name}`, numbers(vector), strength.toFixed(3), colour.join(' ')];
        })),
    ...(reinhard === null
      ? []
      : [['Reinhard mean', numbers(reinhard.mean), numbers(reinhard.deviation), reinhard.colour.join(' ')]]),
  ];
  const head = `${pixels} tissue pixels, ${stainedPixels} stained.`;
  const none = macenko === null ? ['Too little is stained for Macenko.'] : [];
  return [head, ...none, textTable(['', 'vector or mean', 'strength or spread', 'RGB'], rows)].join('\n');
}
