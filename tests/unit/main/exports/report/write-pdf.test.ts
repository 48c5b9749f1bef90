/** The report as PDF, read back by poppler and qpdf. Skipped, with the reason, without the tools. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportDocument } from '#main/exports/report/report-document.ts';
import type { ReportDocument } from '#main/exports/report/document.ts';
import { reportPdf } from '#main/exports/report/write-pdf.ts';
import { reportInput } from '#tests/support/report-input.ts';

const has = (tool: string): boolean => spawnSync(tool, ['--version']).error === undefined;
const tools = has('pdfinfo') && has('qpdf');
const folder = mkdtempSync(join(tmpdir(), 'trefoil-report-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const font = (name: string): Buffer => readFileSync(new URL(`../../../../../resources/fonts/${name}`, import.meta.url));
const fonts = { regular: font('Roboto-Regular.ttf'), bold: font('Roboto-Bold.ttf') };

async function written(document: ReportDocument, name: string): Promise<string> {
  const path = join(folder, name);
  writeFileSync(path, await reportPdf(document, fonts));
  return path;
}
const run = (tool: string, ...args: string[]): string => execFileSync(tool, args, { encoding: 'utf8' });

it('is the same bytes from the same input', async () => {
  const document = reportDocument(reportInput('Tumour'));
  const [first, second] = [await reportPdf(document, fonts), await reportPdf(document, fonts)];
  expect(Buffer.from(first).equals(Buffer.from(second))).toBe(true);
});

describe.skipIf(!tools)(`the report as PDF${tools ? '' : ' (skipped: poppler-utils or qpdf is not installed)'}`, () => {
  let path: string;
  beforeAll(async () => {
    path = await written(reportDocument(reportInput('Größe Ω Жук')), 'report.pdf');
  });

  it('is sound, tagged, titled and dated by its input', () => {
    expect(spawnSync('qpdf', ['--check', path], { encoding: 'utf8' }).status).toBe(0);
    const about = run('pdfinfo', path);
    expect(about).toMatch(/Title: +Größe Ω Жук: tissue report/);
    expect(about).toMatch(/Tagged: +yes/);
    expect(about).toMatch(/JavaScript: +no/);
    expect(about).toMatch(/CreationDate: .*Jan +1 08:30:00 2026/);
    const catalogue = run('qpdf', '--qdf', '--object-streams=disable', path, '-');
    expect(catalogue).toContain('/Lang (en)');
    expect(catalogue).toContain('/DisplayDocTitle true');
  });

  it('embeds every font', () => {
    const rows = run('pdffonts', path).trim().split('\n').slice(2);
    expect(rows.map((row) => row.split('+')[1]!.split(' ')[0]).sort()).toEqual(['Roboto-Bold', 'Roboto-Regular']);
    for (const row of rows) expect(row).toMatch(/Identity-H +yes yes yes/);
  });

  it('has headings, tables with header cells, lists and figures with alternatives, in the order of the HTML', () => {
    const structure = run('pdfinfo', '-struct-text', path);
    const kinds = [...structure.matchAll(/^ *(\w+) ?(?:\(block\)|:|\n)/gm)].map(([, kind]) => kind!);
    expect(kinds.slice(0, 3)).toEqual(['Document', 'H1', 'P']);
    const document = reportDocument(reportInput('Größe Ω Жук'));
    const headings = [...structure.matchAll(/^ *H([23]) .*\n *"(.*)"$/gm)].map(([, level, text]) => [
      Number(level),
      text,
    ]);
    const expected = document.blocks.flatMap((block) =>
      block.kind === 'heading' ? [[block.level, block.text]] : block.kind === 'listing' ? [[3, block.caption]] : [],
    );
    expect(headings).toEqual(expected);
    const tables = document.blocks.flatMap((block) => (block.kind === 'table' ? [block] : []));
    const rows = tables.reduce((sum, table) => sum + 1 + table.rows.length, 0);
    expect(structure.match(/^ *TR\b/gm)).toHaveLength(rows);
    expect(structure.match(/\/Scope \/Row/g)).toHaveLength(rows - tables.length);
    const columns = tables.reduce((sum, table) => sum + table.columns.filter(({ title }) => title !== '').length, 0);
    expect(structure.match(/\/Scope \/Column/g)).toHaveLength(columns);
    expect(structure.match(/^ *Figure/gm)).toHaveLength(3);
    expect(run('qpdf', '--qdf', path, '-').match(/\/Alt /g)).toHaveLength(3);
  });

  it('says on every page what it is not for, with the number of the page', () => {
    const pages = run('pdftotext', '-layout', path, '-').split('\f').slice(0, -1);
    expect(pages.length).toBeGreaterThan(2);
    pages.forEach((page, index) => {
      expect(page).toContain('For research use only.');
      expect(page).toMatch(new RegExp(`\\b${index + 1} ?/ ?${pages.length}\\b`));
    });
  });

  it('repeats the head of a table that goes on, and tells it once', async () => {
    const long = await written(reportDocument(reportInput('Slide', 150)), 'long.pdf');
    const heads = run('pdftotext', '-layout', long, '-').match(/Tiles kept +Pen +Fold/g) ?? [];
    expect(heads.length).toBeGreaterThan(2);
    expect(run('pdfinfo', '-struct-text', long).match(/"Tiles kept"/g)).toHaveLength(1);
    expect(run('pdftotext', '-layout', long, '-')).toContain('Slide 150');
  });

  it('writes characters that its font lacks by their code points and says so, and drops none', async () => {
    const other = await written(reportDocument(reportInput('中 b')), 'other.pdf');
    const text = run('pdftotext', '-layout', other, '-');
    expect(text).toContain('[U+4E2D] b: tissue report');
    expect(text).toContain('Characters that the font of this file lacks are written by their code points');
    expect(run('pdftotext', path, '-')).not.toContain('code points');
  });
});
