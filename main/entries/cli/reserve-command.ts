/** labels reserve: slides kept for evaluation. */
import { Option, type Command } from 'commander';
import type { Reserve } from '#common/contract/reserve.ts';
import { given, integerOption, numberOption } from './options.ts';
import type { CommandEnvironment } from './program.ts';
import { textTable } from './text-table.ts';

interface ReserveOptions {
  readonly random?: number;
  readonly seed: number;
  readonly group?: 'image' | 'specimen' | 'patient';
  readonly none?: boolean;
}

export function addReserveCommand(labels: Command, { core, output, withProject }: CommandEnvironment): void {
  labels
    .command('reserve <project> [slides...]')
    .description('keep slides (or patient:NAME) for evaluation: never suggested, never trained on; alone: show them')
    .option(
      '--random <share>',
      'draw this share of the slides, balanced over classes where labels are known',
      numberOption,
    )
    .option('--seed <number>', 'of the draw', integerOption, 1)
    .addOption(new Option('--group <level>', 'what stays together').choices(['image', 'specimen', 'patient']))
    .option('--none', 'reserve no slide')
    .action(async (directory: string, slides: string[], { random, seed, group, none }: ReserveOptions) => {
      const result = await withProject(directory, async (project): Promise<Reserve> => {
        if (random !== undefined) return core.reserve.draw({ project, share: random, seed, ...given({ group }) });
        if (none === true || slides.length > 0) return core.reserve.set({ project, slides });
        return core.reserve.get({ project });
      });
      output.result(result, () =>
        [
          result.sentence,
          ...(result.slides.length === 0
            ? []
            : [
                textTable(
                  ['slide', 'labels'],
                  result.slides.map((slide) => [slide.name, String(slide.labels)]),
                ),
                textTable(
                  ['class', 'reserved', 'all labels'],
                  result.perClass.map((item) => [item.name, String(item.reserved), String(item.all)]),
                ),
              ]),
        ].join('\n'),
      );
    });
}
