/**
 * Damaged slides of every format, by the hundred thousand, against every reader:
 *   npm run fuzz -- [--cases 100000] [--seed 1] [--reader tiff ...] [--case NUMBER] [--processes 1] [--table]
 * Ends with 1 when anything was found. --case runs one case again; --table writes the result into docs/testing.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runFuzz, type FuzzResult } from '../tests/fuzz/run-fuzz.ts';
import { fuzzReaders } from '../tests/fuzz/seed-files.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    reader: { type: 'string', multiple: true },
    case: { type: 'string' },
    processes: { type: 'string', default: '1' },
    table: { type: 'boolean', default: false },
  },
});
const readers = values.reader === undefined ? null : fuzzReaders.filter((name) => values.reader?.includes(name));
if (readers?.length === 0) {
  process.stderr.write(`There is no such reader. There are: ${fuzzReaders.join(', ')}.\n`);
  process.exit(2);
}
const cases = Number(values.cases);
const startedAt = performance.now();
let shownAt = 0;
const result = await runFuzz({
  cases,
  seed: Number(values.seed),
  readers,
  processes: Number(values.processes),
  ...(values.case === undefined ? {} : { only: Number(values.case) }),
  onProgress: (done) => {
    if (performance.now() - shownAt < 30_000) return;
    shownAt = performance.now();
    process.stderr.write(`${done} of ${cases}\n`);
  },
});
const seconds = (performance.now() - startedAt) / 1000;
for (const { index, file, what, details } of result.findings) {
  process.stdout.write(`case ${index} (${file}): ${what}\n  ${details.replaceAll('\n', '\n  ')}\n`);
}
const table = tableOf(result, seconds, values.seed);
process.stdout.write(table);
if (values.table) writeTable(table);
process.exitCode = result.findings.length > 0 ? 1 : 0;

function tableOf({ done, findings, outcomes, ...largest }: FuzzResult, took: number, seed: string): string {
  const codes = [...new Set([...outcomes.values()].flatMap((own) => [...own.keys()]))].sort();
  const rows = [...outcomes].map(([reader, own]) => {
    const sum = [...own.values()].reduce((total, value) => total + value, 0);
    return `| ${[reader, sum, ...codes.map((code) => own.get(code) ?? 0)].join(' | ')} |`;
  });
  const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  return [
    `${done} cases, seed ${seed}, ${Math.round(took)} s: ${findings.length} findings. Largest buffer ${mebibytes(largest.largestBufferBytes)}, ` +
      `largest peak of a process ${mebibytes(largest.largestPeakRssBytes)}, slowest case ${Math.round(largest.slowestMs)} ms of the processor.`,
    '',
    `| reader | cases | ${codes.join(' | ')} |`,
    `| --- | ${['', ...codes].map(() => '---').join(' | ')} |`,
    ...rows,
    '',
  ].join('\n');
}

/** Between two marks, so that the page around it is a person's. */
function writeTable(text: string): void {
  const page = fileURLToPath(new URL('../docs/testing.md', import.meta.url));
  const [start, end] = ['<!-- fuzz table -->', '<!-- end of fuzz table -->'];
  const before = readFileSync(page, 'utf8');
  const [from, to] = [before.indexOf(start), before.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page} has no place for the table.`);
  writeFileSync(page, `${before.slice(0, from + start.length)}\n\n${text}\n${before.slice(to)}`);
}
