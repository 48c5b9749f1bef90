/** compare: runs against each other and the baselines, on the same labels and folds. */
import { Option, type Command } from 'commander';
import { defaultSupervisedSteps, type MethodComparison } from '#common/contract/classifier.ts';
import { interval } from './learning-commands.ts';
import { given, integerOption, numberOption } from './options.ts';
import type { CommandEnvironment } from './program.ts';
import { textTable } from './text-table.ts';

interface CompareOptions {
  readonly runs?: string[];
  readonly fractions?: string[];
  readonly draws: number;
  readonly seed: number;
  readonly group?: 'image' | 'specimen' | 'patient';
  readonly folds?: number;
  readonly bySlide?: true;
  readonly supervised?: number | true;
  readonly out?: string;
}

export function addCompareCommand(program: Command, { core, output, context, withProject }: CommandEnvironment): void {
  program
    .command('compare <project>')
    .description('compare finished runs with each other and the baselines on the same few labels, drawn many times')
    .option('--runs <ids...>', 'default: every finished run of the current tiles')
    .option('--fractions <shares...>', 'shares of the tiles that are labelled (default: 0.01 0.1)')
    .option('--draws <count>', 'how often the labels are drawn', integerOption, 20)
    .option('--seed <number>', 'of the draws and the intervals', integerOption, 1)
    .addOption(new Option('--group <level>', 'what is held out').choices(['image', 'specimen', 'patient']))
    .option('--folds <count>', 'group k-fold instead of one group at a time', integerOption)
    .option('--by-slide', "also with each slide's own mean and deviation taken out of the features")
    .option(
      '--supervised [steps]',
      `also networks trained from scratch on the drawn labels alone, one a draw and fold (default: ${defaultSupervisedSteps} steps each)`,
      integerOption,
    )
    .option('--out <directory>', 'writes comparison.csv and .json there')
    .action(async (directory: string, { fractions, supervised, ...options }: CompareOptions) => {
      const shares = fractions?.map((text) => numberOption(text));
      const supervisedSteps = supervised === true ? defaultSupervisedSteps : supervised;
      const result = await withProject(directory, (project) =>
        core.classifier.compare({ project, ...given({ ...options, fractions: shares, supervisedSteps }) }, context),
      );
      output.result(result, () => describeMethods(result));
    });
}

export function describeMethods(result: MethodComparison): string {
  return [
    `${result.draws} draws of labels, ${result.evaluatedTiles} labelled tiles on ${result.slides} slides judged, ${result.folds} folds held out by ${result.groupLevel}: ${result.groupReason}`,
    ...result.at.flatMap((item) => [
      '',
      `${(100 * item.fraction).toFixed(1)} % of the tiles: ${item.labels} labels`,
      textTable(
        ['features', 'balanced accuracy', '95 % interval', 'single draws', 'over best baseline', '95 % interval'],
        item.methods.map((method) => [
          method.name,
          method.balancedAccuracy.value.toFixed(3),
          interval(method.balancedAccuracy),
          `${method.lowest.toFixed(3)} to ${method.highest.toFixed(3)}`,
          method.gain === null ? 'baseline' : method.gain.value.toFixed(3),
          method.gain === null ? '' : interval(method.gain),
        ]),
      ),
      ...item.sentences,
    ]),
    ...result.files.map((file) => `Wrote ${file}`),
  ].join('\n');
}
