/**
 * How well slides unlike the training slides are told, written into docs/figures.md: the demo's fields as they are, with turned
 * hues, paler, blurred, and a section of another organ. Half of the specimens are drawn as training slides, many times; the other
 * half says how often a usual slide is called unlike, and changed copies of it how often a changed one is.
 *   npm run measure:unlike [-- --out FOLDER]
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { RandomStream } from '#common/random.ts';
import { bootstrapGroups } from '#main/classifier/calibration/group-bootstrap.ts';
import { buildReference, distancesFrom, likenessOf } from '#main/classifier/unlike/reference.ts';
import { createCore } from '#main/services/core.ts';
import { embeddingsOf } from '#main/services/embeddings.ts';
import type { StoredRun } from '#main/services/stored-runs.ts';
import { requireCurrentTileSet, tilesBySlide } from '#main/services/tile-sets.ts';
import { findRun } from '#main/store/run-rows.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = join(root, 'docs', 'figures.md');
const fields = join(root, 'resources', 'demo', 'osteosarcoma');
const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, '.cache', 'unlike') } } });
const out = resolve(values.out);
const draws = 200;
const seed = 1;

type Change = (image: Sharp) => Sharp;
const changes: Readonly<Record<string, Change>> = {
  'hue turned by 15 degrees': (image) => image.modulate({ hue: 15 }),
  'hue turned by 45 degrees': (image) => image.modulate({ hue: 45 }),
  'stain half as strong': (image) => image.linear(0.5, 127.5),
  'blurred, sigma 1.5 px': (image) => image.blur(1.5),
  'blurred, sigma 4 px': (image) => image.blur(4),
};

interface Slide {
  readonly kind: string;
  readonly specimen: string;
  readonly rows: readonly number[];
}

await using core = Object.assign(createCore(), {
  async [Symbol.asyncDispose](): Promise<void> {
    await core.close();
  },
});
const { project, run } = await core.demo.run({ out });
await addCopies();
const { slides, table } = await features();
const lines = measure();
process.stdout.write(`${lines.join('\n')}\n`);
const [before = '', rest = ''] = readFileSync(page, 'utf8').split('<!-- unlike table -->');
const after = rest.split('<!-- /unlike table -->')[1] ?? '';
writeFileSync(page, `${before}<!-- unlike table -->\n\n${lines.join('\n')}\n\n<!-- /unlike table -->${after}`);

/** Copies are slides of the same project with a name that says what was done; tiles are cut anew with the demo's settings. */
async function addCopies(): Promise<void> {
  const folder = join(out, 'copies');
  mkdirSync(folder, { recursive: true });
  const known = new Set((await core.slides.list({ project })).map((slide) => slide.name));
  const files: { file: string; specimen: string }[] = [];
  for (const name of readdirSync(fields).filter((file) => file.endsWith('.jpg'))) {
    for (const [index, change] of Object.values(changes).entries()) {
      const copy = `copy-${index}___${name}`;
      if (known.has(copy)) continue;
      const file = join(folder, copy);
      await change(sharp(join(fields, name)))
        .jpeg({ quality: 95 })
        .toFile(file);
      files.push({ file, specimen: copy });
    }
  }
  if (files.length > 0) await core.slides.add({ project, slides: files, mpp: 1 });
  const { settings } = requireCurrentTileSet(core.openProjects.get(project));
  await core.tiles.extract({ project, settings });
}

async function features() {
  const open = core.openProjects.get(project);
  const set = requireCurrentTileSet(open);
  const stored = findRun(open.database, run.run, (item: StoredRun) => item.status === 'finished', 'finished');
  const { dimension, values: numbers } = await embeddingsOf(
    open,
    { run: stored, set, weights: 'trained', tiles: null },
    {},
  );
  const names = new Map((await core.slides.list({ project })).map((slide) => [slide.slide as string, slide.name]));
  const kinds = Object.keys(changes);
  return {
    table: { name: 'encoder', dim: dimension, values: numbers },
    slides: tilesBySlide(set).map(({ slide, firstIndex, tiles }): Slide => {
      const name = names.get(slide.slide) ?? '';
      const copy = /^copy-(\d+)___/.exec(name)?.[1];
      const kind = name.endsWith('.svs')
        ? 'another organ'
        : copy === undefined
          ? 'unchanged'
          : (kinds[Number(copy)] ?? '');
      return {
        kind,
        // Tumour and non-tumour fields of one specimen are one group.
        specimen: /Case-[\w-]*?(?=-\d+-\d+_)/.exec(name)?.[0] ?? name,
        rows: tiles.map((_, index) => firstIndex + index),
      };
    }),
  };
}

function rowsOf(rows: readonly number[]) {
  const taken = new Float32Array(rows.length * table.dim);
  rows.forEach((row, at) => taken.set(table.values.subarray(row * table.dim, (row + 1) * table.dim), at * table.dim));
  return { name: '', dim: table.dim, values: taken };
}

function measure(): string[] {
  const originals = slides.filter(({ kind }) => kind === 'unchanged');
  const specimens = [...new Set(originals.map(({ specimen }) => specimen))].sort();
  const random = RandomStream.of('measure-unlike', seed);
  /** Per kind and specimen: slides judged and slides called unlike, over the draws. */
  const counts = new Map<string, Map<string, { judged: number; unlike: number; beyond: number }>>();
  for (let draw = 0; draw < draws; draw += 1) {
    const training = new Set(random.shuffled(specimens).slice(0, Math.floor(specimens.length / 2)));
    const chosen = originals.filter(({ specimen }) => training.has(specimen));
    const reference = buildReference({
      table: rowsOf(chosen.flatMap(({ rows }) => rows)),
      slideOf: chosen.flatMap(({ rows }, slide) => rows.map(() => String(slide).padStart(3, '0'))),
      groupOf: chosen.flatMap(({ rows, specimen }) => rows.map(() => specimen)),
      seed,
    });
    if (reference === null) throw new Error('too few specimens');
    for (const slide of slides) {
      if (training.has(slide.specimen)) continue;
      const likeness = likenessOf(reference, distancesFrom(reference, rowsOf(slide.rows)));
      if (likeness === null) continue;
      const kind = counts.get(slide.kind) ?? new Map<string, { judged: number; unlike: number; beyond: number }>();
      counts.set(slide.kind, kind);
      const own = kind.get(slide.specimen) ?? { judged: 0, unlike: 0, beyond: 0 };
      kind.set(slide.specimen, own);
      own.judged += 1;
      own.unlike += likeness.verdict === 'unlike' ? 1 : 0;
      own.beyond += likeness.shareBeyond;
    }
  }
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const rows = ['unchanged', ...Object.keys(changes), 'another organ'].map((kind) => {
    const own = [...(counts.get(kind)?.values() ?? [])];
    const rate = (pick: 'unlike' | 'beyond') => (groups: readonly number[]) => {
      const drawn = groups.map((group) => own[group]).filter((item) => item !== undefined);
      const judged = drawn.reduce((sum, item) => sum + item.judged, 0);
      return [drawn.reduce((sum, item) => sum + item[pick], 0) / Math.max(1, judged)];
    };
    const [called] = bootstrapGroups(own.length, { resamples: 2000, seed }, rate('unlike'));
    const [beyond] = bootstrapGroups(own.length, { resamples: 2000, seed }, rate('beyond'));
    const text = (item: typeof called): string =>
      item === undefined
        ? ''
        : item.low === null || item.high === null
          ? `${percent(item.value)} (one slide, no interval)`
          : `${percent(item.value)} (${percent(item.low)} to ${percent(item.high)})`;
    return `| ${kind} | ${own.length} | ${text(called)} | ${text(beyond)} |`;
  });
  return [
    `${specimens.length} specimens, ${originals.length} fields, ${Math.floor(specimens.length / 2)} specimens drawn as training slides ${draws} times; 95 % intervals over specimens. By chance at most ${percent(1 / (Math.floor(specimens.length / 2) + 1))} of usual slides are called unlike.`,
    '',
    '| slide | specimens | called unlike | tiles beyond the limit |',
    '| --- | ---: | ---: | ---: |',
    ...rows,
  ];
}
