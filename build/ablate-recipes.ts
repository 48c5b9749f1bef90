/**
 * What helps SimTriplet on few slides: trains one run a configuration on a project with many labels, compares all of them and
 * the baselines on the same draws of 1 % and 10 % labels, and writes the table of docs/recipes.md. Goes on where it stopped.
 *   npm run demo && node build/launch.js --run build/ablate-recipes.ts "demo-output/Osteosarcoma demo" [--epochs 10] [--seed 1] [--draws 20] [--only a,b] [--write]
 * Runs are remembered in ablation.json beside the project.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Figure, MethodComparison } from '#common/contract/classifier.ts';
import type { PretrainInput } from '#common/contract/runs.ts';
import { createCore } from '../main/services/core.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    epochs: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    draws: { type: 'string', default: '20' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const directory = resolve(positionals[0] ?? 'demo-output/Osteosarcoma demo');
const epochs = Number(values.epochs);
const seed = Number(values.seed);

type Change = Partial<
  Pick<
    PretrainInput,
    | 'method'
    | 'neighbourWeight'
    | 'neighbourDistance'
    | 'predictorRate'
    | 'neighbour'
    | 'baseLearningRate'
    | 'colourJitter'
    | 'stainJitter'
    | 'batch'
    | 'epochs'
  >
>;
const configurations: Readonly<Record<string, Change>> = {
  simtriplet: {},
  simsiam: { method: 'simsiam' },
  vicreg: { method: 'vicreg' },
  'barlow-twins': { method: 'barlow-twins' },
  'vicreg-weight-0.25': { method: 'vicreg', neighbourWeight: 0.25 },
  'simtriplet-weight-0.25': { neighbourWeight: 0.25 },
  'simtriplet-distance-2': { neighbourDistance: 2 },
  'simtriplet-predictor-on-schedule': { predictorRate: 'schedule' },
  'simtriplet-fixed-neighbour': { neighbour: 'fixed' },
  'vicreg-alone': { method: 'vicreg', neighbourWeight: 0 },
  'barlow-twins-weight-0.25': { method: 'barlow-twins', neighbourWeight: 0.25 },
  'vicreg-colour-0.25': { method: 'vicreg', colourJitter: 0.25 },
  'vicreg-colour-1.5': { method: 'vicreg', colourJitter: 1.5 },
  'vicreg-stain-0.2': { method: 'vicreg', stainJitter: 0.2 },
  'vicreg-batch-128': { method: 'vicreg', batch: 128 },
  'barlow-twins-stain-0.2': { method: 'barlow-twins', stainJitter: 0.2 },
  'simtriplet-stain-0.2': { stainJitter: 0.2 },
  'simtriplet-rate-0.02': { baseLearningRate: 0.02 },
};

const memory = join(dirname(directory), 'ablation.json');
const known = (existsSync(memory) ? JSON.parse(readFileSync(memory, 'utf8')) : {}) as Record<string, string>;
const core = createCore();
const { project } = await core.projects.open({ directory });
const slides = await core.slides.list({ project });
const labelled = new Set((await core.slides.facts({ project })).filter(({ labels }) => labels > 0).map((s) => s.slide));
const excludeSlides = slides.filter(({ slide }) => !labelled.has(slide)).map(({ slide }) => slide);
const wanted = values.only?.split(',') ?? Object.keys(configurations);
const runs: string[] = [];
for (const name of wanted) {
  const change = configurations[name];
  if (change === undefined) throw new Error(`There is no configuration ${name}.`);
  const key = `${name}, ${epochs} epochs, seed ${seed}`;
  let run = known[key];
  if (run === undefined) {
    const startedMs = Date.now();
    const result = await core.runs.pretrain({ project, recipe: 'quick', epochs, seed, excludeSlides, ...change });
    run = result.run;
    known[key] = run;
    writeFileSync(memory, `${JSON.stringify(known, null, 2)}\n`);
    process.stdout.write(
      `${key}: ${Math.round((Date.now() - startedMs) / 1000)} s, ${result.verdict?.sentence ?? ''}\n`,
    );
  }
  runs.push(run);
}
const comparison = await core.classifier.compare({
  project,
  runs,
  fractions: [0.01, 0.1],
  draws: Number(values.draws),
  seed,
  group: 'specimen',
  bySlide: true,
});
await core.close();
const text = tableOf(comparison);
process.stdout.write(`${text}\n`);
if (values.write) {
  const target = fileURLToPath(new URL('../docs/recipes.md', import.meta.url));
  const [before = '', rest = ''] = readFileSync(target, 'utf8').split('<!-- table -->');
  const after = rest.split('<!-- /table -->')[1] ?? '';
  writeFileSync(target, `${before}<!-- table -->\n\n${text}\n\n<!-- /table -->${after}`);
}

function show({ value, low, high }: Figure): string {
  return low === null || high === null
    ? value.toFixed(3)
    : `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

function tableOf({ draws, folds, groupLevel, evaluatedTiles, at }: MethodComparison): string {
  return [
    `${evaluatedTiles} tiles judged, ${folds} ${groupLevel}s held out one at a time, ${draws} draws of labels, ${epochs} epochs of the quick recipe, seed ${seed}. 95 % intervals over draws and ${groupLevel}s.`,
    ...at.flatMap(({ fraction, labels, methods, bestBaseline }) => [
      '',
      `${(100 * fraction).toFixed(0)} % of the tiles labelled (${labels}); best baseline: ${bestBaseline ?? 'none'}.`,
      '',
      '| features | balanced accuracy | over the best baseline |',
      '| --- | ---: | ---: |',
      ...methods.map(
        ({ name, balancedAccuracy, gain }) =>
          `| ${name} | ${show(balancedAccuracy)} | ${gain === null ? 'baseline' : show(gain)} |`,
      ),
    ]),
  ].join('\n');
}
