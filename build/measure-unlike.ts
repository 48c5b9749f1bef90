/**
 * How well slides unlike the training slides are told, written into docs/figures.md: the demo's fields as they are, with turned
 * hues, paler, blurred, and a section of another organ. Half of the specimens are drawn as training slides, many times; the other
 * half says how often a usual slide is called unlike, changed copies of it how often a changed one is, and how much the change
 * costs a classifier trained on the first half.
 *   npm run measure:unlike [-- --out FOLDER]
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { RandomStream } from '#common/random.ts';
import { bootstrapGroups } from '#main/classifier/calibration/group-bootstrap.ts';
import { defaultEvaluationSettings } from '#main/classifier/evaluate.ts';
import { fitLogisticRegression, largestPerRow, logitsOf } from '#main/classifier/logistic-regression.ts';
import { fitStandardisation, standardisedRows } from '#main/classifier/standardise.ts';
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
/** Every so many draws a classifier is trained too. */
const drawsPerClassifier = 10;
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
  /** Of its tiles; null for the other organ. */
  readonly class: string | null;
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
  const list = await core.slides.list({ project });
  const bySlide = new Map(list.map((slide) => [slide.slide as string, slide]));
  const byName = new Map(list.map((slide) => [slide.name, slide]));
  const kinds = Object.keys(changes);
  return {
    table: { name: 'encoder', dim: dimension, values: numbers },
    slides: tilesBySlide(set).map(({ slide, firstIndex, tiles }): Slide => {
      const name = bySlide.get(slide.slide)?.name ?? '';
      const [, copy, source = name] = /^copy-(\d+)___(.*)$/.exec(name) ?? [];
      const isOther = name.endsWith('.svs');
      const { patient, specimen } = byName.get(source) ?? { patient: '', specimen: name };
      return {
        kind: isOther ? 'another organ' : copy === undefined ? 'unchanged' : (kinds[Number(copy)] ?? ''),
        specimen: `${patient} / ${specimen}`,
        class: isOther ? null : (source.split('___')[0] ?? ''),
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

interface Count {
  judged: number;
  unlike: number;
  beyond: number;
  named: number;
  right: number;
}

function measure(): string[] {
  const originals = slides.filter(({ kind }) => kind === 'unchanged');
  const specimens = [...new Set(originals.map(({ specimen }) => specimen))].sort();
  const half = Math.floor(specimens.length / 2);
  const random = RandomStream.of('measure-unlike', seed);
  /** Per kind and specimen, over the draws. */
  const counts = new Map<string, Map<string, Count>>();
  for (let draw = 0; draw < draws; draw += 1) {
    const training = new Set(random.shuffled(specimens).slice(0, half));
    const chosen = originals.filter(({ specimen }) => training.has(specimen));
    const reference = buildReference({
      table: rowsOf(chosen.flatMap(({ rows }) => rows)),
      slideOf: chosen.flatMap(({ rows }, slide) => rows.map(() => String(slide).padStart(3, '0'))),
      groupOf: chosen.flatMap(({ rows, specimen }) => rows.map(() => specimen)),
      seed,
    });
    if (reference === null) throw new Error('too few specimens');
    const name = draw % drawsPerClassifier === 0 ? trainOn(chosen) : null;
    for (const slide of slides) {
      if (training.has(slide.specimen)) continue;
      const likeness = likenessOf(reference, distancesFrom(reference, rowsOf(slide.rows)));
      if (likeness === null) continue;
      const kind = counts.get(slide.kind) ?? new Map<string, Count>();
      counts.set(slide.kind, kind);
      const own = kind.get(slide.specimen) ?? { judged: 0, unlike: 0, beyond: 0, named: 0, right: 0 };
      kind.set(slide.specimen, own);
      own.judged += 1;
      own.unlike += likeness.verdict === 'unlike' ? 1 : 0;
      own.beyond += likeness.shareBeyond;
      if (name === null || slide.class === null) continue;
      const named = name(slide.rows);
      own.named += named.length;
      own.right += named.filter((label) => label === slide.class).length;
    }
  }
  const rows = ['unchanged', ...Object.keys(changes), 'another organ'].map((kind) => {
    const own = [...(counts.get(kind)?.values() ?? [])];
    const cells = [rateOf(own, 'unlike', 'judged'), rateOf(own, 'beyond', 'judged'), rateOf(own, 'right', 'named')];
    return `| ${kind} | ${own.length} | ${cells.join(' | ')} |`;
  });
  return [
    `${specimens.length} specimens, ${originals.length} fields of about 50 tiles; ${half} specimens drawn as training slides ${draws} times, a classifier trained on all their labels in every ${drawsPerClassifier}th draw. 95 % intervals over specimens. By chance at most ${percent(1 / (half + 1))} of usual slides are called unlike.`,
    '',
    '| slide | specimens | called unlike | tiles beyond the limit | tiles named rightly |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...rows,
  ];
}

function trainOn(chosen: readonly Slide[]): (rows: readonly number[]) => (string | undefined)[] {
  const classes = [...new Set(slides.flatMap((slide) => slide.class ?? []))].sort();
  const own = rowsOf(chosen.flatMap(({ rows }) => rows));
  const all = Array.from({ length: own.values.length / own.dim }, (_, row) => row);
  const standardisation = fitStandardisation(own, all);
  const { c, classWeights } = defaultEvaluationSettings;
  const model = fitLogisticRegression({
    features: standardisedRows(own, all, standardisation),
    dim: own.dim,
    labels: chosen.flatMap((slide) => slide.rows.map(() => classes.indexOf(slide.class ?? ''))),
    classCount: classes.length,
    c,
    classWeights,
  });
  return (rows) => {
    const query = rowsOf(rows);
    const logits = logitsOf(model, standardisedRows(query, [...rows.keys()], standardisation));
    return [...largestPerRow(logits, classes.length)].map((label) => classes[label]);
  };
}

function rateOf(own: readonly Count[], part: 'unlike' | 'beyond' | 'right', whole: 'judged' | 'named'): string {
  if (own.every((item) => item[whole] === 0)) return '-';
  const [item] = bootstrapGroups(own.length, { resamples: 2000, seed }, (groups) => {
    const sum = (key: keyof Count): number => groups.reduce((total, group) => total + (own[group]?.[key] ?? 0), 0);
    return [sum(part) / Math.max(1, sum(whole))];
  });
  if (item === undefined) return '-';
  return item.low === null || item.high === null
    ? `${percent(item.value)} (one slide: no interval)`
    : `${percent(item.value)} (${percent(item.low)} to ${percent(item.high)})`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
