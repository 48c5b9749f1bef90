/**
 * What cutting tiles with the settings as they are now would give: first of the slide looked at, which is quick and drawn on
 * it, then of all slides, which may take long and can be stopped. Both follow settings and regions. Call it in a setup.
 */
import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import type { z } from 'zod';
import type { tilesCalls } from '#common/contract/tiles.ts';
import type { TileSettings } from '#common/domain/tile.ts';
import { toErrorReport, type ErrorReport } from '#common/errors.ts';
import type { StageProgress } from '#common/stage.ts';
import { decodeTileColumns, type SlideTileColumns } from '#common/tile-bytes.ts';
import { useCore } from '../../stores/core.ts';
import { useProject } from '../../stores/project.ts';

export type PlanAnswer = z.output<typeof tilesCalls.plan.output>;

export interface SlidePlan {
  readonly slide: string;
  readonly settings: TileSettings;
  readonly columns: SlideTileColumns;
  readonly answer: PlanAnswer;
}

export interface TilePlans {
  /** Of the slide looked at; stays while the next one is made. */
  readonly ofSlide: ShallowRef<SlidePlan | null>;
  readonly slideError: ShallowRef<ErrorReport | null>;
  readonly isSlideBusy: Ref<boolean>;
  /** Of all slides. */
  readonly ofAll: ShallowRef<PlanAnswer | null>;
  readonly allError: ShallowRef<ErrorReport | null>;
  readonly isAllBusy: Ref<boolean>;
  /** `ofAll` belongs to the settings and regions as they are now. */
  readonly isCurrent: ComputedRef<boolean>;
  readonly progress: ShallowRef<StageProgress | null>;
  /** A person stopped the plan of all slides. */
  readonly isStopped: Ref<boolean>;
  stop(): void;
  planAll(): void;
}

/** Regions are often changed in a row; planning after each would keep the core busy for nothing. */
const slidePauseMs = 120;
const allPauseMs = 700;

/** `slide` null: nothing is planned for it. `isReady`: the project has slides that can be planned. */
export function useTilePlan(
  slide: () => string | null,
  settings: () => TileSettings,
  isReady: () => boolean,
): TilePlans {
  const core = useCore();
  const project = useProject();
  const ofSlide = shallowRef<SlidePlan | null>(null);
  const slideError = shallowRef<ErrorReport | null>(null);
  const isSlideBusy = ref(false);
  const ofAll = shallowRef<PlanAnswer | null>(null);
  const allError = shallowRef<ErrorReport | null>(null);
  const isAllBusy = ref(false);
  const plannedFor = ref('');
  const isStopped = ref(false);
  const progress = shallowRef<StageProgress | null>(null);
  let slideCall: AbortController | null = null;
  let allCall: AbortController | null = null;
  let slideTimer: ReturnType<typeof setTimeout> | undefined;
  let allTimer: ReturnType<typeof setTimeout> | undefined;

  const subject = computed(() =>
    JSON.stringify([project.id, settings(), project.versions.regions, project.versions.slides, core.generation]),
  );

  async function planSlide(): Promise<void> {
    slideCall?.abort();
    const [id, of] = [project.id, slide()];
    if (id === null || of === null || core.client === null) return;
    const controller = new AbortController();
    slideCall = controller;
    isSlideBusy.value = true;
    try {
      const asked = settings();
      const { signal } = controller;
      const answer = await core.services().tiles.plan({ project: id, settings: asked, slides: [of] }, { signal });
      const [refused] = answer.refused;
      if (refused !== undefined) {
        if (controller.signal.aborted) return;
        ofSlide.value = null;
        slideError.value = refused.error;
        return;
      }
      const response = await fetch(`/tiles/${id}/plans/${answer.plan}/${of}.bin`, { signal });
      // Forgotten already: the next change, or the one that pushed it out, asks again.
      if (!response.ok) return;
      const columns = decodeTileColumns(await response.arrayBuffer());
      if (controller.signal.aborted) return;
      ofSlide.value = { slide: of, settings: asked, columns, answer };
      slideError.value = null;
    } catch (thrown) {
      if (!controller.signal.aborted) slideError.value = worthSaying(thrown);
    } finally {
      if (slideCall === controller) isSlideBusy.value = false;
    }
  }

  async function runAll(): Promise<void> {
    allCall?.abort();
    const id = project.id;
    if (id === null || core.client === null || !isReady()) return;
    const controller = new AbortController();
    allCall = controller;
    isAllBusy.value = true;
    isStopped.value = false;
    progress.value = null;
    const about = subject.value;
    try {
      const answer = await core.services().tiles.plan(
        { project: id, settings: settings() },
        {
          signal: controller.signal,
          onProgress: (now) => {
            if (allCall === controller) progress.value = now;
          },
        },
      );
      if (controller.signal.aborted) return;
      ofAll.value = answer;
      allError.value = null;
      plannedFor.value = about;
    } catch (thrown) {
      if (!controller.signal.aborted) allError.value = worthSaying(thrown);
    } finally {
      if (allCall === controller) {
        isAllBusy.value = false;
        progress.value = null;
      }
    }
  }

  function stop(): void {
    clearTimeout(allTimer);
    allCall?.abort();
    isAllBusy.value = false;
    isStopped.value = true;
  }
  function soon(): void {
    clearTimeout(slideTimer);
    clearTimeout(allTimer);
    allCall?.abort();
    slideTimer = setTimeout(() => void planSlide(), slidePauseMs);
    allTimer = setTimeout(() => void runAll(), allPauseMs);
  }

  watch([subject, isReady], soon, { immediate: true });
  watch(slide, () => {
    ofSlide.value = null;
    slideError.value = null;
    void planSlide();
  });
  onScopeDispose(() => {
    clearTimeout(slideTimer);
    stop();
    slideCall?.abort();
  });

  return {
    ofSlide,
    slideError,
    isSlideBusy,
    ofAll,
    allError,
    isAllBusy,
    isCurrent: computed(() => plannedFor.value === subject.value && ofAll.value !== null),
    progress,
    isStopped,
    stop,
    planAll: () => void runAll(),
  };
}

/** A lost line is shown by the frame. */
function worthSaying(thrown: unknown): ErrorReport | null {
  const report = toErrorReport(thrown);
  return report.code === 'connection-lost' || report.code === 'cancelled' ? null : report;
}
