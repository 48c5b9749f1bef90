// @vitest-environment happy-dom
import { createPinia, setActivePinia } from 'pinia';
import { effectScope, ref } from 'vue';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TrefoilError } from '#common/errors.ts';
import { useProject } from '../../../../renderer/stores/project.ts';
import { projectQuery, type ProjectQuery } from '../../../../renderer/stores/project-query.ts';
import { connectFakeCore, settle, type FakeCore } from './fake-core.ts';

const summary = {
  project: 'p1',
  name: 'One',
  directory: '',
  slideCount: 0,
  regionCount: 0,
  classCount: 0,
  labelCount: 0,
  runCount: 0,
};
let core: FakeCore;
const scope = effectScope();
let answer: (signal: AbortSignal) => Promise<string>;
let asked = 0;

function query(dependsOn?: () => unknown): ProjectQuery<string> {
  const made = scope.run(() =>
    projectQuery(
      ['labels'],
      ({ signal }) => {
        asked += 1;
        return answer(signal);
      },
      dependsOn,
    ),
  );
  return made!;
}

beforeEach(async () => {
  setActivePinia(createPinia());
  asked = 0;
  answer = () => Promise.resolve(`answer ${asked}`);
  core = await connectFakeCore({ 'projects.list': () => [summary, { ...summary, project: 'p2' }] });
  await useProject().attach('p1');
});
afterEach(() => core.stop());

describe('a question about the project', () => {
  test('is asked when first shown and again when its part changes, not for other parts or projects', async () => {
    const { data } = query();
    await settle();
    expect(data.value).toBe('answer 1');
    core.send({ type: 'project-changed', project: 'p1', kinds: ['slides'] });
    core.send({ type: 'project-changed', project: 'p2', kinds: ['labels'] });
    await settle();
    expect(asked).toBe(1);
    core.send({ type: 'project-changed', project: 'p1', kinds: ['labels'] });
    await settle();
    expect(data.value).toBe('answer 2');
  });

  test('keeps the last answer while it is asked again, and many changes meanwhile are one more question', async () => {
    const { data, isLoading } = query();
    await settle();
    let release: (text: string) => void = () => undefined;
    answer = () => new Promise((done) => (release = done));
    for (let i = 0; i < 5; i += 1) {
      core.send({ type: 'project-changed', project: 'p1', kinds: ['labels'] });
      await settle();
    }
    expect([asked, data.value, isLoading.value]).toEqual([2, 'answer 1', true]);
    release('late');
    await settle();
    expect([asked, data.value]).toEqual([3, 'late']);
  });

  test('forgets the old project at once and ends its question', async () => {
    let aborted = false;
    const { data } = query();
    await settle();
    answer = (signal) =>
      new Promise((_done, failed) =>
        signal.addEventListener('abort', () => {
          aborted = true;
          failed(new TrefoilError('cancelled', 'x', 'y'));
        }),
      );
    core.send({ type: 'project-changed', project: 'p1', kinds: ['labels'] });
    await settle();
    answer = () => Promise.resolve('of the other project');
    await useProject().attach('p2');
    await settle();
    expect([aborted, data.value]).toEqual([true, 'of the other project']);
  });

  test('is asked again after the core was gone and came back', async () => {
    vi.useFakeTimers();
    const { data } = query();
    await settle();
    core.cut();
    await vi.advanceTimersByTimeAsync(1000);
    await settle();
    expect(data.value).toBe('answer 2');
    vi.useRealTimers();
  });

  test('shows a failure with its hint, and an answer afterwards takes it away', async () => {
    answer = () => Promise.reject(new TrefoilError('no-tiles', 'There are no tiles.', 'Cut tiles first.'));
    const { error, isFirst } = query();
    await settle();
    expect([error.value?.code, error.value?.hint, isFirst.value]).toEqual(['no-tiles', 'Cut tiles first.', false]);
    answer = () => Promise.resolve('tiles');
    core.send({ type: 'project-changed', project: 'p1', kinds: ['labels'] });
    await settle();
    expect(error.value).toBeNull();
  });

  test('is not asked while what it depends on is missing', async () => {
    const slide = ref<string | null>(null);
    const { data } = query(() => slide.value);
    await settle();
    expect([asked, data.value]).toEqual([0, null]);
    slide.value = 's';
    await settle();
    expect(data.value).toBe('answer 1');
    slide.value = null;
    await settle();
    expect(data.value).toBeNull();
  });
});
