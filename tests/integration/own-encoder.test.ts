/** An encoder of one's own over the command line, from the file to a comparison, as a process of its own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MethodComparison } from '#common/contract/classifier.ts';
import type { EncoderInspection } from '#common/contract/encoders.ts';
import type { RunSummary } from '#common/contract/runs.ts';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';
import { labelHalves } from '#tests/support/planted-run.ts';
import { channelMeans } from '#tests/support/small-onnx.ts';
import { startTrefoil, trefoilJson } from './command-line.ts';

let generated: GeneratedProject;
let directory: string;
let model: string;

beforeAll(async () => {
  generated = await generateProject();
  await labelHalves(generated);
  await generated.core.projects.close({ project: generated.project });
  directory = join(generated.folder, 'project');
  model = join(generated.folder, 'Farben 色.onnx');
  writeFileSync(model, channelMeans(32));
}, 60_000);
afterAll(() => generated.close());

it('says what a model takes, wants a card, imports it and compares it with the baselines', async () => {
  const plain = await trefoilJson<EncoderInspection>('encoder', 'inspect', model);
  expect(plain).toMatchObject({ card: { inputPx: 32, features: 3 }, missing: ['mpp', 'mean', 'std'], check: null });
  const refused = await startTrefoil('encoder', 'import', directory, model, '--json').finished;
  expect(refused.exitCode).toBe(2);
  expect(JSON.parse(refused.stdout)).toMatchObject({
    error: { message: expect.stringContaining('mpp, mean, std') as string },
  });

  const card = join(generated.folder, 'card.json');
  writeFileSync(card, JSON.stringify({ mpp: 1, mean: [0, 0, 0], std: [1, 1, 1], licence: 'CC0' }));
  const tried = await trefoilJson<EncoderInspection>('encoder', 'inspect', model, '--card', card);
  expect(tried).toMatchObject({ missing: [], check: { features: 3, provider: 'cpu' } });
  const run = await trefoilJson<RunSummary>('encoder', 'import', directory, model, '--card', card, '--name', 'Farben');
  expect(run).toMatchObject({ status: 'finished', method: 'imported', network: 'Farben' });

  const compared = await trefoilJson<MethodComparison>(
    'compare',
    directory,
    '--fractions',
    '.1',
    '--draws',
    '2',
    '--folds',
    '3',
  );
  const names = compared.at[0]!.methods.map((method) => [method.name, method.isBaseline]);
  expect(names).toEqual([
    ['Farben', false],
    ['Random weights', true],
    ['Colour and texture', true],
  ]);
}, 120_000);
