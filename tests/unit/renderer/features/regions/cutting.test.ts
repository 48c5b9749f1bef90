// @vitest-environment happy-dom
/** Cutting tiles although some slides cannot be cut: the others are, and each left out is named. */
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { computed, ref, shallowRef } from 'vue';
import { TrefoilError } from '#common/errors.ts';
import { useCutting, type Cutting } from '../../../../../renderer/features/regions/useCutting.ts';
import type { PlanAnswer, TilePlans } from '../../../../../renderer/features/regions/useTilePlan.ts';
import { useNotices } from '../../../../../renderer/stores/notices.ts';
import { useProject } from '../../../../../renderer/stores/project.ts';
import { onThePage } from '../../on-the-page.ts';
import { connectFakeCore, settle, type FakeCore } from '../../stores/fake-core.ts';
import { jobState } from '../../stores/job-state.ts';

const error = new TrefoilError('mpp-missing', 'b.svs does not say how large a pixel is.', 'Set it.').toReport();
const refused = [{ slide: 'b', name: 'b.svs', error }];
const counts = { slide: 'a', name: 'a.svs', planned: 9, kept: 5, dropped: {}, warnings: [] };

describe('cutting tiles', () => {
  let core: FakeCore;
  let cutting: Cutting;
  const ofAll = shallowRef<PlanAnswer | null>(null);
  const planWith = (kept: number): PlanAnswer => ({
    plan: 'plan',
    kept,
    bytes: 1,
    slides: kept === 0 ? [] : [counts],
    refused,
    seconds: 1,
    sentence: '',
  });

  beforeEach(async () => {
    setActivePinia(createPinia());
    ofAll.value = planWith(5);
    core = await connectFakeCore({
      'projects.list': () => [{ project: 'p', name: 'P' }],
      'jobs.list': () => [],
      'jobs.start': () => jobState({ service: 'tiles', call: 'extract' }),
      'tiles.current': () => null,
    });
    await useProject().attach('p');
    const plans: TilePlans = {
      ofSlide: shallowRef(null),
      slideError: shallowRef(null),
      isSlideBusy: ref(false),
      ofAll,
      allError: shallowRef(null),
      isAllBusy: ref(false),
      isCurrent: computed(() => true),
      progress: shallowRef(null),
      isStopped: ref(false),
      stop: () => undefined,
      planAll: () => undefined,
    };
    cutting = onThePage(() => useCutting(plans, ref('plan')));
    await settle();
  });
  afterEach(() => core.stop());

  it('can begin while one of the slides cannot be cut', async () => {
    expect([cutting.refused.value.length, cutting.canCut.value]).toEqual([1, true]);
    cutting.ask();
    await settle();
    expect(core.calls).toContain('jobs.start');
  });

  it('cannot begin while not one slide can be cut', () => {
    ofAll.value = planWith(0);
    expect(cutting.canCut.value).toBe(false);
  });

  it('names at the end what was left out', () => {
    const result = { tileSet: 't', kept: 5, bytes: 1, slides: [counts], refused };
    core.send({
      type: 'job-changed',
      job: jobState({ service: 'tiles', call: 'extract', status: 'finished', result }),
    });
    expect(useNotices().notices.map(({ text, items }) => [text, ...items])).toEqual([
      ['5 tiles cut.'],
      ['1 slide was left out', 'b.svs does not say how large a pixel is. Set it.'],
    ]);
  });
});
