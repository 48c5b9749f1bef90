/** pretrain, finetune, classify, export: from tiles to a map. */
import { Option, type Command } from 'commander';
import type { EvaluationSummary, Figure } from '#common/contract/classifier.ts';
import { exportKind, pictureLayer, type ExportKind, type ExportOptions } from '#common/contract/exports.ts';
import type { RunRemoval } from '#common/contract/runs.ts';
import type { CommandEnvironment } from './program.ts';
import { methodNames, type MethodName } from '#common/domain/pretrain.ts';
import { given, integerOption, numberOption } from './options.ts';
import { textTable } from './text-table.ts';

export function addLearningCommands(program: Command, environment: CommandEnvironment): void {
  addPretrainCommands(program, environment);
  addFinetuneCommand(program, environment);
  const { core, output, context, withProject } = environment;

  program
    .command('classify <project>')
    .description('predict a class for every kept tile of every slide')
    .option('--classifier <id>', 'default: the latest')
    .action(async (directory: string, options: { classifier?: string }) => {
      const result = await withProject(directory, (project) =>
        core.classifier.classify({ project, ...given(options) }, context),
      );
      output.result(result, () =>
        [
          textTable(
            ['slide', 'class', 'tiles', 'mm2', '%'],
            result.slides.flatMap((slide) =>
              slide.classes.map((item) => [
                slide.name,
                item.name,
                String(item.tiles),
                item.areaMm2.toFixed(3),
                item.percent.toFixed(1),
              ]),
            ),
          ),
          ...result.slides.flatMap(({ name, likeness }) =>
            likeness?.verdict === 'unlike' ? [`${name}: ${likeness.sentence}`] : [],
          ),
        ].join('\n'),
      );
    });

  program
    .command('export <project>')
    .description('write the map and the encoder in forms other programs open')
    .option('--geojson', 'class polygons and tile detections for QuPath')
    .option('--csv', 'tiles, areas and metrics')
    .option('--png', 'class map aligned to the slide')
    .option('--safetensors', 'the encoder with torchvision names')
    .option('--onnx', 'the encoder as ONNX, checked in onnxruntime, with a card on preparing images')
    .option('--model', 'a portable model for "trefoil apply"')
    .option('--report', 'figures, areas and maps as one HTML file')
    .option('--pdf', 'the report as a tagged PDF')
    .option('--ome-tiff', 'probability of every class as a pyramid of one channel a class')
    .option(
      '--coco',
      'tiles as images with their classes as COCO JSON and CSV; the same command goes on where it was stopped',
    )
    .option('--classifier <id>', 'default: the latest')
    .addOption(
      new Option('--objects <which>', 'geojson: an outline a class, an object a tile, or both')
        .choices(['both', 'outlines', 'tiles'])
        .default('both'),
    )
    .addOption(
      new Option('--tile-object <kind>', 'geojson: what QuPath makes of a tile')
        .choices(['detection', 'tile'])
        .default('detection'),
    )
    .option('--gzip', 'geojson: packed, .geojson.gz')
    .addOption(
      new Option('--picture-layers <names...>', 'png: what the map says about its own answers')
        .choices(pictureLayer.options)
        .default(['uncertainty']),
    )
    .addOption(
      new Option('--tiles <which>', 'coco: tiles with a label, or every tile')
        .choices(['labelled', 'all'])
        .default('labelled'),
    )
    .addOption(new Option('--image-format <name>', 'coco').choices(['png', 'jpeg']).default('png'))
    .option('--with-patients', 'coco: names of specimens and patients too; left out otherwise')
    .requiredOption('--out <directory>', 'folder to write to')
    .action(async (directory: string, options: ExportCommandOptions) => {
      const { objects, tileObject, gzip, tiles, imageFormat, pictureLayers, withPatients, omeTiff, pdf, ...named } =
        options;
      const isChosen: Partial<Record<ExportKind, true>> = {
        ...named,
        ...given({ 'ome-tiff': omeTiff, 'report-pdf': pdf }),
      };
      const chosen = exportKind.options.filter((kind) => isChosen[kind] === true);
      const kinds = chosen.length > 0 ? chosen : (['geojson', 'csv', 'png', 'safetensors'] as const);
      const result = await withProject(directory, (project) =>
        core.exports.export(
          {
            project,
            out: options.out,
            kinds: [...kinds],
            options: { objects, tileObject, tiles, imageFormat, pictureLayers, ...given({ gzip, withPatients }) },
            ...given({ classifier: options.classifier }),
          },
          context,
        ),
      );
      output.result(result, () =>
        [`Wrote ${result.files.length} files to ${result.directory}:`, ...result.files].join('\n'),
      );
    });
}

interface ExportCommandOptions extends Pick<
  ExportOptions,
  'objects' | 'tileObject' | 'tiles' | 'imageFormat' | 'pictureLayers'
> {
  readonly geojson?: true;
  readonly csv?: true;
  readonly png?: true;
  readonly safetensors?: true;
  readonly onnx?: true;
  readonly model?: true;
  readonly report?: true;
  readonly pdf?: true;
  readonly omeTiff?: true;
  readonly coco?: true;
  readonly gzip?: true;
  readonly withPatients?: true;
  readonly classifier?: string;
  readonly out: string;
}

interface PretrainOptions {
  readonly stainJitter?: number;
  readonly colourJitter?: number;
  readonly method?: MethodName;
  readonly neighbourWeight?: number;
  readonly neighbourDistance?: number;
  readonly predictorRate?: 'base' | 'schedule';
  readonly baseLearningRate?: number;
  readonly recipe: 'quick' | 'standard' | 'paper';
  readonly network?: 'resnet18-narrow' | 'resnet18' | 'resnet50';
  readonly epochs?: number;
  readonly batch?: number;
  readonly neighbour?: 'drawn' | 'fixed';
  readonly parts?: number;
  readonly seed: number;
  readonly engine: 'auto' | 'webgpu' | 'tfjs';
  readonly adapter?: string;
  readonly precision: 'auto' | 'f32' | 'f16';
  readonly allowSoftware?: boolean;
  readonly gentle?: boolean;
  readonly resume?: string;
  readonly excludeSlides?: string[];
}

function addPretrainCommands(program: Command, { core, output, context, withProject }: CommandEnvironment): void {
  program
    .command('pretrain <project>')
    .description('learn the look of the tissue without labels; Ctrl-C stops so that --resume goes on exactly there')
    .addOption(
      new Option('--method <name>', "default: the recipe's, which is simtriplet for paper and vicreg for ours").choices(
        methodNames,
      ),
    )
    .addOption(
      new Option('--recipe <name>', 'paper is the published one, quick and standard are ours')
        .choices(['quick', 'standard', 'paper'])
        .default('standard'),
    )
    .addOption(new Option('--network <name>').choices(['resnet18-narrow', 'resnet18', 'resnet50']))
    .option('--epochs <count>', 'passes over all tiles', integerOption)
    .option('--batch <count>', 'triplets a step', integerOption)
    .addOption(
      new Option(
        '--neighbour <rule>',
        'drawn: another one each epoch; fixed: always the first, as in the published code',
      ).choices(['drawn', 'fixed']),
    )
    .option(
      '--stain-jitter <strength>',
      'vary the stains of every view in HED space: 0.05 light, 0.2 strong; not part of the published recipe',
      numberOption,
    )
    .option(
      '--colour-jitter <factor>',
      'on the random changes of colour; 1 as published, 0.25 where colour tells tissues apart, 0 none',
      numberOption,
    )
    .option('--neighbour-weight <number>', 'of the neighbour term; 1 as published, 0 leaves it out', numberOption)
    .option('--neighbour-distance <tiles>', 'how many tiles away a neighbour lies; 1 as published', integerOption)
    .addOption(
      new Option('--predictor-rate <rule>', 'base: the prediction MLP keeps the base rate, as published').choices([
        'base',
        'schedule',
      ]),
    )
    .option('--base-learning-rate <number>', 'at batch 256; the rate used is times batch / 256', numberOption)
    .option('--parts <count>', 'work through each batch in equal parts, where it does not fit the GPU', integerOption)
    .option('--seed <number>', 'same seed, same machine, same result', integerOption, 1)
    .addOption(
      new Option('--engine <name>', 'auto: webgpu on a real GPU, tfjs otherwise')
        .choices(['auto', 'webgpu', 'tfjs'])
        .default('auto'),
    )
    .option('--adapter <name>', "part of a GPU's name, where there are several")
    .addOption(
      new Option('--precision <name>', 'auto: mixed where the GPU has 16-bit floats')
        .choices(['auto', 'f32', 'f16'])
        .default('auto'),
    )
    .option('--gentle', 'rest after each step as long as it took, so that the computer stays usable')
    .option('--allow-software', 'let webgpu run on a software adapter: for tests, very slow')
    .option('--resume <run>', 'go on with a stopped run, by id or "last"')
    .option('--exclude-slides <names...>', 'slides to leave out, by name or id')
    .action(async (directory: string, options: PretrainOptions) => {
      const result = await withProject(directory, (project) =>
        core.runs.pretrain({ project, ...given(options) }, context),
      );
      output.result(result, () =>
        [
          `Run ${result.run} ${result.status}: ${result.method}, ${result.network}, ${result.epochs} epochs, ${result.steps} steps.`,
          result.engine === null
            ? ''
            : `Engine ${result.engine.engine} (${result.engine.backend}, ${result.engine.precision}): ${result.engine.reason}`,
          `loss ${show(result.finalLoss)}  std ${show(result.zStd)}  effective rank ${show(result.effectiveRank, 1)}  kNN ${show(result.knnAccuracy)}  ${show(result.tripletsPerSecond, 1)} triplets/s`,
          result.verdict?.sentence ?? '',
        ]
          .filter((line) => line !== '')
          .join('\n'),
      );
    });
  program
    .command('runs <project>')
    .description('the pretraining runs of a project')
    .option('--remove <run>', 'delete this run with its classifiers and maps, for good')
    .option('--in-use', 'with --remove: also the run that the current classifier stands on')
    .action(async (directory: string, options: { remove?: string; inUse?: boolean }) => {
      const { remove } = options;
      if (remove !== undefined) {
        const lost = await withProject(directory, (project) =>
          core.runs.remove({ project, run: remove, confirmed: options.inUse === true }),
        );
        output.result(lost, () => describeRemoval(lost));
        return;
      }
      const result = await withProject(directory, (project) => core.runs.list({ project }));
      output.result(result, () =>
        textTable(
          ['run', 'status', 'method', 'network', 'epochs', 'loss', 'verdict'],
          result.map((run) => [
            run.run,
            run.status,
            run.method,
            run.network,
            String(run.epochs),
            show(run.finalLoss),
            run.verdict?.level ?? '',
          ]),
        ),
      );
    });
}

function describeRemoval({ run, classifiers, mappedSlides, byteLength }: RunRemoval): string {
  const size = `${(byteLength / 1e6).toFixed(1)} MB`;
  return `Deleted ${run}; classifiers deleted with it: ${classifiers}; slides without their map: ${mappedSlides}; ${size} freed.`;
}

interface FinetuneOptions {
  readonly run?: string;
  readonly fraction?: number;
  readonly seed: number;
  readonly group?: 'image' | 'specimen' | 'patient';
  readonly folds?: number;
  readonly ensemble: 'l2-normalised-logits' | 'softmax-mean';
  readonly testSlides?: string[];
}

function addFinetuneCommand(program: Command, { core, output, context, withProject }: CommandEnvironment): void {
  program
    .command('finetune <project>')
    .description('train the linear classifier on the labels and judge it on held-out groups, beside its baselines')
    .option('--run <run>', 'pretraining run; default: the latest finished one')
    .option('--fraction <share>', 'use labels of this share of the tiles only, e.g. 0.01', numberOption)
    .option('--seed <number>', 'of the draw and the intervals', integerOption, 1)
    .addOption(
      new Option(
        '--group <level>',
        'what is held out; default: the coarsest that leaves every class in training',
      ).choices(['image', 'specimen', 'patient']),
    )
    .option('--folds <count>', 'group k-fold instead of one group at a time', integerOption)
    .addOption(
      new Option('--ensemble <kind>').choices(['l2-normalised-logits', 'softmax-mean']).default('l2-normalised-logits'),
    )
    .option('--test-slides <names...>', 'slides (or patient:NAME) held out of everything as a final test')
    .action(async (directory: string, options: FinetuneOptions) => {
      const result = await withProject(directory, (project) =>
        core.classifier.finetune({ project, ...given(options) }, context),
      );
      output.result(result, () => describeEvaluation(result));
    });
}

/** The table every result is shown in: each feature set on the same labels and folds. */
export function describeEvaluation(result: EvaluationSummary): string {
  const head = ['features', 'balanced accuracy', '95 % interval', 'macro F1', '95 % interval'];
  const rows = (list: EvaluationSummary['rows']): string[][] =>
    list.map((row) => [
      row.features,
      show(row.balancedAccuracy.value),
      interval(row.balancedAccuracy),
      show(row.macroF1.value),
      interval(row.macroF1),
    ]);
  return [
    `${result.trainingLabels} labels for training, ${result.evaluatedTiles} labelled tiles judged, ${result.folds} folds held out by ${result.groupLevel}: ${result.groupReason}`,
    textTable(head, rows(result.rows)),
    ...(result.test === null
      ? []
      : [
          `Final test on ${result.test.slides.length} slides (${result.test.tiles} tiles), never seen by the folds:`,
          textTable(head, rows(result.test.rows)),
        ]),
    ...result.sentences,
    ...(result.calibration === undefined ? [] : [result.calibration.sentence]),
    ...(result.reference === undefined ? [] : [result.reference.sentence]),
  ].join('\n');
}

export function interval(item: Figure): string {
  return item.low === null || item.high === null
    ? (item.intervalNote ?? 'none')
    : `${show(item.low)} to ${show(item.high)}`;
}

function show(value: number | null, digits = 3): string {
  return value === null ? '-' : value.toFixed(digits);
}
