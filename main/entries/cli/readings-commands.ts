/** readings: a second person reads a sample blind; agreement, and settling of what the two see differently. */
import { Option, type Command } from 'commander';
import type { ReaderAgreement, ReadingSession } from '#common/contract/readings.ts';
import { TrefoilError } from '#common/errors.ts';
import { integerOption } from './options.ts';
import type { CommandEnvironment } from './program.ts';
import { textTable } from './text-table.ts';

export function addReadingsCommands(program: Command, { core, output, withProject }: CommandEnvironment): void {
  const readings = program.command('readings').description('a second, blind reading of labelled tiles');
  const withSession = <T>(
    directory: string,
    session: string | undefined,
    work: (ids: { project: string; session: string }) => Promise<T>,
  ): Promise<T> =>
    withProject(directory, async (project) => work({ project, session: await sessionOf(project, session) }));
  const sessionOf = async (project: string, wanted: string | undefined): Promise<string> => {
    const newest = (await core.readings.list({ project })).at(-1);
    if (wanted !== undefined) return wanted;
    if (newest !== undefined) return newest.session;
    throw new TrefoilError(
      'not-found',
      'The project has no second reading.',
      'Start one: trefoil readings start PROJECT --reader NAME.',
    );
  };
  const sessionOption = (): Option => new Option('--session <id>', 'default: the newest reading');

  readings
    .command('start <project>')
    .description('draw a class-balanced sample of the labelled tiles for a second reader')
    .requiredOption('--reader <name>', 'the second reader')
    .option('--size <count>', 'tiles to read', integerOption, 50)
    .option('--seed <number>', 'same seed, same sample', integerOption, 1)
    .action(async (directory: string, options: { reader: string; size: number; seed: number }) => {
      const result = await withProject(directory, (project) => core.readings.start({ project, ...options }));
      output.result(result, () => describeSession(result));
    });
  readings
    .command('list <project>')
    .description('the second readings of a project')
    .action(async (directory: string) => {
      const result = await withProject(directory, (project) => core.readings.list({ project }));
      output.result(result, () =>
        textTable(
          ['reading', 'reader', 'tiles', 'read', 'unsure', 'finished'],
          result.map((item) => [
            item.session,
            item.reader,
            String(item.tiles),
            String(item.read),
            String(item.unsure),
            item.finishedAt ?? 'no',
          ]),
        ),
      );
    });
  readings
    .command('export <project> <csv>')
    .description(
      'write the reading to be read elsewhere or sent back: reading,slide,x,y,class,reader; never a first label',
    )
    .addOption(sessionOption())
    .action(async (directory: string, csv: string, { session }: { session?: string }) => {
      const result = await withSession(directory, session, (ids) => core.readings.export({ ...ids, out: csv }));
      output.result(result, () => `Wrote ${result.tiles} tiles to ${result.written}`);
    });
  readings
    .command('import <project> <csv>')
    .description('take answers from a file; a reading of another project is made to be read here')
    .action(async (directory: string, csv: string) => {
      const result = await withProject(directory, (project) => core.readings.import({ project, file: csv }));
      output.result(result, () =>
        [
          `${result.answers} answers. ${describeSession(result.session)}`,
          ...result.unmatched.map((row) => `line ${row.line}: ${row.reason}`),
        ].join('\n'),
      );
    });
  readings
    .command('finish <project>')
    .description('close the answers, so that the agreement can be seen')
    .addOption(sessionOption())
    .action(async (directory: string, { session }: { session?: string }) => {
      const result = await withSession(directory, session, (ids) => core.readings.finish(ids));
      output.result(result, () => describeSession(result));
    });
  readings
    .command('agreement <project>')
    .description("Cohen's kappa with its interval, agreement per class, who said what, and the tiles seen differently")
    .addOption(sessionOption())
    .option('--csv <file>', 'also write one row a tile')
    .action(async (directory: string, { session, csv }: { session?: string; csv?: string }) => {
      const result = await withSession(directory, session, async (ids) => {
        const agreement = await core.readings.agreement(ids);
        const report = csv === undefined ? null : await core.readings.report({ ...ids, out: csv });
        return { ...agreement, report: report?.written ?? null };
      });
      output.result(result, () => describeAgreement(result));
    });
  readings
    .command('adjudicate <project> <reading> <decision>')
    .description('settle a disagreement: first, second, unsure, or the name of a class')
    .option('--by <name>', 'who decides', '')
    .action(async (directory: string, reading: string, decision: string, { by }: { by: string }) => {
      const result = await withProject(directory, async (project) => {
        if (decision === 'first' || decision === 'second' || decision === 'unsure') {
          return core.readings.adjudicate({ project, reading, decision, by });
        }
        const found = (await core.labels.classes({ project })).find((item) => item.name === decision);
        if (found === undefined) {
          throw new TrefoilError(
            'not-found',
            `The project has no class "${decision}".`,
            'Say first, second or unsure.',
          );
        }
        return core.readings.adjudicate({ project, reading, decision: 'other', class: found.class, by });
      });
      output.result(result, () => (result.changed === 0 ? 'Nothing changed.' : 'Settled.'));
    });
}

function describeSession(item: ReadingSession): string {
  const state = item.finishedAt === null ? 'open' : 'finished';
  return `Second reading ${item.session} by ${item.reader}: ${item.read} of ${item.tiles} tiles read, ${state}.`;
}

function describeAgreement(result: ReaderAgreement & { readonly report: string | null }): string {
  const names = new Map(result.classes.map((item) => [item.class, item.name]));
  const nameOf = (id: string | null): string => (id === null ? 'unsure' : (names.get(id) ?? id));
  return [
    ...result.sentences,
    textTable(
      ['first \\ second', ...result.classes.map((item) => item.name), 'agreement'],
      result.perClass.map((item, k) => [
        item.name,
        ...(result.confusion[k] ?? []).map(String),
        item.agreement === null ? '-' : item.agreement.toFixed(2),
      ]),
    ),
    ...(result.disagreements.length === 0
      ? []
      : [
          textTable(
            ['reading', 'slide', 'x', 'y', 'first', 'second', 'decided'],
            result.disagreements.map((item) => [
              item.reading,
              item.slideName,
              String(item.x),
              String(item.y),
              nameOf(item.first),
              nameOf(item.second),
              item.decision === null ? '' : nameOf(item.decided),
            ]),
          ),
        ]),
    ...(result.report === null ? [] : [`Wrote ${result.report}`]),
  ].join('\n');
}
