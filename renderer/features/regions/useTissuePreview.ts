/**
 * The tissue mask of the slide looked at with the settings as they are now, at the pace of a slider: one question at a time,
 * the newest next. The last mask stays until the next one is there. Call it in a setup.
 */
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue';
import type { z } from 'zod';
import type { tilesCalls } from '#common/contract/tiles.ts';
import type { Level0Rect, TileSettings } from '#common/domain/tile.ts';
import { toErrorReport, type ErrorReport } from '#common/errors.ts';
import { unpackPreview } from '#common/tissue-preview.ts';
import { useCore } from '../../stores/core.ts';
import { useProject } from '../../stores/project.ts';
import { latestOnly } from './latest-only.ts';

type Answer = z.output<typeof tilesCalls.preview.output>;

export interface TissueMask {
  readonly slide: string;
  readonly area: Level0Rect;
  readonly width: number;
  readonly height: number;
  /** Position in previewLayers, one a pixel. */
  readonly values: Uint8Array;
  readonly facts: Omit<Answer, 'mask'>;
}

interface Question {
  readonly project: string;
  readonly slide: string;
  readonly settings: TileSettings;
  readonly area: Level0Rect | null;
}

export interface TissuePreview {
  readonly mask: ShallowRef<TissueMask | null>;
  readonly error: ShallowRef<ErrorReport | null>;
  readonly isBusy: Ref<boolean>;
  /** From the question to the mask ready to be drawn. */
  readonly answerMs: Ref<number | null>;
}

/** `slide` null: nothing is asked (no slide, or its mpp is missing). `area` null: the whole slide. */
export function useTissuePreview(
  slide: () => string | null,
  settings: () => TileSettings,
  area: () => Level0Rect | null,
): TissuePreview {
  const core = useCore();
  const project = useProject();
  const mask = shallowRef<TissueMask | null>(null);
  const error = shallowRef<ErrorReport | null>(null);
  const isBusy = ref(false);
  const answerMs = ref<number | null>(null);

  const asking = latestOnly<Question, TissueMask>(
    async (question, signal) => {
      const startMs = performance.now();
      const { area: of, ...rest } = question;
      const input = of === null ? rest : { ...rest, area: of };
      const { mask: packed, ...facts } = await core.services().tiles.preview(input, { signal });
      const values = unpackPreview(bytesOf(packed), facts.width * facts.height);
      answerMs.value = performance.now() - startMs;
      return { slide: question.slide, area: facts.area, width: facts.width, height: facts.height, values, facts };
    },
    (answer) => {
      mask.value = answer;
      error.value = null;
    },
    (thrown) => {
      const report = toErrorReport(thrown);
      // A lost line is shown by the frame, and the next connection asks again.
      if (report.code !== 'connection-lost' && report.code !== 'cancelled') error.value = report;
    },
    (busy) => (isBusy.value = busy),
  );

  watch(
    () => [project.id, slide(), core.generation, project.versions.slides] as const,
    ([, now], before) => {
      asking.stop();
      if (before?.[1] !== now) {
        mask.value = null;
        error.value = null;
      }
      ask();
    },
    { immediate: true },
  );
  watch(() => JSON.stringify([settings(), area()]), ask);
  onScopeDispose(() => asking.stop());

  function ask(): void {
    const of = slide();
    if (of === null || project.id === null || core.client === null) return;
    asking.ask({ project: project.id, slide: of, settings: settings(), area: area() });
  }

  return { mask, error, isBusy, answerMs };
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
