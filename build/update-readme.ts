/**
 * Writes the README's table and picture from a finished demo, so that no number there is typed by hand.
 *   npm run demo && node build/launch.js --run build/update-readme.ts [demo-output]
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import type { Figure } from '#common/contract/classifier.ts';
import type { DemoResult } from '#common/contract/demo.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = process.argv[2] ?? join(root, 'demo-output');
const result = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as DemoResult;

function figure({ value, low, high }: Figure): string {
  return low === null || high === null
    ? value.toFixed(3)
    : `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

function table(): string {
  const rows = result.evaluations.flatMap((evaluation) =>
    evaluation.rows.map(
      (row) =>
        `| ${(100 * (evaluation.fraction ?? 1)).toFixed(0)} % (${evaluation.trainingLabels}) | ${row.features} | ${figure(row.balancedAccuracy)} | ${figure(row.macroF1)} |`,
    ),
  );
  const { run } = result;
  const legend = (result.evaluations[0]?.classes ?? []).map((item) => `${item.name} ${item.colour}`).join(', ');
  return [
    '![Six demo fields, each above its predicted class map](docs/images/demo.jpg)',
    '',
    `*Six fields of the demo, each above its predicted class map (${legend}).* What the demo measured:`,
    '',
    '| labels | features | balanced accuracy (95 % interval) | macro F1 (95 % interval) |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    `${result.images} images, ${result.tiles} tiles, ${result.evaluations[0]?.folds ?? 0} specimens held out one at a time; ${run.network}, ${run.epochs} epochs, seed ${run.seed}, ` +
      `engine ${run.engine?.backend ?? ''}, ${Math.round(run.tripletsPerSecond ?? 0)} triplets/s, ${Math.round(result.seconds)} s in all on ${cpus().length} cores.`,
    '',
    ...result.evaluations.map(
      ({ fraction, sentences }) => `- At ${(100 * (fraction ?? 1)).toFixed(0)} % labels: ${sentences.join(' ')}`,
    ),
    `- The collapse guard: ${run.verdict?.sentence ?? ''}`,
  ].join('\n');
}

/** Two fields of each class, each beside itself with its class map over it. */
async function picture(): Promise<void> {
  const side = 220;
  const gap = 6;
  const maps = readdirSync(join(out, 'export')).filter((name) => name.endsWith('.map.png') && name.includes('___'));
  const classes = [...new Set(maps.map((name) => name.split('___')[0] ?? ''))];
  const chosen = classes.flatMap((name) => maps.filter((map) => map.startsWith(`${name}___`)).slice(4, 6));
  const tiles = await Promise.all(
    chosen.flatMap(async (map, index) => {
      const field = join(root, 'resources/demo/osteosarcoma', map.replace('.map.png', '.jpg'));
      const plain = await sharp(field).resize(side, side).png().toBuffer();
      const overlay = await sharp(join(out, 'export', map))
        .resize(side, side, { kernel: 'nearest' })
        .linear([1, 1, 1, 0.45], [0, 0, 0, 0])
        .png()
        .toBuffer();
      const mapped = await sharp(plain)
        .composite([{ input: overlay }])
        .png()
        .toBuffer();
      const top = Math.floor(index / 3) * (2 * (side + gap) + gap);
      const left = (index % 3) * (side + gap);
      return [
        { input: plain, left, top },
        { input: mapped, left, top: top + side + gap },
      ];
    }),
  );
  const rows = Math.ceil(chosen.length / 3);
  await sharp({
    create: {
      width: 3 * (side + gap) - gap,
      height: rows * (2 * (side + gap) + gap) - 2 * gap,
      channels: 3,
      background: '#ffffff',
    },
  })
    .composite(tiles.flat())
    .jpeg({ quality: 82 })
    .toFile(join(root, 'docs/images/demo.jpg'));
}

const readme = join(root, 'README.md');
const text = readFileSync(readme, 'utf8');
const [start, end] = ['<!-- demo:start -->', '<!-- demo:end -->'];
writeFileSync(
  readme,
  `${text.slice(0, text.indexOf(start) + start.length)}\n${table()}\n${text.slice(text.indexOf(end))}`,
);
await picture();
