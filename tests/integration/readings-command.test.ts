/** readings and labels reserve on the real command line: the whole way of a second reading by file. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReaderAgreement, ReadingSession } from '#common/contract/readings.ts';
import type { Reserve } from '#common/contract/reserve.ts';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';
import { startTrefoil, trefoilJson } from './command-line.ts';

let generated: GeneratedProject;
let directory: string;

beforeAll(async () => {
  generated = await generateProject();
  const { core, project, folder } = generated;
  directory = join(folder, 'project');
  for (const [k, name] of ['Tumour', 'Stroma'].entries()) {
    const { class: id } = await core.labels.addClass({ project, name });
    const tiles = [0, 32, 64].flatMap((first) => [first + 4 * k, first + 4 * k + 1]);
    await core.labels.set({ project, tiles, class: id });
  }
  // The command line opens it itself.
  await core.projects.close({ project });
});
afterAll(async () => generated.close());

describe('a second reading on the command line', () => {
  it('goes from the draw over the file to the settled disagreement', async () => {
    const started = await trefoilJson<ReadingSession>('readings', 'start', directory, '--reader', 'Bo', '--size', '8');
    expect(started).toMatchObject({ reader: 'Bo', tiles: 8, read: 0 });
    const csv = join(generated.folder, 'for Bo.csv');
    await trefoilJson('readings', 'export', directory, csv);
    writeFileSync(csv, readFileSync(csv, 'utf8').replaceAll(',,Bo', ',Tumour,Bo'));
    expect(await trefoilJson('readings', 'import', directory, csv)).toMatchObject({ answers: 8, unmatched: [] });

    const early = await startTrefoil('readings', 'agreement', directory, '--json').finished;
    expect(early.exitCode).toBe(1);
    expect(JSON.parse(early.stdout)).toMatchObject({ error: { code: 'not-allowed' } });

    await trefoilJson('readings', 'finish', directory);
    const report = join(generated.folder, 'report.csv');
    const result = await trefoilJson<ReaderAgreement>('readings', 'agreement', directory, '--csv', report);
    // Everything called Tumour: half agree, which is what chance gives.
    expect(result).toMatchObject({ compared: 8, agreed: 4, kappa: { value: 0 } });
    expect(readFileSync(report, 'utf8').split('\n')).toHaveLength(10);
    const [first] = result.disagreements;
    const settled = await trefoilJson('readings', 'adjudicate', directory, first!.reading, 'Tumour', '--by', 'Cy');
    expect(settled).toMatchObject({ changed: 2 });
    const { finished } = startTrefoil('readings', 'agreement', directory);
    const text = (await finished).stdout;
    expect(text).toMatch(/The readers name 4 of 8 tiles alike \(50 %\); kappa 0\.00/);
    expect(text).toMatch(/first \\ second +Tumour +Stroma +agreement/);
  }, 60_000);
});

it('labels reserve sets, draws, shows and frees slides', async () => {
  const names = (reserve: Reserve): string[] => reserve.slides.map(({ name }) => name);
  expect(names(await trefoilJson<Reserve>('labels', 'reserve', directory, 'slide 2'))).toEqual(['slide 2.png']);
  expect(names(await trefoilJson<Reserve>('labels', 'reserve', directory))).toEqual(['slide 2.png']);
  const draw = async (): Promise<string[]> =>
    names(await trefoilJson<Reserve>('labels', 'reserve', directory, '--random', '0.3', '--seed', '4'));
  const drawn = await draw();
  expect(drawn).toHaveLength(1);
  expect(await draw()).toEqual(drawn);
  expect(names(await trefoilJson<Reserve>('labels', 'reserve', directory, '--none'))).toEqual([]);
}, 60_000);
