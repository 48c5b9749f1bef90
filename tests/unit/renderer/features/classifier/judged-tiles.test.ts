// @vitest-environment happy-dom
/** Going through doubted labels at the keyboard: C keeps a label in the project and goes on, pressed again it takes that back. */
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useClassifierResults } from '../../../../../renderer/features/classifier/classifier-results.ts';
import { useJudgedTiles, type JudgedReview } from '../../../../../renderer/features/classifier/useJudgedTiles.ts';
import { useCommands } from '../../../../../renderer/stores/commands.ts';
import { useProject } from '../../../../../renderer/stores/project.ts';
import { onThePage } from '../../on-the-page.ts';
import { connectFakeCore, settle, type FakeCore } from '../../stores/fake-core.ts';

const tile = (index: number) => ({ tile: index, slide: 's', truth: 0, predicted: 1, probability: 0.9, fold: 0 });

describe('a doubted label', () => {
  let core: FakeCore;
  let review: JudgedReview;
  let currentSet: string;
  const said: unknown[] = [];
  let kept: number[];

  beforeEach(async () => {
    setActivePinia(createPinia());
    currentSet = 't';
    kept = [];
    said.length = 0;
    core = await connectFakeCore({
      'projects.list': () => [{ project: 'p', name: 'P' }],
      'jobs.list': () => [],
      'runs.states': () => [],
      'classifier.state': () => ({}),
      'classifier.list': () => [{ classifier: 'c' }],
      'classifier.details': () => ({ summary: { classifier: 'c' }, leak: null }),
      'classifier.suspects': () => ({ tileSet: 't', total: 3, tiles: [tile(4), tile(5), tile(6)], sentence: '' }),
      'labels.classes': () => [],
      'labels.kept': () => ({ tiles: kept }),
      'labels.keep': (input: { tiles: number[]; isKept: boolean }) => {
        said.push(input);
        kept = input.isKept ? [...kept, ...input.tiles] : [];
        core.send({ type: 'project-changed', project: 'p', kinds: ['labels'] });
        return { changed: 1, command: 1 };
      },
      'tiles.current': () => ({ tileSet: currentSet }),
    });
    await useProject().attach('p');
    review = onThePage(() => useJudgedTiles());
    await settle();
    useClassifierResults().select({ kind: 'suspects' });
    await settle();
  });
  afterEach(() => core.stop());
  async function pressKeep(): Promise<void> {
    useCommands().run('classifier.tiles.keep');
    await settle();
  }

  it('is kept in the project, and the next one is looked at', async () => {
    await pressKeep();
    expect(said).toEqual([{ project: 'p', tileSet: 't', tiles: [4], isKept: true }]);
    expect([[...review.kept.value], review.current.value?.tile]).toEqual([[4], 5]);
  });

  it('is doubted again by the same key, and stays to be looked at', async () => {
    await pressKeep();
    review.goTo(0);
    await pressKeep();
    expect(said.at(-1)).toEqual({ project: 'p', tileSet: 't', tiles: [4], isKept: false });
    expect([[...review.kept.value], review.current.value?.tile]).toEqual([[], 4]);
  });

  it('is left alone when the tiles were cut anew since', async () => {
    currentSet = 'another';
    core.send({ type: 'project-changed', project: 'p', kinds: ['tiles'] });
    await settle();
    await pressKeep();
    expect(said).toEqual([]);
  });
});
