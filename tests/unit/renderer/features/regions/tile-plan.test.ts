// @vitest-environment happy-dom
/** The plan follows settings and regions, first of the slide looked at, then of all; it can be stopped. */
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { effectScope, ref, type EffectScope } from 'vue';
import { TrefoilError } from '#common/errors.ts';
import { emptyTileColumns, encodeTileColumns } from '#common/tile-bytes.ts';
import { defaultTileSettings } from '../../../../../renderer/features/regions/tile-settings.ts';
import { useTilePlan, type TilePlans } from '../../../../../renderer/features/regions/useTilePlan.ts';
import { useProject } from '../../../../../renderer/stores/project.ts';
import { connectFakeCore, settle, type FakeCore } from '../../stores/fake-core.ts';

const project = {
  project: 'p',
  name: 'P',
  directory: '',
  slideCount: 2,
  regionCount: 0,
  classCount: 0,
  labelCount: 0,
  runCount: 0,
};
interface Asked {
  readonly slides?: string[];
  readonly settings: { readonly sizePx: number };
}

let core: FakeCore;
let scope: EffectScope;
let asked: Asked[];
let signals: AbortSignal[];
let answer: (input: Asked) => unknown;
const settings = ref(defaultTileSettings);

async function later(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await settle();
}
const plans = (): TilePlans =>
  scope.run(() =>
    useTilePlan(
      () => 's',
      () => settings.value,
      () => true,
    ),
  )!;

beforeEach(async () => {
  vi.useFakeTimers();
  setActivePinia(createPinia());
  scope = effectScope();
  settings.value = defaultTileSettings;
  asked = [];
  signals = [];
  answer = ({ slides }) => ({
    plan: 'x',
    kept: slides === undefined ? 9 : 3,
    slides: [],
    refused: [],
    bytes: 1,
    seconds: 1,
  });
  vi.stubGlobal('fetch', async () => new Response(encodeTileColumns(emptyTileColumns(4))));
  core = await connectFakeCore({
    'projects.list': () => [project],
    'tiles.plan': (input: Asked, context?: { signal?: AbortSignal }) => {
      asked.push(input);
      if (context?.signal !== undefined) signals.push(context.signal);
      return answer(input);
    },
  });
  await useProject().attach('p');
});
afterEach(() => {
  scope.stop();
  core.stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('the plan of tiles', () => {
  it('is made of the slide looked at first, then of all slides', async () => {
    const made = plans();
    await later(200);
    expect(asked.map(({ slides }) => slides)).toEqual([['s']]);
    expect(made.ofSlide.value?.columns.columns).toHaveLength(4);
    expect(made.isCurrent.value).toBe(false);
    await later(1000);
    expect(asked.map(({ slides }) => slides)).toEqual([['s'], undefined]);
    expect([made.ofAll.value?.kept, made.isCurrent.value]).toEqual([9, true]);
  });

  it('is asked once for many changes, with the last one, and old numbers are marked as such', async () => {
    const made = plans();
    await later(2000);
    for (const sizePx of [200, 210, 220]) {
      settings.value = { ...settings.value, sizePx };
      await later(20);
    }
    expect([made.ofAll.value?.kept, made.isCurrent.value]).toEqual([9, false]);
    await later(2000);
    expect(asked.map(({ settings: { sizePx } }) => sizePx)).toEqual([128, 128, 220, 220]);
    expect(made.isCurrent.value).toBe(true);
  });

  it('is made again when regions change', async () => {
    plans();
    await later(2000);
    core.send({ type: 'project-changed', project: 'p', kinds: ['regions'] });
    await later(2000);
    expect(asked).toHaveLength(4);
  });

  it('of all slides ends when a person stops it or something changes', async () => {
    answer = ({ slides }) =>
      slides === undefined ? new Promise(() => undefined) : { plan: 'x', slides: [], refused: [] };
    const made = plans();
    await later(1000);
    expect(made.isAllBusy.value).toBe(true);
    made.stop();
    expect(signals.at(-1)?.aborted).toBe(true);
    expect([made.isAllBusy.value, made.isStopped.value]).toEqual([false, true]);
    settings.value = { ...settings.value, sizePx: 64 };
    await later(1000);
    expect(made.isAllBusy.value).toBe(true);
    settings.value = { ...settings.value, sizePx: 65 };
    await settle();
    expect(signals.at(-1)?.aborted).toBe(true);
  });

  it('says why the slide looked at cannot be planned', async () => {
    const error = new TrefoilError('mpp-missing', 'No pixel size.', 'Set it.').toReport();
    answer = () => ({ plan: 'x', slides: [], refused: [{ slide: 's', name: 'S', error }] });
    const made = plans();
    await later(500);
    expect(made.slideError.value?.code).toBe('mpp-missing');
    expect(made.ofSlide.value).toBeNull();
  });
});
