// @vitest-environment happy-dom
/** Regions as the person sees them: at once, saved in order, taken back when refused; tools end in calls. */
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DrawnRegion } from '#common/contract/regions.ts';
import { TrefoilError } from '#common/errors.ts';
import { rectangle } from '../../../../../renderer/features/regions/outlines.ts';
import { useRegionEditor } from '../../../../../renderer/features/regions/region-editor.ts';
import { useRegions } from '../../../../../renderer/features/regions/regions-store.ts';
import { useNotices } from '../../../../../renderer/stores/notices.ts';
import { useProject } from '../../../../../renderer/stores/project.ts';
import { connectFakeCore, settle, type FakeCore } from '../../stores/fake-core.ts';

const project = {
  project: 'p',
  name: 'P',
  directory: '',
  slideCount: 1,
  regionCount: 0,
  classCount: 0,
  labelCount: 0,
  runCount: 0,
};
const slide = { slide: 's', name: 'S', width: 4000, height: 3000, mpp: 0.5, mppSource: 'file' };
const hand = (x: number, y: number) => ({ point: [x, y] as const, level0PerScreenPx: 1, shift: false, alt: false });

let core: FakeCore;
let stored: DrawnRegion[];
let log: string[];
/** Calls wait here until they are let through. */
let gates: (() => void)[];
let isGated: boolean;
let refusal: TrefoilError | null;

async function gate(what: string): Promise<void> {
  log.push(what);
  if (isGated) await new Promise<void>((done) => gates.push(done));
  if (refusal !== null) throw refusal;
}
const letThrough = async (): Promise<void> => {
  gates.shift()?.();
  await settle();
  await settle();
};

beforeEach(async () => {
  setActivePinia(createPinia());
  stored = [];
  log = [];
  gates = [];
  isGated = false;
  refusal = null;
  core = await connectFakeCore({
    'projects.list': () => [project],
    'slides.list': () => [slide],
    'slides.facts': () => [],
    'tiles.current': () => null,
    'regions.outlines': () => [...stored],
    'regions.create': async ({ kind, polygons }: { kind: 'include'; polygons: DrawnRegion['polygons'] }) => {
      await gate('create');
      const made = {
        region: `r${stored.length + 1}`,
        slide: 's',
        kind,
        name: 'Region 1',
        polygons,
        areaPx: 1,
        areaMm2: 1,
      };
      stored = [...stored, made];
      return made;
    },
    'regions.update': async ({ region, ...change }: { region: string } & Partial<DrawnRegion>) => {
      await gate(
        `update ${region} ${Object.keys(change)
          .filter((key) => key !== 'project')
          .join()}`,
      );
      stored = stored.map((each) => (each.region === region ? { ...each, ...change } : each));
      return stored.find((each) => each.region === region);
    },
    'regions.remove': async ({ regions }: { regions: string[] }) => {
      await gate(`remove ${regions.join()}`);
      stored = stored.filter(({ region }) => !regions.includes(region));
      return { removed: regions.length };
    },
  });
  await useProject().attach('p');
  await settle();
});
afterEach(() => core.stop());

describe('a drawn region', () => {
  it('is shown before the core has answered, and has its name afterwards', async () => {
    isGated = true;
    const regions = useRegions();
    await settle();
    regions.create('include', rectangle([0, 0], [100, 50]));
    expect(regions.all).toMatchObject([{ name: '', areaPx: 5000, isSaved: false }]);
    await settle();
    await letThrough();
    expect(regions.all).toMatchObject([{ region: 'r1', name: 'Region 1', isSaved: true }]);
    expect(regions.waiting).toBe(0);
  });

  it('goes away again with the reason when it is refused', async () => {
    const regions = useRegions();
    await settle();
    refusal = new TrefoilError('invalid-input', 'The region lies beside the slide.', 'Draw it again.');
    regions.create('include', rectangle([0, 0], [100, 50]));
    await settle();
    expect(regions.all).toEqual([]);
    expect(useNotices().notices).toMatchObject([{ kind: 'error', text: 'The region lies beside the slide.' }]);
  });

  it('can be changed while it is still on its way: calls go in order, with the name the core gave', async () => {
    isGated = true;
    const regions = useRegions();
    await settle();
    const region = regions.create('include', rectangle([0, 0], [100, 50]));
    void regions.update(region, { kind: 'exclude' });
    await settle();
    expect(log).toEqual(['create']);
    expect(regions.all).toMatchObject([{ kind: 'exclude' }]);
    await letThrough();
    expect(log).toEqual(['create', 'update r1 kind']);
    await letThrough();
    expect(stored).toMatchObject([{ region: 'r1', kind: 'exclude' }]);
    expect(regions.all).toHaveLength(1);
  });

  it('does not come back for a moment after it was removed, when an older answer arrives', async () => {
    const regions = useRegions();
    await settle();
    regions.create('include', rectangle([0, 0], [100, 50]));
    await settle();
    await settle();
    isGated = true;
    void regions.remove(['r1']);
    core.send({ type: 'project-changed', project: 'p', kinds: ['regions'] });
    await settle();
    expect(regions.all).toEqual([]);
    await letThrough();
    expect(regions.all).toEqual([]);
  });

  it('follows undo in the core', async () => {
    const regions = useRegions();
    await settle();
    regions.create('include', rectangle([0, 0], [100, 50]));
    await settle();
    await settle();
    stored = [];
    core.send({ type: 'project-changed', project: 'p', kinds: ['regions', 'history'] });
    await settle();
    expect(regions.all).toEqual([]);
  });
});

describe('the tools', () => {
  async function drawBox(): Promise<void> {
    const editor = useRegionEditor();
    await settle();
    editor.choose('rectangle');
    editor.press(hand(100, 100));
    editor.move(hand(300, 300));
    editor.release(hand(300, 300));
    await settle();
    await settle();
  }

  it('draw a region, select it, and remove it with Delete', async () => {
    const editor = useRegionEditor();
    await drawBox();
    expect(editor.selected).toMatchObject({ region: 'r1', areaPx: 1 });
    editor.deleteChosen();
    await settle();
    expect(log).toEqual(['create', 'remove r1']);
    expect(editor.selected).toBeNull();
  });

  it('the brush adds to the selected region, the eraser takes away, all of it removes it', async () => {
    const editor = useRegionEditor();
    await drawBox();
    editor.choose('brush');
    editor.press(hand(300, 200));
    editor.release(hand(300, 200));
    await settle();
    expect(Math.max(...(stored[0]?.polygons[0]?.[0] ?? []).map(([x]) => x))).toBe(324);
    editor.brushPx = 200;
    editor.choose('eraser');
    for (const [x, y] of [
      [120, 200],
      [280, 200],
    ] as const) {
      editor.press(hand(x, y));
      editor.release(hand(x, y));
      await settle();
    }
    expect(log).toEqual(['create', 'update r1 polygons', 'update r1 polygons', 'remove r1']);
  });

  it('the eraser beside every region changes nothing and says so', async () => {
    const editor = useRegionEditor();
    await settle();
    editor.choose('eraser');
    editor.press(hand(2000, 2000));
    editor.release(hand(2000, 2000));
    expect(editor.said).toEqual({ what: 'nothing-to-erase' });
    expect(log).toEqual([]);
  });

  it('an outline beside the slide is not sent', async () => {
    const editor = useRegionEditor();
    await settle();
    editor.choose('rectangle');
    editor.press(hand(-500, -500));
    editor.move(hand(-100, -100));
    editor.release(hand(-100, -100));
    expect(editor.said).toEqual({ what: 'no-area' });
    expect(log).toEqual([]);
  });

  it('X changes the selected region, and what is drawn next', async () => {
    const editor = useRegionEditor();
    await drawBox();
    editor.toggleKind();
    await settle();
    expect(log.at(-1)).toBe('update r1 kind');
    expect(editor.kind).toBe('exclude');
  });

  it('Escape leaves one thing a time: drawing, corner, selection, tool', async () => {
    const editor = useRegionEditor();
    await drawBox();
    editor.stepVertex(1);
    editor.press(hand(500, 500));
    expect(editor.draft).not.toBeNull();
    expect([editor.escape(), editor.draft]).toEqual([true, null]);
    expect([editor.escape(), editor.vertex]).toEqual([true, null]);
    expect([editor.escape(), editor.selected]).toEqual([true, null]);
    expect([editor.escape(), editor.tool]).toEqual([true, 'move']);
    expect(editor.escape()).toBe(false);
  });

  it('arrow keys move the chosen corner, on the grid when snapping', async () => {
    const editor = useRegionEditor();
    await drawBox();
    editor.choose('move');
    editor.stepVertex(1);
    editor.nudge(-10, 0);
    await settle();
    const first = (): readonly number[] | undefined => stored[0]?.polygons[0]?.[0]?.[0];
    const before = first();
    editor.isSnapping = true;
    editor.nudge(200, 0);
    await settle();
    expect(first()).not.toEqual(before);
    // 128 px at 1 µm per px on a slide of 0.5 µm per px: lines every 256 px.
    expect(first()?.map((value) => value % 256)).toEqual([0, 0]);
  });
});
