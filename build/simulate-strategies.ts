/**
 * What each way of choosing tiles is worth: replays labelling on a project with many labels, with the features of several
 * runs, and writes the tables of docs/suggestions.md. Goes on where it stopped; results are remembered beside the project.
 *   npm run demo && node build/launch.js --run build/simulate-strategies.ts "demo-output/Osteosarcoma demo" --every RUN --chosen colour,RUN --checked RUN [--seeds 20] [--budget 60] [--write]
 * `--every` and `--chosen`: features looked at when the rule of "auto" was made, with every strategy and with a few;
 * `--checked`: features first looked at here, with a few.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { simulatedStrategies, type Simulation } from '#common/contract/labels.ts';
import { createCore } from '../main/services/core.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    every: { type: 'string', default: '' },
    chosen: { type: 'string', default: 'colour' },
    checked: { type: 'string', default: '' },
    seeds: { type: 'string', default: '20' },
    budget: { type: 'string', default: '60' },
    write: { type: 'boolean', default: false },
  },
});
const directory = resolve(positionals[0] ?? 'demo-output/Osteosarcoma demo');
const [seeds, budget] = [Number(values.seeds), Number(values.budget)];
const memory = join(dirname(directory), 'simulated-strategies.json');
const known = (existsSync(memory) ? JSON.parse(readFileSync(memory, 'utf8')) : {}) as Record<string, Simulation>;
const core = createCore();
const { project } = await core.projects.open({ directory });
const runs = await core.runs.list({ project });
const few = ['random', 'coverage', 'slide-balance', 'uncertainty', 'auto'] as const;

async function tablesOf(names: string, strategies: readonly (typeof simulatedStrategies)[number][]): Promise<string[]> {
  const tables: string[] = [];
  for (const name of names.split(',').filter((item) => item !== '')) {
    const key = `${name}, ${seeds} seeds, ${budget} labels, ${strategies.join(' ')}`;
    const result = (known[key] ??= await core.labels.simulate({
      project,
      run: name,
      strategies: [...strategies],
      seeds,
      budget,
    }));
    writeFileSync(memory, `${JSON.stringify(known, null, 2)}\n`);
    process.stdout.write(`${key}\n`);
    tables.push(tableOf(name, result));
  }
  return tables;
}

const chosen = await tablesOf(values.chosen, few);
const checked = await tablesOf(values.checked, few);
const every = await tablesOf(values.every, simulatedStrategies);
await core.close();
const text = [
  '### Features looked at while the rule of "auto" was made',
  '',
  ...every,
  ...chosen,
  ...(checked.length === 0 ? [] : ['### Features first looked at afterwards', '', ...checked]),
].join('\n');
if (values.write) {
  const target = fileURLToPath(new URL('../docs/suggestions.md', import.meta.url));
  const [before = '', rest = ''] = readFileSync(target, 'utf8').split('<!-- table -->');
  const after = rest.split('<!-- /table -->')[1] ?? '';
  writeFileSync(target, `${before}<!-- table -->\n\n${text}\n<!-- /table -->${after}`);
} else process.stdout.write(text);

function tableOf(name: string, result: Simulation): string {
  const run = runs.find((item) => item.run === name);
  const weight = run?.neighbourWeight === undefined ? '' : `, neighbour weight ${run.neighbourWeight}`;
  const title = run === undefined ? result.features : `${result.features}${weight}`;
  const guard = run?.verdict === null || run === undefined ? 'no training' : `guard: ${run.verdict.level}`;
  const points = result.strategies[0]?.points.map((point) => point.labels) ?? [];
  const shown = [...points.keys()].filter((at) => at < 2 || at % 2 === 1);
  const cell = (at: number, { points: own }: Simulation['strategies'][number]): string => {
    const point = own[at];
    if (point === undefined) return '';
    const { gain, balancedAccuracy } = point;
    const sign = gain === null ? '' : ` (${signed(gain.low)} to ${signed(gain.high)})${mark(gain)}`;
    return `${balancedAccuracy.value.toFixed(3)}${sign}`;
  };
  return [
    `**${title}** (${guard}). ${result.tiles} tiles of known class, ${result.folds} folds by ${result.groupLevel}, ${result.seeds} seeds.`,
    '',
    `| strategy | ${shown.map((at) => `${points[at]} labels`).join(' | ')} | labels for ${result.target.toFixed(2)} |`,
    `| --- | ${shown.map(() => '---').join(' | ')} | ---: |`,
    ...result.strategies.map(
      (item) =>
        `| ${item.strategy} | ${shown.map((at) => cell(at, item)).join(' | ')} | ${item.labelsForTarget === null ? `over ${budget}` : Math.ceil(item.labelsForTarget)} |`,
    ),
    '',
  ].join('\n');
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`;
}

/** In bold what is better than random choice, in words what is worse. */
function mark({ low, high }: { readonly low: number; readonly high: number }): string {
  return low > 0 ? ' **better**' : high < 0 ? ' worse' : '';
}
