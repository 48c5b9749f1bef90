/** slides relink: says where moved files are, one by one or by looking through a folder. */
import type { Command } from 'commander';
import { TrefoilError } from '#common/errors.ts';
import type { CommandEnvironment } from './program.ts';

export function addRelinkCommand(slides: Command, { core, output, context, withProject }: CommandEnvironment): void {
  slides
    .command('relink <project> [slide] [file]')
    .description('say where a moved file is now, or find all moved files in a folder and those below it')
    .option('--search <folder>', 'look here for every slide that is not at its place')
    .action(
      async (
        directory: string,
        slide: string | undefined,
        file: string | undefined,
        { search }: { search?: string },
      ) => {
        if (search !== undefined && slide === undefined) {
          const found = await withProject(directory, (project) =>
            core.slides.findMoved({ project, directory: search }, context),
          );
          output.result(found, () =>
            [
              ...found.relinked.map(({ name, location }) => `${name} is now ${location}`),
              ...found.notFound.map(({ name }) => `${name} was not found`),
              `${found.relinked.length} slides linked, ${found.notFound.length} not found, ${found.files} files looked at.`,
              ...(found.unreadableFolders > 0 ? [`${found.unreadableFolders} folders could not be read.`] : []),
              ...(found.isComplete ? [] : ['The folder holds more than is looked through: choose one further down.']),
            ].join('\n'),
          );
          return;
        }
        if (slide === undefined || file === undefined || search !== undefined) {
          throw new TrefoilError(
            'invalid-input',
            'Either a slide and its file are needed, or a folder to search.',
            'trefoil slides relink PROJECT SLIDE FILE, or trefoil slides relink PROJECT --search FOLDER.',
          );
        }
        const result = await withProject(directory, (project) => core.slides.relink({ project, slide, file }));
        output.result(result, () => `${result.name} is linked again.`);
      },
    );
}
