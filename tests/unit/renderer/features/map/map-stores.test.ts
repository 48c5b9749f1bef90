// @vitest-environment happy-dom
/** How the map is looked at, where another place sends it, and what an export does. */
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JobState } from '#common/contract/jobs.ts';
import { useExportDialog } from '../../../../../renderer/features/map/export-dialog.ts';
import { useMapTarget } from '../../../../../renderer/features/map/map-target.ts';
import { useMapView } from '../../../../../renderer/features/map/map-view-store.ts';
import { useFileBrowser } from '../../../../../renderer/stores/file-browser.ts';
import { useProject } from '../../../../../renderer/stores/project.ts';
import { connectFakeCore, settle, type FakeCore } from '../../stores/fake-core.ts';

const job = (call: string, status: JobState['status'], result: unknown = null): JobState => ({
  job: `job-${call}`,
  service: 'exports',
  call,
  title: 'Exporting',
  project: 'p',
  status,
  startedAt: '',
  finishedAt: null,
  stage: '',
  note: '',
  done: 0,
  total: 1,
  fraction: null,
  ratePerSecond: null,
  secondsLeft: null,
  messages: [],
  error: null,
  result,
});

describe('the view of the map', () => {
  beforeEach(() => setActivePinia(createPinia()));

  it('counts areas with a threshold once it rests, not with every step of the slider', () => {
    vi.useFakeTimers();
    const view = useMapView();
    view.threshold = 0.3;
    view.threshold = 0.5;
    return settle().then(() => {
      expect(view.settledThreshold).toBe(0);
      vi.advanceTimersByTime(250);
      expect(view.settledThreshold).toBe(0.5);
      vi.useRealTimers();
    });
  });

  it('keeps opacity and threshold within what makes sense at the keyboard', () => {
    const view = useMapView();
    for (let press = 0; press < 30; press += 1) view.changeOpacity(-1);
    expect(view.opacity).toBeCloseTo(0.1);
    for (let press = 0; press < 30; press += 1) view.changeThreshold(1);
    expect(view.threshold).toBe(0.95);
  });

  it('hides a class and shows it again', () => {
    const view = useMapView();
    view.toggleClass(1);
    expect([...view.hidden]).toEqual([1]);
    view.toggleClass(1);
    expect(view.hidden.size).toBe(0);
  });
});

it('a tile to look at waits for its slide and is shown once', () => {
  setActivePinia(createPinia());
  const target = useMapTarget();
  target.show({ tile: 1, slide: 's', column: 2, row: 3, x: 0, y: 0, width: 8, height: 8 });
  expect(target.take('other')).toBeNull();
  expect(target.take('s')).toMatchObject({ column: 2, row: 3 });
  expect(target.take('s')).toBeNull();
});

describe('an export', () => {
  let core: FakeCore;
  const previewed: unknown[] = [];
  const started: { call: string; input: unknown }[] = [];
  beforeEach(async () => {
    setActivePinia(createPinia());
    previewed.length = 0;
    started.length = 0;
    core = await connectFakeCore({
      'projects.list': () => [{ project: 'p', name: 'P' }],
      'jobs.list': () => [],
      'exports.list': () => [],
      'exports.preview': ({ kinds }: { kinds: string[] }) => {
        previewed.push(kinds);
        return { files: [], notes: [] };
      },
      'jobs.start': ({ call, input }: { call: string; input: unknown }) => {
        started.push({ call, input });
        return job(call, 'running');
      },
    });
    await useProject().attach('p');
  });
  afterEach(() => core.stop());

  it('is previewed only while its window is open, and again with every kind', async () => {
    const dialog = useExportDialog();
    await settle();
    expect(previewed).toEqual([]);
    dialog.open(['csv']);
    await settle();
    dialog.toggle('geojson');
    await settle();
    expect(previewed).toEqual([['csv'], ['geojson', 'csv']]);
  });

  it('into the project answers with files to download', async () => {
    const dialog = useExportDialog();
    dialog.open(['csv']);
    await dialog.make();
    expect(started).toMatchObject([{ call: 'make', input: { project: 'p', kinds: ['csv'] } }]);
    const made = { export: 'export-1', files: [{ name: 'a b.csv', byteLength: 3 }] };
    core.send({ type: 'job-changed', job: job('make', 'finished', made) });
    await settle();
    expect(dialog.made).toEqual(made);
    expect(dialog.address('export-1', 'a b.csv')).toBe('/exports/p/export-1/a%20b.csv');
  });

  it('into a folder goes where the person says, and nowhere when they give up', async () => {
    const dialog = useExportDialog();
    dialog.open(['csv']);
    const givenUp = dialog.writeToFolder('Choose');
    useFileBrowser().finish(null);
    await givenUp;
    expect(started).toEqual([]);
    expect(dialog.isOpen).toBe(true);
    const written = dialog.writeToFolder('Choose');
    useFileBrowser().finish([{ reference: { id: 'f1' }, name: 'Results' }]);
    await written;
    expect(started).toMatchObject([{ call: 'export', input: { project: 'p', kinds: ['csv'], out: { id: 'f1' } } }]);
    core.send({ type: 'job-changed', job: job('export', 'finished', { directory: 'x', files: ['a', 'b'] }) });
    await settle();
    expect([dialog.written, dialog.folderName]).toEqual([2, 'Results']);
  });

  it('is previewed again when its options change, and written with them', async () => {
    const dialog = useExportDialog();
    dialog.open(['coco']);
    await settle();
    dialog.options = { ...dialog.options, tiles: 'all' };
    await settle();
    expect(previewed).toEqual([['coco'], ['coco']]);
    expect(dialog.isForFolderOnly).toBe(true);
    const written = dialog.writeToFolder('Choose');
    useFileBrowser().finish([{ reference: { id: 'f1' }, name: 'Results' }]);
    await written;
    expect(started).toMatchObject([{ input: { options: { tiles: 'all', withPatients: false } } }]);
  });

  it('waits while the maps are made', async () => {
    const dialog = useExportDialog();
    await settle();
    core.send({ type: 'job-changed', job: { ...job('refresh', 'running'), service: 'classifier' } });
    await settle();
    expect(dialog.isBusy).toBe(true);
  });
});
