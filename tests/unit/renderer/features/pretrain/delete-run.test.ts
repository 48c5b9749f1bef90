// @vitest-environment happy-dom
/** Deleting a run: what is lost is said first, nothing happens without a yes, and the answer is said afterwards. */
import type { VueWrapper } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defineComponent, h } from 'vue';
import type { RunRemoval, RunState } from '#common/contract/runs.ts';
import { TrefoilError } from '#common/errors.ts';
import { usePretrainView } from '../../../../../renderer/features/pretrain/pretrain-view.ts';
import RunInspector from '../../../../../renderer/features/pretrain/run/RunInspector.vue';
import { usePretrainCommands } from '../../../../../renderer/features/pretrain/usePretrainCommands.ts';
import { useCommands } from '../../../../../renderer/stores/commands.ts';
import { useNotices } from '../../../../../renderer/stores/notices.ts';
import { useProject } from '../../../../../renderer/stores/project.ts';
import { mountOnPage } from '../../on-the-page.ts';
import { connectFakeCore, settle, type FakeCore } from '../../stores/fake-core.ts';

const run = (id: string, state: RunState['state'] = 'finished') => ({
  run: id,
  createdAt: '2026-01-01T00:00:00.000Z',
  method: 'simtriplet',
  network: 'resnet18',
  recipe: 'quick',
  epochs: 4,
  engine: null,
  verdict: null,
  excludedSlides: [],
  tileSet: 't1',
  state,
});

describe('deleting a run', () => {
  let core: FakeCore;
  let place: VueWrapper;
  let runs: ReturnType<typeof run>[];
  let lost: RunRemoval;
  let refusal: TrefoilError | null;
  const removed: unknown[] = [];
  const dialog = (): HTMLElement | null => document.querySelector('[role="dialog"]');
  async function press(name: RegExp, within: ParentNode = document): Promise<void> {
    [...within.querySelectorAll('button')].find((each) => name.test(each.textContent ?? ''))!.click();
    await settle();
  }

  beforeEach(async () => {
    setActivePinia(createPinia());
    runs = [run('new'), run('old')];
    lost = { run: 'new', classifiers: 2, mappedSlides: 1, byteLength: 5 * 1024 ** 2, isInUse: true };
    refusal = null;
    removed.length = 0;
    core = await connectFakeCore({
      'projects.list': () => [{ project: 'p', name: 'P' }],
      'jobs.list': () => [],
      'app.setSettings': () => ({}),
      'tiles.current': () => null,
      'runs.states': () => runs,
      'runs.details': () => null,
      'runs.recipes': () => [],
      'runs.removal': () => lost,
      'runs.remove': (input: { run: string }) => {
        if (refusal !== null) throw refusal;
        removed.push(input);
        runs = runs.filter((each) => each.run !== input.run);
        return lost;
      },
    });
    await useProject().attach('p');
    usePretrainView().show('runs');
    place = mountOnPage(
      defineComponent({
        setup: () => {
          usePretrainCommands();
          return () => h(RunInspector);
        },
      }),
    );
    await settle();
  });
  afterEach(() => {
    place.unmount();
    core.stop();
  });

  it('says what goes with it, and that the current classifier stands on it', async () => {
    await press(/^Delete run/);
    expect(dialog()?.textContent).toContain('Delete Run 2?');
    expect(dialog()?.textContent).toContain('The current classifier stands on this run.');
    expect([...dialog()!.querySelectorAll('li')].map((line) => line.textContent)).toEqual([
      'its network, curves and computed features, 5 MB',
      '2 classifiers trained on it, with figures and checks',
      'the maps of 1 slide',
    ]);
    expect(removed).toEqual([]);
  });

  it('does nothing when the person thinks again', async () => {
    useCommands().run('pretrain.remove');
    await settle();
    await press(/^Cancel/, dialog()!);
    expect(dialog()).toBeNull();
    expect(removed).toEqual([]);
  });

  it('deletes it once that is confirmed, and says which', async () => {
    await press(/^Delete run/);
    await press(/^Delete for good/, dialog()!);
    expect(removed).toEqual([{ project: 'p', run: 'new', confirmed: true }]);
    expect(dialog()).toBeNull();
    expect(useNotices().notices.map(({ text }) => text)).toEqual(['Run 2 was deleted.']);
  });

  it('says why it was refused', async () => {
    refusal = new TrefoilError('project-busy', 'A job is running.', 'Wait for it.');
    await press(/^Delete run/);
    await press(/^Delete for good/, dialog()!);
    expect(useNotices().notices.map(({ text, hint }) => [text, hint])).toEqual([['A job is running.', 'Wait for it.']]);
  });

  it('cannot begin while the run trains', async () => {
    runs = [run('new', 'running')];
    core.send({ type: 'project-changed', project: 'p', kinds: ['runs'] });
    await settle();
    useCommands().run('pretrain.remove');
    await settle();
    expect(dialog()).toBeNull();
    expect(core.calls).not.toContain('runs.removal');
  });
});
