/** Labels and exports for other tools through the real command line, on a small project made before. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';
import { labelHalves, plantRun } from '#tests/support/planted-run.ts';
import { startTrefoil, trefoilJson } from './command-line.ts';

let generated: GeneratedProject;
let directory: string;
beforeAll(async () => {
  generated = await generateProject();
  directory = join(generated.folder, 'project');
  await plantRun(generated);
  await labelHalves(generated);
  await generated.core.classifier.refresh({ project: generated.project });
  // One writer at a time.
  await generated.core.projects.close({ project: generated.project });
});
afterAll(async () => generated.close());

interface Report {
  readonly format: string;
  readonly imported: number;
  readonly classes: readonly { readonly name: string; readonly isNew: boolean }[];
}

it('imports annotations, after a preview that changes nothing, and says in words what was left out', async () => {
  const file = join(generated.folder, 'slide 2.geojson');
  const ring = [
    [0, 0],
    [64, 0],
    [64, 128],
    [0, 128],
    [0, 0],
  ];
  const feature = (properties: object) => ({
    type: 'Feature',
    geometry: { type: 'Polygon', coordinates: [ring] },
    properties,
  });
  const features = [feature({ classification: { name: 'Fat', color: [1, 2, 3] } }), feature({})];
  writeFileSync(file, JSON.stringify({ type: 'FeatureCollection', features }));
  const preview = await trefoilJson<Report>('labels', 'import', directory, file, '--preview', '--reader', 'EK');
  expect(preview).toMatchObject({ format: 'geojson', imported: 8, classes: [{ name: 'Fat', isNew: true }] });
  const { stdout, exitCode } = await startTrefoil('labels', 'import', directory, file, '--reader', 'EK').finished;
  expect(exitCode).toBe(0);
  expect(stdout).toContain('Imported 8 labels (Fat 8, new). 0 objects not used.');
  expect(stdout).toContain('1 object has no classification: left out.');
  expect((await trefoilJson<{ what: string }>('project', 'undo', directory)).what).toBe(
    'Import 8 labels from slide 2.geojson',
  );
});

it('writes labels to a table and reads them back', async () => {
  const file = join(generated.folder, 'labels.csv');
  expect(await trefoilJson('labels', 'export', directory, file)).toMatchObject({ labels: 48, name: 'labels.csv' });
  const report = await trefoilJson<Report>('labels', 'import', directory, file, '--preview');
  expect(report).toMatchObject({ format: 'csv', imported: 48, replaced: 0, unmatched: [] });
});

it('exports probabilities, tiles and packed outlines with their options', async () => {
  const out = join(generated.folder, 'out');
  const options = ['--objects', 'outlines', '--gzip', '--image-format', 'jpeg', '--tiles', 'all'];
  const { files } = await trefoilJson<{ files: string[] }>(
    ...(['export', directory, '--out', out, '--geojson', '--ome-tiff', '--coco', ...options] as const),
  );
  expect(files.filter((name) => name.startsWith('slide 1.'))).toEqual([
    'slide 1.regions.geojson.gz',
    'slide 1.probabilities.ome.tiff',
  ]);
  for (const name of files) expect(existsSync(join(out, name)), name).toBe(true);
  expect(readdirSync(join(out, 'coco/images/slide 1'))).toHaveLength(32);
  expect(readFileSync(join(out, 'coco/annotations.json'), 'utf8')).toContain('"file_name":"slide 1/slide 1_x0_y0.jpg"');
});

it('refuses an option that is none', async () => {
  const { exitCode, stderr } = await startTrefoil('export', directory, '--out', 'x', '--objects', 'cells').finished;
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/both, outlines, tiles/);
});
