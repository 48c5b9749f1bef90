// @vitest-environment happy-dom
/** Importing labels in the page: what would happen is asked for first, again when the question changes, and then done. */
import { createPinia, setActivePinia } from 'pinia';
import { effectScope } from 'vue';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TrefoilError } from '#common/errors.ts';
import { useLabelImport } from '../../../../../renderer/features/label/import/useLabelImport.ts';
import { useProject } from '../../../../../renderer/stores/project.ts';
import { connectFakeCore, settle, type FakeCore } from '../../stores/fake-core.ts';

const report = (imported: number) => ({
  format: 'geojson',
  imported,
  classes: [],
  replaced: 0,
  unmatched: [],
  notes: [],
});

describe('an import', () => {
  let core: FakeCore;
  const asked: unknown[] = [];
  const scope = effectScope();
  const begin = () => scope.run(() => useLabelImport())!;
  beforeEach(async () => {
    setActivePinia(createPinia());
    asked.length = 0;
    core = await connectFakeCore({
      'projects.list': () => [{ project: 'p', name: 'P' }],
      'jobs.list': () => [],
      'labels.previewImport': (input: { slide?: string }) => {
        asked.push(input);
        if (input.slide === undefined) throw new TrefoilError('invalid-input', 'Which slide?', 'Choose it.');
        return report(3);
      },
      'labels.import': () => report(3),
    });
    await useProject().attach('p');
  });
  afterEach(() => core.stop());

  it('of annotations is previewed, again for another slide, and changes nothing before it is asked to', async () => {
    const labels = begin();
    labels.choose({ reference: { id: 'f' }, name: 'core 1.GeoJSON.gz' });
    await settle();
    expect(labels.isAnnotations.value).toBe(true);
    expect([labels.error.value?.code, labels.preview.value]).toEqual(['invalid-input', null]);
    labels.slide.value = 's';
    labels.withDetections.value = true;
    await settle();
    expect(asked.at(-1)).toEqual({ project: 'p', file: { id: 'f' }, slide: 's', objects: 'all' });
    expect([labels.error.value, labels.preview.value?.imported]).toEqual([null, 3]);
    expect(core.calls).not.toContain('labels.import');
    await labels.run();
    expect(labels.report.value?.imported).toBe(3);
  });

  it('of a table asks for no slide, and waits for the end of a name', async () => {
    const labels = begin();
    labels.choose({ reference: { id: 'f' }, name: 'labels.csv' });
    await settle();
    expect([labels.isAnnotations.value, asked.length]).toEqual([false, 1]);
    vi.useFakeTimers();
    for (const name of ['E', 'EK']) {
      labels.reader.value = name;
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(1000);
    vi.useRealTimers();
    expect(asked.slice(1)).toEqual([{ project: 'p', file: { id: 'f' }, reader: 'EK' }]);
  });
});
