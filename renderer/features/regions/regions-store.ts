/**
 * Regions of the slide looked at. What a person does is shown at once and saved in order, one call after the other, so that
 * the project's history reads as it happened; a refusal takes the change back and says why.
 */
import { computed, ref, shallowReactive, shallowRef, watch } from 'vue';
import { defineStore } from 'pinia';
import { until } from '@vueuse/core';
import type { FileReference } from '#common/contract/file-reference.ts';
import { toErrorReport } from '#common/errors.ts';
import { useCore } from '../../stores/core.ts';
import { useNotices } from '../../stores/notices.ts';
import { useProject } from '../../stores/project.ts';
import { projectQuery } from '../../stores/project-query.ts';
import { useSlides } from '../../stores/slides.ts';
import type { Outline } from './clipping.ts';
import {
  renamedIn,
  shownRegions,
  stillPending,
  type PendingChange,
  type RegionChange,
  type RegionKind,
} from './region-changes.ts';

export const useRegions = defineStore('regions', () => {
  const core = useCore();
  const project = useProject();
  const slides = useSlides();
  const notices = useNotices();
  const slide = computed(() => slides.current?.slide ?? null);
  /** Counts what happens, so that an answer knows which changes it has seen. */
  let clock = 0;
  let nextName = 1;
  const pending = shallowRef<readonly PendingChange[]>([]);
  const waiting = ref(0);
  let queue: Promise<unknown> = Promise.resolve();
  let nextKey = 1;
  /** Names the page gave, with the core's in their place. */
  const names = shallowReactive(new Map<string, string>());

  const query = projectQuery(
    ['regions', 'slides'],
    async ({ core: services, project: id, signal }) => {
      const askedAt = ++clock;
      const of = slide.value ?? '';
      return { askedAt, of, regions: await services.regions.outlines({ project: id, slide: of }, { signal }) };
    },
    () => slide.value,
  );
  watch(query.data, (answer) => {
    if (answer !== null) pending.value = stillPending(pending.value, answer.askedAt);
  });

  const all = computed(() => {
    const answer = query.data.value;
    const of = slide.value;
    if (of === null) return [];
    return shownRegions(answer?.of === of ? answer.regions : [], pending.value, of);
  });

  /** Shown at once; saved after what was done before. False when it was refused. */
  function apply(change: RegionChange): Promise<boolean> {
    const key = nextKey++;
    pending.value = [...pending.value, { key, change, savedAt: null }];
    waiting.value += 1;
    const outcome = queue.then(async () => {
      // Meanwhile the region may have got the core's name.
      const now = pending.value.find((each) => each.key === key)?.change ?? change;
      const region = await notices.attempt(() => sendSurely(now));
      waiting.value -= 1;
      if (region === undefined) {
        pending.value = pending.value.filter((each) => each.key !== key);
        return false;
      }
      const savedAt = ++clock;
      pending.value = pending.value.map((each) => (each.key === key ? { ...each, savedAt } : each));
      if (change.act === 'create') {
        names.set(change.region, region);
        pending.value = renamedIn(pending.value, change.region, region);
      }
      // The core's word comes as an event too; asking here covers a change that was none.
      void query.refresh();
      return true;
    });
    queue = outcome;
    return outcome;
  }

  /** Waits while there is no connection: what was drawn meanwhile stays on the slide and is saved afterwards. */
  async function sendSurely(change: RegionChange): Promise<string> {
    for (let isFirst = true; ; isFirst = false) {
      await until(() => core.client !== null && project.id !== null).toBe(true);
      try {
        return (isFirst ? null : await savedBefore(change)) ?? (await send(change));
      } catch (error) {
        if (toErrorReport(error).code !== 'connection-lost') throw error;
      }
    }
  }
  /** The id of a new region that was saved although the answer was lost on its way; null when it was not. */
  async function savedBefore(change: RegionChange): Promise<string | null> {
    if (change.act !== 'create') return null;
    const known = await core.services().regions.outlines({ project: project.required(), slide: change.slide });
    const wanted = JSON.stringify(written(change.outline));
    return known.find(({ polygons }) => JSON.stringify(polygons) === wanted)?.region ?? null;
  }

  /** The region's id, "" for a removal. */
  async function send(change: RegionChange): Promise<string> {
    const { regions } = core.services();
    const id = project.required();
    if (change.act === 'remove') {
      await regions.remove({ project: id, regions: [...change.regions] });
      return '';
    }
    if (change.act === 'create') {
      const { slide: of, kind, outline } = change;
      return (await regions.create({ project: id, slide: of, kind, polygons: written(outline) })).region;
    }
    const { region, kind, name, outline } = change;
    const answer = await regions.update({
      project: id,
      region,
      ...(kind === undefined ? {} : { kind }),
      ...(name === undefined ? {} : { name }),
      ...(outline === undefined ? {} : { polygons: written(outline) }),
    });
    return answer.region;
  }

  /** The id it has until the core has given its own (`idNow`). */
  function create(kind: RegionKind, outline: Outline): string {
    const region = `new ${nextName++}`;
    if (slide.value !== null) void apply({ act: 'create', region, slide: slide.value, kind, outline });
    return region;
  }
  function update(region: string, change: { kind?: RegionKind; name?: string; outline?: Outline }): Promise<boolean> {
    return apply({ act: 'update', region: idNow(region), ...change });
  }
  function remove(regions: readonly string[]): Promise<boolean> {
    return apply({ act: 'remove', regions: regions.map(idNow) });
  }
  function idNow(region: string): string {
    return names.get(region) ?? region;
  }

  /** How many were read and left out; undefined when it was refused. */
  function importFile(file: FileReference): Promise<{ imported: number; skipped: number } | undefined> {
    return notices.attempt(async () => {
      const of = slide.value;
      const answer = await core
        .services()
        .regions.import({ project: project.required(), file, ...(of === null ? {} : { slide: of }) });
      return { imported: answer.imported.length, skipped: answer.skipped };
    });
  }

  return { query, slide, all, waiting, create, update, remove, idNow, importFile };
});

function written(outline: Outline): [number, number][][][] {
  return outline.map((polygon) => polygon.map((ring) => ring.map(([x, y]): [number, number] => [x, y])));
}
