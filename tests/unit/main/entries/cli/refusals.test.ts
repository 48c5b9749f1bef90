/** Commands that leave something out or refuse to: what they print and how they end. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createOutput } from '#main/entries/cli/output.ts';
import { buildProgram } from '#main/entries/cli/program.ts';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';
import { labelHalves, plantRun } from '#tests/support/planted-run.ts';

let generated: GeneratedProject;
let directory: string;
beforeEach(async () => {
  generated = await generateProject();
  directory = join(generated.folder, 'project');
});
afterEach(async () => generated.close());

async function trefoil(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const output = createOutput(args.includes('--json'), out, err, () => 0);
  const exitCode = await buildProgram(generated.core, output, new AbortController().signal).run(args);
  return { exitCode, stdout: String(out.read() ?? ''), stderr: String(err.read() ?? '') };
}

test('slides add names what it left out and ends with 1, and with 0 when nothing was', async () => {
  const [broken, good] = [join(generated.folder, 'broken.svs'), join(generated.folder, 'slide 1.png')];
  writeFileSync(broken, 'no slide');
  const some = await trefoil('slides', 'add', directory, broken, good);
  expect(some.exitCode).toBe(1);
  expect(some.stdout).toContain('Added 0 slides, 1 was there already.');
  expect(some.stdout).toContain('broken.svs was left out: ');
  expect((await trefoil('slides', 'add', directory, good)).exitCode).toBe(0);
});

test('tiles names the slides it left out and ends with 1', async () => {
  const real = join(import.meta.dirname, '../../../../../resources/demo/CMU-1-Small-Region.svs');
  expect((await trefoil('slides', 'add', directory, real)).exitCode).toBe(0);
  writeFileSync(join(generated.folder, 'slide 2.png'), 'another file now');
  const { exitCode, stdout } = await trefoil('tiles', directory, '--size', '256', '--json');
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    slides: [{ name: 'slide 1.png' }, { name: 'slide 3.png' }, { name: 'CMU-1-Small-Region.svs' }],
    refused: [{ name: 'slide 2.png', error: { code: 'file-changed' } }],
  });
});

test('runs --remove refuses the run behind the current classifier unless told, and says what went with it', async () => {
  await plantRun(generated);
  await labelHalves(generated);
  await generated.core.classifier.refresh({ project: generated.project });
  const refused = await trefoil('runs', directory, '--remove', 'run-planted');
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain('The current classifier stands on the run run-planted.');
  const removed = await trefoil('runs', directory, '--remove', 'run-planted', '--in-use');
  expect(removed.exitCode).toBe(0);
  expect(removed.stdout).toMatch(
    /^Deleted run-planted; classifiers deleted with it: 1; slides without their map: 3; [\d.]+ MB freed\.$/m,
  );
});
