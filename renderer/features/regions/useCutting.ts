/** What cutting now would mean beside the tiles on disk, and the cutting itself: a job of the core that outlives the page. */
import { computed, onScopeDispose, ref, type Ref } from 'vue';
import { useI18n } from 'vue-i18n';
import type { RefusedSlide } from '#common/contract/tiles.ts';
import { TrefoilError } from '#common/errors.ts';
import { formatBytes, formatCount, formatDuration } from '../../ui/formats.ts';
import { offerCommands } from '../../stores/commands.ts';
import { useJobs } from '../../stores/jobs.ts';
import { useNotices } from '../../stores/notices.ts';
import { useProject } from '../../stores/project.ts';
import { useSettings } from '../../stores/settings.ts';
import { useTileSets } from '../../stores/tile-sets.ts';
import { planDifference } from './plan-difference.ts';
import { useTileSettings } from './tile-settings.ts';
import type { TilesShown } from './useShownTiles.ts';
import type { TilePlans } from './useTilePlan.ts';

/** Of the core's answer, what is said at the end. */
interface CutAnswer {
  readonly kept: number;
  readonly refused: readonly RefusedSlide[];
}

export type Cutting = ReturnType<typeof useCutting>;

export function useCutting(plans: TilePlans, shown: Ref<TilesShown>) {
  const { t } = useI18n();
  const project = useProject();
  const settings = useSettings();
  const tileSettings = useTileSettings();
  const tileSets = useTileSets();
  const jobs = useJobs();
  const notices = useNotices();
  /** What it means is said before tiles that are there are replaced. */
  const isAsked = ref(false);

  const cut = computed(() => tileSets.current);
  const plan = computed(() => plans.ofAll.value);
  const isPlanCurrent = computed(() => plans.isCurrent.value);
  const isCutShown = computed(() => shown.value === 'cut' && cut.value !== null);
  const number = (value: number): string => formatCount(value, settings.language);
  const tilesText = (count: number): string => t('common.tiles', { count: number(count) }, count);

  const counts = computed(() => (isCutShown.value ? (cut.value?.slides ?? []) : (plan.value?.slides ?? [])));
  const total = computed(() => (isCutShown.value ? (cut.value?.kept ?? null) : (plan.value?.kept ?? null)));
  const refused = computed(() => plan.value?.refused ?? []);
  /** The shown numbers belong to earlier settings or regions. */
  const isOld = computed(() => !isCutShown.value && !isPlanCurrent.value);

  const planEstimate = computed(() => {
    if (plan.value === null || plan.value.kept === 0) return '';
    const bytes = formatBytes(plan.value.bytes, settings.language);
    if (plan.value.seconds === null) return t('regions.plan.estimateBytes', { bytes });
    const time = formatDuration(Math.max(2, Math.ceil(plan.value.seconds)));
    return t('regions.plan.estimate', { bytes, time });
  });
  const estimate = computed(() =>
    isCutShown.value
      ? t('regions.plan.estimateBytes', { bytes: formatBytes(cut.value?.bytes ?? 0, settings.language) })
      : planEstimate.value,
  );
  const difference = computed(() =>
    planDifference(cut.value, tileSettings.current, isPlanCurrent.value ? plan.value : null),
  );
  const differenceText = computed(() => {
    if (cut.value === null || difference.value === 'none') return '';
    const tiles = tilesText(cut.value.kept);
    if (difference.value === 'tissue-or-regions') return t('regions.plan.differsRegions', { tiles });
    return t('regions.plan.differs', { size: cut.value.sizePx, mpp: cut.value.mpp, tiles });
  });

  const job = computed(() => jobs.runningOf('tiles.extract'));
  const isDone = computed(() => cut.value !== null && difference.value === 'none' && isPlanCurrent.value);
  const canCut = computed(() => {
    if (job.value !== null || !isPlanCurrent.value) return false;
    return (plan.value?.kept ?? 0) > 0 && !isDone.value;
  });

  function ask(): void {
    if (!canCut.value) return;
    if (cut.value === null) void start();
    else isAsked.value = true;
  }
  async function start(): Promise<void> {
    isAsked.value = false;
    await jobs.start('tiles', 'extract', { project: project.required(), settings: tileSettings.current });
  }
  onScopeDispose(
    jobs.onEnded((ended) => {
      if (ended.service !== 'tiles' || ended.call !== 'extract' || ended.project !== project.id) return;
      if (ended.status === 'finished') {
        shown.value = 'cut';
        const { kept, refused: left = [] } = (ended.result ?? {}) as Partial<CutAnswer>;
        if (kept !== undefined) notices.done(t('regions.plan.done', { tiles: tilesText(kept) }));
        if (left.length > 0)
          notices.refused(t('regions.plan.leftOut', { count: number(left.length) }, left.length), left);
      } else if (ended.status === 'cancelled') notices.done(t('regions.plan.cancelled'));
      else if (ended.error !== null) notices.failed(TrefoilError.fromReport(ended.error));
    }),
  );
  offerCommands([
    {
      id: 'regions.cut',
      title: () => t('regions.plan.cutKey'),
      group: () => t('regions.title'),
      keys: ['Ctrl+Enter'],
      isEnabled: () => canCut.value,
      run: ask,
    },
  ]);

  return {
    isAsked,
    cut,
    plan,
    isPlanCurrent,
    isCutShown,
    isOld,
    counts,
    total,
    refused,
    estimate,
    planEstimate,
    differenceText,
    job,
    isDone,
    canCut,
    number,
    ask,
    start,
    cancel: (): void => {
      if (job.value !== null) void jobs.cancel(job.value.job);
    },
  };
}
