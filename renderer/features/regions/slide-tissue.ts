/**
 * How tissue is found on the slide looked at: as on all slides, or its own way when a person said so. A slider moves a draft at
 * once; the core is told when the hand rests, so that one movement is one step of undo.
 */
import { computed, shallowRef, watch } from 'vue';
import { defineStore } from 'pinia';
import { defaultTissueSettings, type TileSettings, type TissueSettings } from '#common/domain/tile.ts';
import { useCore } from '../../stores/core.ts';
import { useNotices } from '../../stores/notices.ts';
import { useProject } from '../../stores/project.ts';
import { useSlides } from '../../stores/slides.ts';
import { useTileSettings } from './tile-settings.ts';

const restMs = 400;

export const useSlideTissue = defineStore('slideTissue', () => {
  const core = useCore();
  const project = useProject();
  const slides = useSlides();
  const notices = useNotices();
  const tileSettings = useTileSettings();
  /** What the core has not been told yet, or has not confirmed. */
  const draft = shallowRef<{ readonly slide: string; readonly tissue: TissueSettings | null } | null>(null);
  let timer: ReturnType<typeof setTimeout> | null = null;

  const own = computed((): TissueSettings | null => {
    const slide = slides.current;
    if (slide === null) return null;
    return draft.value?.slide === slide.slide ? draft.value.tissue : (slide.tissue ?? null);
  });
  const isOwn = computed(() => own.value !== null);
  const tissue = computed(() => own.value ?? tileSettings.current.tissue);
  /** For the preview of this slide; plans of all slides take each slide's own from the core. */
  const settings = computed((): TileSettings => ({ ...tileSettings.current, tissue: tissue.value }));

  // Another answer of the core, or another slide: what it says counts again.
  watch(
    () => slides.current?.tissue,
    () => {
      if (timer === null) draft.value = null;
    },
  );

  function change(part: Partial<TissueSettings>): void {
    if (own.value === null) tileSettings.changeTissue(part);
    else keep({ ...own.value, ...part }, restMs);
  }
  function reset(): void {
    change(defaultTissueSettings);
  }
  function setOwn(isOn: boolean): void {
    keep(isOn ? tileSettings.current.tissue : null, 0);
  }

  function keep(next: TissueSettings | null, waitMs: number): void {
    const slide = slides.current?.slide;
    if (slide === undefined) return;
    // A draft of another slide is told now: only one is kept.
    if (draft.value !== null && draft.value.slide !== slide) void tell();
    draft.value = { slide, tissue: next };
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => void tell(), waitMs);
  }
  async function tell(): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const told = draft.value;
    if (told === null) return;
    const answer = await notices.attempt(() =>
      core.services().slides.setTissue({ project: project.required(), slide: told.slide, tissue: told.tissue }),
    );
    // Refused: the slider goes back to what holds.
    if (answer === undefined && draft.value === told) draft.value = null;
  }

  return { tissue, settings, isOwn, change, reset, setOwn };
});
