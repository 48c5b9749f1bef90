/** The workflow over a folder of slides: every slide gets its maps, and what is there is not made again. The long form: workflow.slow.test.ts */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trainProject, type TrainedProject } from '#tests/support/trained-project.ts';
import { digests, hasSnakemake, runWorkflow, type WorkflowFolder } from './workflow-run.ts';

describe.skipIf(!hasSnakemake)(`the workflow${hasSnakemake ? '' : ' (skipped: snakemake is not installed)'}`, () => {
  let trained: TrainedProject;
  let folder: WorkflowFolder;
  beforeAll(async () => {
    trained = await trainProject(3);
    const at = (name: string): string => join(trained.folder, name);
    folder = { slides: at('scans'), model: at('model.trefoil-model'), out: at('maps'), work: at('notes') };
    await trained.core.bundles.write({ project: trained.project, out: folder.model });
    for (const path of [folder.slides, folder.work]) mkdirSync(path);
    for (const number of [1, 2]) renameSync(at(`slide ${number}.png`), join(folder.slides, `slide ${number}.png`));
  }, 240_000);
  afterAll(async () => trained.close());

  it('makes the maps of every slide, then only what is missing, as "trefoil apply" makes them', async () => {
    const { exitCode, output } = await runWorkflow(folder, null);
    expect(output).toContain('8 of 9 steps');
    expect(exitCode).toBe(0);
    const first = digests(folder.out);
    rmSync(join(folder.out, 'slide 2.png', 'provenance.json'));
    rmSync(join(folder.out, 'slide 2.png', 'map.png'));
    const again = await runWorkflow(folder, null);
    expect(again.output).toMatch(/maps\s+1\b/);
    expect(again.output).not.toMatch(/(embed|tiles|classify)\s+\d/);
    expect(digests(folder.out)).toEqual(first);

    const applied = join(trained.folder, 'applied');
    const slides = [1, 2].map((number) => ({ file: join(folder.slides, `slide ${number}.png`) }));
    await trained.core.bundles.apply({
      model: { file: folder.model },
      slides,
      out: applied,
      mpp: 1,
      keepWork: true,
      workers: 2,
    });
    const rename = ([name, digest]: [string, string]) => [name.replace('.png/', '/'), digest];
    expect(digests(applied)).toEqual(Object.fromEntries(Object.entries(first).map(rename)));
  }, 240_000);

  it('says which slide failed and why, and finishes the others', async () => {
    const other = { ...folder, out: join(trained.folder, 'other'), slides: join(trained.folder, 'mixed') };
    mkdirSync(other.slides);
    renameSync(join(folder.slides, 'slide 1.png'), join(other.slides, 'good.png'));
    writeFileSync(join(other.slides, 'bad.svs'), 'no slide');
    const { exitCode, output } = await runWorkflow(other, null, ['--keep-going']);
    expect(exitCode).toBe(1);
    expect(output).toContain('bad.svs is no slide');
    expect(Object.keys(digests(join(other.out, 'good.png')))).toContain('provenance.json');
  }, 240_000);
});
