/** labels import, labels export: classes given to tiles by a person, in and out of a project. */
import { Option, type Command } from 'commander';
import { counted } from '#common/counted.ts';
import type { CommandEnvironment } from './program.ts';
import { given } from './options.ts';

interface ImportOptions {
  readonly reader?: string;
  readonly slide?: string;
  readonly objects: 'annotations' | 'all';
  readonly preview?: true;
}

/** Gives the command back, for more to be hung on it. */
export function addLabelCommands(
  program: Command,
  { core, output, context, withProject }: CommandEnvironment,
): Command {
  const labels = program.command('labels').description('classes given to tiles by a person');
  labels
    .command('import <project> <file>')
    .description(
      'read labels from a CSV file (slide,x,y,class[,reader]; x and y in level-0 pixels) or from annotations in GeoJSON, as QuPath exports them',
    )
    .option('--reader <name>', 'who gave the labels, when the file does not say')
    .option('--slide <name>', 'GeoJSON: slide the annotations belong to, by name or id')
    .addOption(
      new Option('--objects <which>', 'GeoJSON: what a person drew, or also detections, cells and tiles')
        .choices(['annotations', 'all'])
        .default('annotations'),
    )
    .option('--preview', 'say what would happen and change nothing')
    .action(async (directory: string, file: string, { preview, ...options }: ImportOptions) => {
      const call = preview === true ? 'previewImport' : 'import';
      const result = await withProject(directory, (project) => core.labels[call]({ project, file, ...given(options) }));
      output.result(result, () => {
        const classes = result.classes.map((item) => `${item.name} ${item.labels}${item.isNew ? ', new' : ''}`);
        const row = result.format === 'csv' ? ['row', 'line'] : ['object', 'object'];
        const head = `${preview === true ? 'Would import' : 'Imported'} ${counted(result.imported, 'label')} (${classes.join('; ')}).`;
        const replaced = result.replaced === 0 ? '' : ` ${counted(result.replaced, 'label')} replaced.`;
        return [
          `${head}${replaced} ${counted(result.unmatched.length, row[0] ?? '')} not used.`,
          ...result.notes,
          ...result.unmatched.map(({ line, reason }) => `  ${row[1]} ${line}: ${reason}`),
        ].join('\n');
      });
    });
  labels
    .command('export <project> <file>')
    .description('write all labels as CSV, as the import reads them, with source, reader and tile')
    .action(async (directory: string, out: string) => {
      const result = await withProject(directory, (project) => core.labels.export({ project, out }, context));
      output.result(result, () => `Wrote ${counted(result.labels, 'label')} to ${out}.`);
    });
  return labels;
}
