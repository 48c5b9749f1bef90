/** simulate: how many labels each way of choosing tiles takes, replayed on known labels. */
import { Option, type Command } from 'commander';
import { simulatedStrategies, type Simulation } from '#common/contract/labels.ts';
import { given, integerOption, numberOption } from './options.ts';
import type { CommandEnvironment } from './program.ts';
import { textTable } from './text-table.ts';

interface SimulateOptions {
  readonly labels?: string;
  readonly run?: string;
  readonly strategies?: (typeof simulatedStrategies)[number][];
  readonly step: number;
  readonly budget: number;
  readonly seeds: number;
  readonly folds: number;
  readonly group?: 'image' | 'specimen' | 'patient';
  readonly target?: number;
  readonly seed: number;
  readonly out?: string;
}

export function addSimulateCommand(program: Command, { core, output, context, withProject }: CommandEnvironment): void {
  program
    .command('simulate <project>')
    .description('replay labelling with each way of choosing tiles against random choice, over many seeds')
    .option('--labels <csv>', "known labels; default: the project's own")
    .option('--run <run>', 'pretraining run, or "colour" for colour and texture; default: the latest finished one')
    .addOption(new Option('--strategies <names...>', 'default: all').choices(simulatedStrategies))
    .option('--step <count>', 'labels asked for at a time', integerOption, 10)
    .option('--budget <count>', 'labels in all', integerOption, 100)
    .option('--seeds <count>', 'how often it is replayed', integerOption, 10)
    .option('--folds <count>', 'groups of slides judged in turn', integerOption, 5)
    .addOption(new Option('--group <level>', 'what is held out').choices(['image', 'specimen', 'patient']))
    .option('--target <share>', 'balanced accuracy to reach; default: what random choice reaches', numberOption)
    .option('--seed <number>', 'same seed, same result', integerOption, 1)
    .option('--out <directory>', 'writes simulation.csv, .svg and .json there')
    .action(async (directory: string, { labels, target, ...options }: SimulateOptions) => {
      const result = await withProject(directory, (project) =>
        core.labels.simulate({ project, ...given({ ...options, file: labels, goal: target }) }, context),
      );
      output.result(result, () => describeSimulation(result));
    });
}

export function describeSimulation(result: Simulation): string {
  const counts = result.strategies[0]?.points.map((point) => point.labels) ?? [];
  return [
    `${result.tiles} tiles of known class, ${result.folds} folds by ${result.groupLevel}, ${result.seeds} seeds, features: ${result.features}. Balanced accuracy by number of labels:`,
    textTable(
      ['strategy', ...counts.map(String), `labels for ${result.target.toFixed(2)}`],
      result.strategies.map(({ strategy, points, labelsForTarget }) => [
        strategy,
        ...points.map((point) => point.balancedAccuracy.value.toFixed(3)),
        labelsForTarget === null ? 'not reached' : String(Math.ceil(labelsForTarget)),
      ]),
    ),
    ...result.sentences,
    ...result.files.map((file) => `Wrote ${file}`),
  ].join('\n');
}
