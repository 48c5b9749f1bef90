/** project, slides, regions, tiles, labels: everything before learning. */
import type { Command } from 'commander';
import type { ProjectSlide, SlideDescription } from '#common/contract/slides.ts';
import { counted } from '#common/counted.ts';
import { mppOrigin, mppText, mppWarnings } from '#common/domain/mpp-provenance.ts';
import type { ErrorReport } from '#common/errors.ts';
import type { CommandEnvironment } from './program.ts';
import { addColourCommands } from './colour-commands.ts';
import { given, integerOption, numberOption } from './options.ts';
import { addLabelCommands } from './label-commands.ts';
import { addRelinkCommand } from './relink-command.ts';
import { addReserveCommand } from './reserve-command.ts';
import { textTable } from './text-table.ts';

export function addDataCommands(program: Command, environment: CommandEnvironment): void {
  addProjectCommands(program, environment);
  const slides = addSlidesCommands(program, environment);
  addColourCommands(slides, environment);
  addRelinkCommand(slides, environment);
  const { core, output, context, withProject } = environment;

  program
    .command('regions')
    .description('areas to use or to leave out')
    .command('import <project> <geojson>')
    .description('read include and exclude regions from a GeoJSON file (QuPath annotations work)')
    .option('--slide <name>', 'slide the regions belong to, by name or id')
    .action(async (directory: string, file: string, options: { slide?: string }) => {
      const result = await withProject(directory, (project) =>
        core.regions.import({ project, file, ...given(options) }),
      );
      output.result(result, () => `Imported ${counted(result.imported.length, 'region')}.`);
    });

  program
    .command('tiles <project>')
    .description('find tissue, lay the tile grid and extract the kept tiles')
    .option('--size <px>', 'side of a tile in pixels', integerOption, 128)
    .option('--mpp <um>', 'micrometres per pixel of a tile', numberOption, 1)
    .option('--stride <px>', 'distance between tiles in pixels (default: the size)', integerOption)
    .option('--min-tissue <share>', 'smallest tissue share of a kept tile, 0 to 1', numberOption, 0.3)
    .option('--min-focus <value>', 'smallest focus measure of a kept tile, 0 keeps blurred tiles', numberOption)
    .option('--max-pen <share>', 'largest share of a kept tile under pen, 1 keeps all', numberOption)
    .option(
      '--fold-contrast <value>',
      'drop folds that stand out this much, 0 to 1; 0 (default) keeps them',
      numberOption,
    )
    .option('--max-fold <share>', 'largest share of a kept tile in folds', numberOption)
    .option('--dark-limit <value>', 'brightness below which grey is dirt, 0 to 1; 0 keeps it', numberOption)
    .option('--max-dark <share>', 'largest share of a kept tile under dirt', numberOption)
    .action(async (directory: string, options: TilesOptions) => {
      const result = await withProject(directory, (project) =>
        core.tiles.extract(
          {
            project,
            settings: {
              sizePx: options.size,
              mpp: options.mpp,
              minTissue: options.minTissue,
              ...given({ stridePx: options.stride }),
              tissue: given(tissueOptions(options)),
            },
          },
          context,
        ),
      );
      output.result(
        result,
        () => {
          const rows = result.slides.map((slide) => [
            slide.name,
            String(slide.planned),
            String(slide.kept),
            Object.entries(slide.dropped)
              .filter(([, count]) => count > 0)
              .map(([reason, count]) => `${count} ${reason}`)
              .join(', '),
          ]);
          const warnings = result.slides.flatMap((slide) => slide.warnings.map((text) => `${slide.name}: ${text}`));
          const total = `${counted(result.kept, 'tile')} kept, ${(result.bytes / 1e6).toFixed(1)} MB.`;
          const table = textTable(['slide', 'grid', 'kept', 'dropped'], rows);
          return [table, total, ...warnings, ...refusals(result.refused)].join('\n');
        },
        result.refused,
      );
    });

  const labels = addLabelCommands(program, environment);
  addReserveCommand(labels, environment);
}

function tissueOptions(options: TissueOptions): { [Key in keyof TissueOptions]-?: TissueOptions[Key] | undefined } {
  const { minFocus, maxPen, foldContrast, maxFold, darkLimit, maxDark } = options;
  return { minFocus, maxPen, foldContrast, maxFold, darkLimit, maxDark };
}

interface TissueOptions {
  readonly minFocus?: number;
  readonly maxPen?: number;
  readonly foldContrast?: number;
  readonly maxFold?: number;
  readonly darkLimit?: number;
  readonly maxDark?: number;
}

interface TilesOptions extends TissueOptions {
  readonly size: number;
  readonly mpp: number;
  readonly stride?: number;
  readonly minTissue: number;
}

function addProjectCommands(program: Command, { core, output, withProject }: CommandEnvironment): void {
  const project = program.command('project').description('the folder that holds all of it');
  project
    .command('create <directory>')
    .description('make a new project in a new or empty folder')
    .action(async (directory: string) => {
      const result = await core.projects.create({ directory });
      output.result(result, () => `Created project ${result.name} in ${result.directory}.`);
    });
  project
    .command('history <directory>')
    .description('every change by a person, oldest first')
    .action(async (directory: string) => {
      const result = await withProject(directory, (id) => core.projects.history({ project: id }));
      output.result(result, () =>
        textTable(
          ['what', 'who', 'when', ''],
          result.map((entry) => [entry.what, entry.who, entry.at, entry.undone ? 'undone' : '']),
        ),
      );
    });
  for (const move of ['undo', 'redo'] as const) {
    project
      .command(`${move} <directory>`)
      .description(move === 'undo' ? 'take the last change back' : 'do the last undone change again')
      .action(async (directory: string) => {
        const result = await withProject(directory, (id) => core.projects[move]({ project: id }));
        output.result(result, () => (result.what === null ? `Nothing to ${move}.` : `${move}: ${result.what}`));
      });
  }
}

function addSlidesCommands(program: Command, { core, output, context, withProject }: CommandEnvironment): Command {
  const slides = program.command('slides').description('whole-slide images');
  slides
    .command('info <file>')
    .description('what a slide file says about itself')
    .action(async (file: string) => {
      const result = await core.slides.info({ file });
      output.result(result, () => describe(result));
    });
  slides
    .command('add <project> <files...>')
    .description('add slides to a project; the files stay where they are')
    .option('--mpp <um>', 'micrometres per pixel for files that do not say', numberOption)
    .option('--specimen <name>', 'specimen all these files show')
    .option('--patient <name>', 'patient all these files are of')
    .action(
      async (directory: string, files: string[], options: { mpp?: number; specimen?: string; patient?: string }) => {
        const { mpp, ...groups } = options;
        const result = await withProject(directory, (project) =>
          core.slides.add(
            { project, slides: files.map((file) => ({ file, ...given(pickGroups(groups)) })), ...given({ mpp }) },
            context,
          ),
        );
        const missing = result.added.filter((slide) => slide.mppSource === 'missing');
        output.result(
          result,
          () =>
            [
              `Added ${counted(result.added.length, 'slide')}, ${counted(result.alreadyThere.length, 'was', 'were')} there already.`,
              ...mppRemarks(result.added),
              ...missing.map(
                (slide) =>
                  `${slide.name} does not say its mpp: set it with "trefoil slides set ${directory} ${slide.slide} --mpp 0.5".`,
              ),
              ...refusals(result.refused),
            ].join('\n'),
          result.refused,
        );
      },
    );
  slides
    .command('list <project>')
    .description('the slides of a project')
    .action(async (directory: string) => {
      const result = await withProject(directory, (project) => core.slides.list({ project }));
      output.result(result, () =>
        [
          textTable(
            ['slide', 'id', 'size', 'mpp', 'specimen', 'patient'],
            result.map((slide) => [
              slide.folderHint === null ? slide.name : `${slide.name} (${slide.folderHint})`,
              slide.slide,
              `${slide.width} x ${slide.height}`,
              slide.mpp === null ? 'missing' : `${slide.mpp} (${slide.mppSource})`,
              slide.specimen,
              slide.patient,
            ]),
          ),
          ...mppRemarks(result),
        ].join('\n'),
      );
    });
  slides
    .command('set <project> <slide>')
    .description('set what the file does not say: mpp (remembered as set by hand), specimen, patient')
    .option('--mpp <um>', 'micrometres per pixel', numberOption)
    .option('--specimen <name>')
    .option('--patient <name>')
    .action(
      async (directory: string, slide: string, options: { mpp?: number; specimen?: string; patient?: string }) => {
        const result = await withProject(directory, async (project) => {
          if (options.mpp !== undefined) await core.slides.setMpp({ project, slide, mpp: options.mpp });
          return core.slides.setGroups({ project, slide, ...given(pickGroups(options)) });
        });
        output.result(result, () => describe(result));
      },
    );
  return slides;
}

/** What was left out, why and what to do, one a line. */
export function refusals(refused: readonly { readonly name: string; readonly error: ErrorReport }[]): string[] {
  return refused.map(({ name, error }) => `${name} was left out: ${error.message} ${error.hint}`);
}

function pickGroups(options: { specimen?: string; patient?: string }): {
  specimen: string | undefined;
  patient: string | undefined;
} {
  return { specimen: options.specimen, patient: options.patient };
}

/** One line a slide whose pixel size deserves a second look. */
function mppRemarks(slides: readonly ProjectSlide[]): string[] {
  return slides.flatMap(({ name, mppProvenance }) => mppWarnings(mppProvenance).map((text) => `${name}: ${text}`));
}

function otherValues({ mppProvenance: { claims, field } }: SlideDescription): string {
  if (claims === null) return 'not recorded when the slide was added';
  const others = claims.filter((claim) => claim.field !== field);
  return others.length === 0 ? 'none' : others.map((claim) => `${mppText(claim)} um/px (${claim.field})`).join(', ');
}

function describe(slide: SlideDescription): string {
  const images = slide.associatedImages.map((image) => `${image.name} ${image.width} x ${image.height}`);
  return [
    `size              ${slide.width} x ${slide.height} px`,
    `levels            ${slide.levels.map((level) => `${level.width} x ${level.height}`).join(', ')}`,
    `mpp               ${mppOrigin(slide.mppProvenance)}`,
    `other values      ${otherValues(slide)}`,
    ...mppWarnings(slide.mppProvenance).map((text) => `                  ${text}`),
    `objective power   ${slide.objectivePower ?? 'not given'}`,
    `vendor            ${slide.vendor}`,
    `compression       ${slide.compression}`,
    `associated images ${images.length === 0 ? 'none' : images.join(', ')}`,
    `colour profile    ${slide.colourProfile === null ? 'none' : `${slide.colourProfile.name}, ${slide.colourProfile.byteLength} bytes`}`,
    ...slide.notes.map((note) => `note              ${note}`),
  ].join('\n');
}
