/** demo: the whole way on the shipped images, ending in one table and what it means. */
import { Option, type Command } from 'commander';
import type { DemoResult } from '#common/contract/demo.ts';
import type { CommandEnvironment } from './program.ts';
import { formatDuration } from './output.ts';
import { interval } from './learning-commands.ts';
import { given, integerOption } from './options.ts';
import { textTable } from './text-table.ts';

interface DemoOptions {
  readonly out: string;
  readonly seed: number;
  readonly epochs?: number;
  readonly engine: 'auto' | 'webgpu' | 'tfjs';
  readonly allowSoftware?: boolean;
}

export function addDemoCommand(program: Command, { core, output, context }: CommandEnvironment): void {
  program
    .command('demo')
    .description('the whole way on 60 real images that ship with Trefoil; a second run goes on where the first stopped')
    .option('--out <directory>', 'folder for the project and the results', 'demo-output')
    .option('--seed <number>', 'of everything random', integerOption, 1)
    .option('--epochs <count>', 'pretraining epochs instead of the quick recipe', integerOption)
    .addOption(
      new Option('--engine <name>', 'auto: webgpu on a real GPU, tfjs otherwise')
        .choices(['auto', 'webgpu', 'tfjs'])
        .default('auto'),
    )
    .option('--allow-software', 'let webgpu run on a software adapter: for tests, very slow')
    .action(async (options: DemoOptions) => {
      const result = await core.demo.run(
        { ...options, ...given({ epochs: options.epochs, allowSoftware: options.allowSoftware }) },
        context,
      );
      output.result(result, () => describeDemo(result));
    });
}

function describeDemo(result: DemoResult): string {
  const rows = result.evaluations.flatMap((evaluation) =>
    evaluation.rows.map((row) => [
      `${percent(evaluation.fraction)} labels (${evaluation.trainingLabels})  ${row.features}`,
      row.balancedAccuracy.value.toFixed(3),
      interval(row.balancedAccuracy),
      row.macroF1.value.toFixed(3),
      interval(row.macroF1),
    ]),
  );
  const first = result.evaluations[0];
  return [
    `${result.images} images, ${result.tiles} tiles, pretrained without labels: ${result.run.network}, ${result.run.epochs} epochs, engine ${result.run.engine?.backend ?? 'unknown'}.`,
    result.run.verdict?.sentence ?? '',
    `Judged on ${first?.folds ?? 0} held-out specimens; 95 % intervals over specimens; never training accuracy.`,
    '',
    textTable(['', 'balanced accuracy', '95 % interval', 'macro F1', '95 % interval'], rows),
    '',
    ...result.evaluations.flatMap((evaluation) =>
      evaluation.sentences.map((text) => `At ${percent(evaluation.fraction)} labels: ${text}`),
    ),
    `${result.wholeSlide.name}: ${result.wholeSlide.tiles} tiles classified to show the path on a whole-slide image; it is of another tissue, so its map means nothing.`,
    '',
    `Map and exports: ${result.directory}/export (${result.exportedFiles.length} files). Took ${formatDuration(result.seconds)}.`,
    'For research use only. Demo images: Osteosarcoma-Tumor-Assessment, TCIA, CC BY 3.0.',
  ]
    .filter((line, index, lines) => line !== '' || lines[index - 1] !== '')
    .join('\n');
}

function percent(fraction: number | null): string {
  return fraction === null ? 'all' : `${Number((fraction * 100).toFixed(2))} %`;
}
