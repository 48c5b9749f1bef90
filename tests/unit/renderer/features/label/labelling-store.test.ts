// @vitest-environment happy-dom
/** Labelling as the person sees it: at once, saved behind, rolled back when refused, undone exactly, never lost. */
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TrefoilError } from '#common/errors.ts';
import { useLabelQueue } from '../../../../../renderer/stores/label-queue.ts';
import { useLabelling } from '../../../../../renderer/stores/labelling.ts';
import { useNotices } from '../../../../../renderer/stores/notices.ts';
import { useProject } from '../../../../../renderer/stores/project.ts';
import { connectFakeCore, settle, type FakeCore } from '../../stores/fake-core.ts';

const project = {
  project: 'p',
  name: 'P',
  directory: '',
  slideCount: 1,
  regionCount: 0,
  classCount: 2,
  labelCount: 0,
  runCount: 0,
};
const classes = ['a', 'b'].map((id, index) => ({
  class: id,
  name: id,
  colour: '#0072b2',
  letter: id.toUpperCase(),
  key: String(index + 1),
  labels: 5,
}));
const tile = (index: number) => ({
  tile: index,
  slide: 's',
  column: index,
  row: 0,
  x: 0,
  y: 0,
  width: 1,
  height: 1,
  why: '',
  predicted: null,
  probability: null,
});
const toA = { kind: 'label', class: 'a', source: 'person' } as const;
const pause = (ms = 5): Promise<void> => new Promise((done) => setTimeout(done, ms));

describe('labelling', () => {
  let core: FakeCore;
  let set: (input: { tiles: number[]; class: string }) => unknown;
  let undo: (input: { command?: number }) => unknown;
  let said: string[];

  beforeEach(async () => {
    sessionStorage.clear();
    setActivePinia(createPinia());
    said = [];
    let command = 0;
    set = ({ tiles, class: id }) => {
      said.push(`${tiles.join()} ${id}`);
      return { changed: 1, command: (command += 1) };
    };
    undo = ({ command: wanted }) => {
      said.push(`undo ${wanted ?? ''}`);
      return { what: 'Label' };
    };
    let drawn = 0;
    core = await connectFakeCore({
      'projects.list': () => [project],
      'projects.undo': (input) => undo(input),
      'labels.set': (input) => set(input),
      'labels.mark': () => ({ changed: 1, command: null }),
      'labels.clear': () => ({ changed: 1, command: null }),
      'labels.list': () => ({ tileSet: 't', total: 0, labels: [] }),
      'labels.overview': () => ({ tileSet: 't', classes, slides: [], budget: {} }),
      'labels.queue': ({ size }: { size: number }) => ({
        tileSet: 't',
        order: 'coverage',
        features: '',
        tiles: Array.from({ length: size }, () => tile((drawn += 1))),
        notes: [],
        stop: null,
      }),
    });
    await useProject().attach('p');
    await settle();
  });
  afterEach(() => core.stop());

  it('counts at once and saves behind', async () => {
    const labelling = useLabelling();
    await settle();
    labelling.apply('t', [1, 2], toA);
    expect(labelling.of(1)).toMatchObject({ class: 'a' });
    expect(labelling.countOf.get('a')).toBe(7);
    expect(labelling.waiting).toBe(2);
    await pause();
    expect(said).toEqual(['1,2 a']);
    expect(labelling.waiting).toBe(0);
    expect(labelling.of(1)).toMatchObject({ class: 'a' });
    expect(labelling.countOf.get('a')).toBe(7);
  });

  it('takes a refused label away again, says why, and brings its tile back', async () => {
    const queue = useLabelQueue();
    const labelling = useLabelling();
    await pause();
    const first = queue.current?.tile ?? -1;
    set = () => {
      throw new TrefoilError('disk-full', 'The disk is full.', 'Make room.');
    };
    queue.decide(toA);
    expect(queue.current?.tile).not.toBe(first);
    await pause();
    expect(labelling.of(first).class).toBeNull();
    expect(labelling.countOf.get('a')).toBe(5);
    expect(useNotices().notices[0]).toMatchObject({ text: 'The disk is full.', kind: 'error' });
    expect(queue.tiles[queue.position + 1]?.tile).toBe(first);
  });

  it('undoes exactly its own command and goes back to the tile', async () => {
    const queue = useLabelQueue();
    const labelling = useLabelling();
    await pause();
    const first = queue.current?.tile ?? -1;
    queue.decide(toA);
    await pause();
    expect(queue.undo()).toBe(true);
    expect(queue.current?.tile).toBe(first);
    expect(labelling.of(first).class).toBeNull();
    await pause();
    expect(said).toEqual([`${first} a`, 'undo 1']);
    expect(labelling.of(first).class).toBeNull();
    expect(queue.undo()).toBe(false);
  });

  it('says it the other way round when somebody changed something since', async () => {
    const labelling = useLabelling();
    await settle();
    labelling.apply('t', [1], toA);
    labelling.apply('t', [1], { ...toA, class: 'b' });
    await pause();
    undo = () => ({ what: null });
    labelling.undoLast();
    await pause();
    expect(said).toEqual(['1 a', '1 b', '1 a']);
    expect(labelling.of(1).class).toBe('a');
  });

  it('keeps labels while there is no connection and sends them afterwards', async () => {
    const labelling = useLabelling();
    await settle();
    core.cut();
    await settle();
    labelling.apply('t', [1], toA);
    labelling.apply('t', [2], toA);
    labelling.undoLast();
    await pause();
    expect(said).toEqual([]);
    expect(labelling.waiting).toBe(1);
    expect(sessionStorage.getItem('trefoil.waiting-labels')).toContain('"tiles":[1]');
    await pause(400);
    expect(said).toEqual(['1 a']);
    expect(labelling.waiting).toBe(0);
  });

  it('asks for more tiles before the list ends, and keeps the tiles it has in their places', async () => {
    const queue = useLabelQueue();
    await pause();
    const before = queue.tiles.map(({ tile: index }) => index);
    for (let done = 0; done < before.length - 11; done += 1) queue.decide(toA);
    await pause(20);
    expect(queue.tiles.length).toBeGreaterThan(before.length);
    expect(queue.tiles.slice(0, before.length).map(({ tile: index }) => index)).toEqual(before);
    expect(queue.current?.tile).toBe(before[before.length - 11]);
  });

  it('asks for another list when the tiles were made again meanwhile', async () => {
    const queue = useLabelQueue();
    await pause();
    const asked = core.calls.filter((call) => call === 'labels.queue').length;
    set = () => {
      throw new TrefoilError('not-found', 'The tiles were made again.', 'Reload.', { current: 't2' });
    };
    queue.decide(toA);
    await pause();
    expect(queue.isReplaced).toBe(true);
    expect(core.calls.filter((call) => call === 'labels.queue')).toHaveLength(asked + 1);
    expect(queue.position).toBe(0);
  });
});
