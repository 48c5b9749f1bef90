/** Eight slides, the whole process group killed again and again at drawn moments: the files are those of an undisturbed run. */
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RandomStream } from '#common/random.ts';
import { trainProject, type TrainedProject } from '#tests/support/trained-project.ts';
import { digests, hasSnakemake, runWorkflow, type WorkflowFolder } from './workflow-run.ts';

const slideCount = 8;
const kills = 8;

describe.skipIf(!hasSnakemake)(
  `the workflow over ${slideCount} slides${hasSnakemake ? '' : ' (skipped: snakemake is not installed)'}`,
  () => {
    let trained: TrainedProject;
    let calm: WorkflowFolder;
    let disturbed: WorkflowFolder;
    beforeAll(async () => {
      trained = await trainProject(slideCount);
      const at = (name: string): string => join(trained.folder, name);
      calm = { slides: at('scans'), model: at('model.trefoil-model'), out: at('calm'), work: at('calm-notes') };
      disturbed = { ...calm, out: at('disturbed'), work: at('disturbed-notes') };
      await trained.core.bundles.write({ project: trained.project, out: calm.model });
      for (const path of [calm.slides, calm.work, disturbed.work]) mkdirSync(path);
      for (let number = 1; number <= slideCount; number += 1) {
        renameSync(at(`slide ${number}.png`), join(calm.slides, `slide ${number}.png`));
      }
    }, 600_000);
    afterAll(async () => trained.close());

    it('ends with the same files, however often it is killed', async () => {
      expect((await runWorkflow(calm, null)).exitCode).toBe(0);
      const random = RandomStream.of('workflow-kills', 1);
      let killed = 0;
      for (let round = 0; round < kills; round += 1) {
        const { exitCode } = await runWorkflow(disturbed, random.nextUniform(1500, 13_500));
        if (exitCode === null) killed += 1;
      }
      expect(killed).toBeGreaterThan(3);
      const last = await runWorkflow(disturbed, null);
      expect(last.output).not.toMatch(/Error/);
      expect(last.exitCode).toBe(0);
      expect(digests(disturbed.out)).toEqual(digests(calm.out));
    }, 1_200_000);
  },
);
