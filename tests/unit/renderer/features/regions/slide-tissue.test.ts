// @vitest-environment happy-dom
/** Tissue settings of one slide: a slider moves at once, the core is told once when the hand rests, refusals are taken back. */
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultTissueSettings, type TissueSettings } from '#common/domain/tile.ts';
import { TrefoilError } from '#common/errors.ts';
import { useRegionEditor } from '../../../../../renderer/features/regions/region-editor.ts';
import { useSlideTissue } from '../../../../../renderer/features/regions/slide-tissue.ts';
import { useTileSettings } from '../../../../../renderer/features/regions/tile-settings.ts';
import { useProject } from '../../../../../renderer/stores/project.ts';
import { connectFakeCore, settle, type FakeCore } from '../../stores/fake-core.ts';

const project = {
  ...{ project: 'p', name: 'P', directory: '', slideCount: 1 },
  ...{ regionCount: 0, classCount: 0, labelCount: 0, runCount: 0 },
};
let core: FakeCore;
let stored: TissueSettings | null;
let told: (TissueSettings | null)[];
let refusal: TrefoilError | null;

beforeEach(async () => {
  vi.useFakeTimers();
  setActivePinia(createPinia());
  stored = null;
  told = [];
  refusal = null;
  core = await connectFakeCore({
    'projects.list': () => [project],
    'slides.list': () => [{ slide: 's', name: 'S', width: 40, height: 30, mpp: 0.5, tissue: stored }],
    'slides.facts': () => [],
    'tiles.current': () => null,
    'regions.outlines': () => [],
    'slides.setTissue': ({ tissue }: { tissue: TissueSettings | null }) => {
      told.push(tissue);
      if (refusal !== null) throw refusal;
      stored = tissue;
      return {};
    },
  });
  await useProject().attach('p');
  // The slides are asked for by whoever uses them first.
  useSlideTissue();
  await settle();
});
afterEach(() => {
  core.stop();
  vi.useRealTimers();
});

async function rest(): Promise<void> {
  await vi.advanceTimersByTimeAsync(1000);
  core.send({ type: 'project-changed', project: 'p', kinds: ['slides'] });
  await settle();
}

describe('tissue settings', () => {
  it('are those of all slides until one slide gets its own', async () => {
    const tissue = useSlideTissue();
    tissue.change({ minFocus: 40 });
    expect(useTileSettings().current.tissue.minFocus).toBe(40);
    expect([tissue.isOwn, told]).toEqual([false, []]);
    tissue.setOwn(true);
    expect(tissue.isOwn).toBe(true);
    await rest();
    expect(told).toEqual([{ ...defaultTissueSettings, minFocus: 40 }]);
    tissue.change({ minFocus: 60 });
    await rest();
    expect(useTileSettings().current.tissue.minFocus).toBe(40);
    expect(tissue.tissue.minFocus).toBe(60);
    tissue.setOwn(false);
    await rest();
    expect([stored, tissue.isOwn, tissue.tissue.minFocus]).toEqual([null, false, 40]);
  });

  it('of a slide move with the slider at once and are told once, when it rests', async () => {
    const tissue = useSlideTissue();
    tissue.setOwn(true);
    await rest();
    told = [];
    for (const darkLimit of [0.3, 0.25, 0.2]) {
      tissue.change({ darkLimit });
      expect(tissue.settings.tissue.darkLimit).toBe(darkLimit);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(told).toEqual([]);
    await rest();
    expect(told.map((each) => each?.darkLimit)).toEqual([0.2]);
    expect(tissue.tissue.darkLimit).toBe(0.2);
  });

  it('go back to what holds when the core refuses them', async () => {
    const tissue = useSlideTissue();
    refusal = new TrefoilError('disk-full', 'The disk is full.', 'Free some space.');
    tissue.setOwn(true);
    expect(tissue.isOwn).toBe(true);
    await rest();
    expect(tissue.isOwn).toBe(false);
  });
});

describe('the kind of what is drawn next', () => {
  it('goes to and fro within regions for tiles and within corrections', () => {
    const editor = useRegionEditor();
    editor.toggleKind();
    expect(editor.kind).toBe('exclude');
    editor.setKind('tissue');
    editor.toggleKind();
    expect(editor.kind).toBe('no-tissue');
    editor.toggleKind();
    expect(editor.kind).toBe('tissue');
  });
});
