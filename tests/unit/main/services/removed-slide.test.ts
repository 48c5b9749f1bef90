/** A slide removed from the project while its tiles are still in the tile set: the other slides go on, and undo brings it back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';
import { labelHalves, plantRun } from '#tests/support/planted-run.ts';

let generated: GeneratedProject;
let core: GeneratedProject['core'];
let project: string;

beforeAll(async () => {
  generated = await generateProject(4);
  ({ core, project } = generated);
  await plantRun(generated);
  await labelHalves(generated);
  await core.classifier.refresh({ project });
  await core.slides.remove({ project, slides: [generated.slides[3]!] });
});
afterAll(async () => generated.close());

describe('after a slide was removed', () => {
  it('the others are classified again', async () => {
    await core.classifier.refresh({ project });
    const facts = await core.slides.facts({ project });
    expect(facts.map(({ slide }) => slide)).toEqual(generated.slides.slice(0, 3));
  });

  it('tile sets, triplets, queue, areas and classifier details can still be read', async () => {
    expect((await core.tiles.current({ project }))?.slides[3]).toMatchObject({ name: 'removed slide' });
    expect((await core.triplets.facts({ project })).tiles).toBe(128);
    await core.labels.queue({ project, size: 5 });
    await core.maps.areas({ project });
    await core.classifier.details({ project });
  });

  it('undo brings it back with its labels', async () => {
    await core.projects.undo({ project });
    const facts = await core.slides.facts({ project });
    expect(facts[3]).toMatchObject({ state: 'ready', labels: facts[2]!.labels });
    await core.classifier.refresh({ project });
  });
});
