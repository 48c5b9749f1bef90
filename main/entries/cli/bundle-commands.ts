/** bundle, apply, stage: a project's model in one file, and that file applied to slides without a project. */
import { Option, type Command } from 'commander';
import type { ModelDescription, StageInput } from '#common/contract/bundles.ts';
import { counted } from '#common/counted.ts';
import { TrefoilError } from '#common/errors.ts';
import { refusals } from './data-commands.ts';
import { interval } from './learning-commands.ts';
import { given, integerOption, numberOption } from './options.ts';
import type { CommandEnvironment } from './program.ts';
import { textTable } from './text-table.ts';

interface StageOptions {
  readonly model: string;
  readonly out: string;
  readonly slide?: string;
  readonly tiles?: string;
  readonly embeddings?: string;
  readonly predictions?: string;
  readonly mpp?: number;
  readonly workers?: number;
}

export function addBundleCommands(program: Command, { core, output, context, withProject }: CommandEnvironment): void {
  const bundle = program
    .command('bundle')
    .description('a portable model: encoder, classifier, classes, preparation and figures in one file');
  bundle
    .command('write <project>')
    .description("the project's newest classifier with its encoder; no slide or patient is named in it")
    .requiredOption('--out <file>', 'a new file, NAME.trefoil-model')
    .option('--classifier <id>', 'another than the newest')
    .action(async (directory: string, options: { out: string; classifier?: string }) => {
      const result = await withProject(directory, (project) =>
        core.bundles.write({ project, ...given(options), out: options.out }, context),
      );
      output.result(
        result,
        () => `Wrote ${result.file}: ${(result.byteLength / 1e6).toFixed(1)} MB, SHA-256 ${result.sha256}.`,
      );
    });
  bundle
    .command('wsinfer <project>')
    .description(
      "a model folder in the form of WSInfer's zoo: config.json and model.onnx (docs/bundles.md says what reads it)",
    )
    .requiredOption('--out <folder>')
    .option('--classifier <id>', 'another than the newest')
    .action(async (directory: string, options: { out: string; classifier?: string }) => {
      const result = await withProject(directory, (project) =>
        core.bundles.writeWsinfer({ project, ...given(options), out: options.out }, context),
      );
      output.result(result, () => `Wrote ${result.files.join(', ')} to ${result.directory}.`);
    });
  bundle
    .command('inspect <model>')
    .description('what a model is for and how well it did; checks the file, runs nothing of it')
    .action(async (file: string) => {
      const result = await core.bundles.inspect({ model: { file } });
      output.result(result, () => describeModel(result));
    });

  program
    .command('apply <model> <slides...>')
    .description(
      'maps of slides with a portable model: GeoJSON, tables and images in a folder a slide; run again to go on',
    )
    .requiredOption('--out <folder>')
    .option('--mpp <number>', 'micrometres per pixel of slides that do not say', numberOption)
    .option('--workers <count>', 'threads (default: all processors); changes no result', integerOption)
    .option('--keep-work', 'keep tiles and features in each folder')
    .action(
      async (
        file: string,
        slides: string[],
        options: { out: string; mpp?: number; workers?: number; keepWork?: true },
      ) => {
        const input = {
          model: { file },
          slides: slides.map((slide) => ({ file: slide })),
          ...given(options),
          out: options.out,
        };
        const result = await core.bundles.apply(input, context);
        const text = (): string =>
          [
            textTable(
              ['slide', 'tiles', 'classes', ''],
              result.slides.map(({ folder, kept, classes, wasThere }) => [
                folder,
                String(kept),
                classes.map(({ name, percent }) => `${name} ${percent.toFixed(1)} %`).join(', '),
                wasThere ? 'was there' : '',
              ]),
            ),
            ...result.slides.flatMap(({ name, warnings }) => warnings.map((text) => `${name}: ${text}`)),
            ...refusals(result.refused),
            `In ${result.directory}. For research use only.`,
          ].join('\n');
        output.result(result, text, result.refused);
      },
    );

  program
    .command('stage')
    .description(
      'one stage of apply for one slide, for workflow managers: reads and writes the files named, whole or not at all',
    )
    .addOption(new Option('--model <file>').makeOptionMandatory())
    .addOption(new Option('--out <file>', 'what the stage makes').makeOptionMandatory())
    .argument('<stage>', 'tiles, embed, classify or export')
    .option('--slide <file>', 'tiles: the slide')
    .option('--mpp <number>', 'tiles: micrometres per pixel of a slide that does not say', numberOption)
    .option('--workers <count>', 'tiles, embed: threads (default: all processors)', integerOption)
    .option('--tiles <file>', 'embed, export: what "tiles" made')
    .option('--embeddings <file>', 'classify: what "embed" made')
    .option('--predictions <file>', 'export: what "classify" made')
    .action(async (stage: string, options: StageOptions) => {
      const result = await core.bundles.stage(stageInput(stage, options), context);
      output.result(result, () => `${result.out}: ${counted(result.tiles, 'tile')}.`);
    });
}

function stageInput(stage: string, options: StageOptions): StageInput {
  const { out, mpp, workers } = options;
  const model = { file: options.model };
  const need = (name: 'slide' | 'tiles' | 'embeddings' | 'predictions'): { file: string } => {
    const file = options[name];
    if (file !== undefined) return { file };
    throw new TrefoilError('invalid-input', `The stage ${stage} needs --${name}.`, 'See "trefoil stage --help".');
  };
  switch (stage) {
    case 'tiles':
      return { stage, model, out, slide: need('slide'), ...given({ mpp, workers }) };
    case 'embed':
      return { stage, model, out, tiles: need('tiles'), ...given({ workers }) };
    case 'classify':
      return { stage, model, out, embeddings: need('embeddings') };
    case 'export':
      return { stage, model, out, tiles: need('tiles'), predictions: need('predictions') };
    default:
      throw new TrefoilError(
        'invalid-input',
        `There is no stage ${stage}.`,
        'Stages are tiles, embed, classify, export.',
      );
  }
}

function describeModel(model: ModelDescription): string {
  const { encoder, tiles, evaluation, classes } = model;
  const { balancedAccuracy, baselines } = evaluation;
  return [
    `classes           ${classes.map(({ name, trainingLabels }) => `${name} (${counted(trainingLabels, 'label')})`).join(', ')}`,
    `encoder           ${encoder.method}, ${encoder.network}, ${encoder.features} features of ${encoder.viewPx} px, seed ${encoder.seed}`,
    `tiles             ${tiles.sizePx} px at ${tiles.mpp} um/px, every ${tiles.stridePx} px, colours ${tiles.colour}`,
    `balanced accuracy ${balancedAccuracy.value.toFixed(3)} (95 % ${interval(balancedAccuracy)}), ${counted(evaluation.evaluatedTiles, 'tile')} in ${counted(evaluation.folds, 'fold')} held out by ${evaluation.groupLevel}`,
    ...baselines.map(
      ({ features, balancedAccuracy: figure }) =>
        `baseline          ${features}: ${figure.value.toFixed(3)} (95 % ${interval(figure)})`,
    ),
    `made              ${model.createdAt}, Trefoil ${model.trefoil}`,
    `SHA-256           ${model.sha256}`,
    '',
    ...evaluation.sentences,
    model.notice,
  ].join('\n');
}
