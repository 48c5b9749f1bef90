/**
 * Pretraining against networks trained from scratch on the same few labels of a finished demo: writes the second table of
 * docs/recipes.md. Goes on where it stopped: what is trained stays with the project.
 *   npm run demo && node build/launch.js --run build/compare-supervised.ts "demo-output/Osteosarcoma demo" [--runs ID ID] [--steps 100] [--write]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Figure } from '#common/contract/classifier.ts';
import { createCore } from '#main/services/core.ts';
import { supervisedLearningRate } from '#main/services/supervised-methods.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', multiple: true },
    steps: { type: 'string', default: '100' },
    draws: { type: 'string', default: '20' },
    write: { type: 'boolean', default: false },
  },
});
const steps = Number(values.steps);
const core = createCore();
const { project } = await core.projects.open({ directory: resolve(positionals[0] ?? 'demo-output/Osteosarcoma demo') });
const { draws, folds, evaluatedTiles, groups, at } = await core.classifier.compare(
  {
    project,
    ...(values.runs === undefined ? {} : { runs: values.runs }),
    fractions: [0.01],
    folds: 4,
    group: 'specimen',
    draws: Number(values.draws),
    seed: 1,
    supervisedSteps: steps,
  },
  { onProgress: ({ stage, done, total }) => process.stderr.write(`\r${stage}: ${done} of ${total}   `) },
);
await core.close();

function show({ value, low, high }: Figure): string {
  return low === null || high === null
    ? value.toFixed(3)
    : `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}
const text = at
  .flatMap(({ labels, methods, bestBaseline }) => [
    `${labels} labels (1 % of the tiles), ${draws} draws; ${evaluatedTiles} tiles of ${groups} specimens judged in ${folds} folds; ${draws * folds} networks from scratch of ${steps} steps, base rate ${supervisedLearningRate}. 95 % intervals over draws and specimens. Best baseline: ${bestBaseline ?? 'none'}.`,
    '',
    '| features | balanced accuracy | over the best baseline |',
    '| --- | ---: | ---: |',
    ...methods.map(
      ({ name, balancedAccuracy, gain }) =>
        `| ${name} | ${show(balancedAccuracy)} | ${gain === null ? 'baseline' : show(gain)} |`,
    ),
  ])
  .join('\n');
process.stdout.write(`\n${text}\n`);
if (values.write) {
  const target = fileURLToPath(new URL('../docs/recipes.md', import.meta.url));
  const [before = '', rest = ''] = readFileSync(target, 'utf8').split('<!-- supervised table -->');
  const after = rest.split('<!-- /supervised table -->')[1] ?? '';
  writeFileSync(target, `${before}<!-- supervised table -->\n\n${text}\n\n<!-- /supervised table -->${after}`);
}
