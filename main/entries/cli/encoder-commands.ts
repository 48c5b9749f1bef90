/** encoder inspect, encoder import: an encoder that was trained elsewhere, with its preprocessing card. */
import { Option, type Command } from 'commander';
import type { EncoderInspection } from '#common/contract/encoders.ts';
import { encoderCard, encoderProviders, type EncoderProvider } from '#common/domain/encoder-card.ts';
import { TrefoilError } from '#common/errors.ts';
import { given } from './options.ts';
import type { CommandEnvironment } from './program.ts';

interface ImportOptions {
  readonly card?: string;
  readonly name?: string;
  readonly provider?: EncoderProvider;
  readonly keep?: 'auto' | 'copy' | 'reference';
}

export function addEncoderCommands(program: Command, { core, output, context, withProject }: CommandEnvironment): void {
  const encoder = program.command('encoder').description('an encoder of your own, as an ONNX file');
  const provider = (): Option =>
    new Option('--provider <name>', 'what runs it; default: cpu').choices([...encoderProviders]);
  encoder
    .command('inspect <file>')
    .description('what an ONNX file takes and gives; with a complete card, tried out')
    .option('--card <json>', 'preprocessing card; default: the .json file beside the model')
    .addOption(provider())
    .action(async (file: string, { card, ...options }: ImportOptions) => {
      const cardFile = card === undefined ? {} : { card: { file: card } };
      const result = await core.encoders.inspect({ file, ...cardFile, ...given(options) }, context);
      output.result(result, () => describeInspection(result));
    });
  encoder
    .command('import <project> <file>')
    .description('make an ONNX encoder a run of the project')
    .option('--card <json>', 'preprocessing card; default: the .json file beside the model')
    .option('--name <name>', 'beside its figures; default: name of the file')
    .addOption(provider())
    .addOption(new Option('--keep <how>', 'auto: copied up to 2 GiB').choices(['auto', 'copy', 'reference']))
    .action(async (directory: string, file: string, { card, ...options }: ImportOptions) => {
      const result = await withProject(directory, async (project) => {
        const cardFile = card === undefined ? {} : { card: { file: card } };
        const inspected = await core.encoders.inspect({ file, ...cardFile, ...given(options) }, context);
        const whole = encoderCard.safeParse(inspected.card);
        if (inspected.missing.length > 0 || !whole.success) {
          throw new TrefoilError(
            'invalid-input',
            `The card of ${inspected.name} lacks ${inspected.missing.join(', ') || 'something'}.`,
            'Write a card (docs/encoders.md shows one) and give it with --card.',
          );
        }
        return core.encoders.import({ project, model: { file }, card: whole.data, ...given(options) }, context);
      });
      output.result(result, () => `Run ${result.run}: encoder "${result.network}" imported.`);
    });
}

export function describeInspection(result: EncoderInspection): string {
  const shape = (list: EncoderInspection['inputs']): string =>
    list.map((item) => `${item.name} ${item.type} [${item.shape.join(', ')}]`).join('; ');
  const { check, view } = result;
  return [
    `${result.name}: ${result.producer || 'producer unknown'}, opset ${result.operatorSet ?? 'unknown'}, ${result.nodes} operators, ${result.files.map((file) => `${file.name} ${(file.byteLength / 1e6).toFixed(1)} MB`).join(' + ')}`,
    `takes ${shape(result.inputs)}`,
    `gives ${shape(result.outputs)}`,
    `card (from ${result.cardSource}): ${JSON.stringify(result.card)}`,
    ...(result.missing.length === 0 ? [] : [`missing in the card: ${result.missing.join(', ')}`]),
    ...(check === null
      ? []
      : [
          `tried: ${check.features} features a tile, batch ${check.batch}, ${(1000 * check.secondsPerTile).toFixed(0)} ms a tile on ${check.provider}; repeat differs by ${check.repeatDifference.toExponential(1)}, company by ${check.companyDifference.toExponential(1)}`,
          ...check.warnings,
        ]),
    ...(view?.warnings ?? []),
  ].join('\n');
}
