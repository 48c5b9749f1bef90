/**
 * The classifiers of the project and what is known about the one looked at: state, figures, judged tiles, checks. Training and
 * the two checks run as jobs of the core, so they go on when the page is closed.
 */
import { computed, ref, shallowRef, watch } from 'vue';
import { defineStore } from 'pinia';
import type { z } from 'zod';
import { classifierCalls, type LeakComparison } from '#common/contract/classifier.ts';
import type { CoreClient } from '#common/contract/client.ts';
import type { JobState } from '#common/contract/jobs.ts';
import { useCore } from '../../stores/core.ts';
import { useJobs } from '../../stores/jobs.ts';
import { useNotices } from '../../stores/notices.ts';
import { useProject } from '../../stores/project.ts';
import { projectQuery } from '../../stores/project-query.ts';
import { isSameSelection, questionOf, type JudgedSelection } from './judged-selection.ts';
import type { TrainingInput } from './training-form.ts';

export type ClassifierDetails = z.output<typeof classifierCalls.details.output>;
export type JudgedTiles = z.output<typeof classifierCalls.tiles.output>;
export type JudgedTile = JudgedTiles['tiles'][number];

export const judgedPage = 120;

export const useClassifierResults = defineStore('classifierResults', () => {
  const core = useCore();
  const project = useProject();
  const notices = useNotices();
  const jobs = useJobs();

  const state = projectQuery(
    ['classifiers', 'labels', 'classes', 'tiles', 'runs', 'maps', 'slides'],
    ({ core: client, project: id, signal }) => client.classifier.state({ project: id }, { signal }),
  );
  const list = projectQuery(['classifiers', 'maps'], ({ core: client, project: id, signal }) =>
    client.classifier.list({ project: id }, { signal }),
  );
  const runs = projectQuery(['runs', 'tiles'], ({ core: client, project: id, signal }) =>
    client.runs.states({ project: id }, { signal }),
  );

  /** null: the newest, also when a newer one comes. */
  const chosen = ref<string | null>(null);
  const newest = computed(() => list.data.value?.[0]?.classifier ?? null);
  const shown = computed(() => {
    const isThere = list.data.value?.some(({ classifier }) => classifier === chosen.value) === true;
    return isThere ? chosen.value : newest.value;
  });
  const details = projectQuery(
    ['classifiers', 'slides'],
    ({ core: client, project: id, signal }) =>
      client.classifier.details({ project: id, classifier: shown.value ?? undefined }, { signal }),
    () => shown.value,
  );

  const selection = shallowRef<JudgedSelection | null>(null);
  const onlyWrong = ref(true);
  const shownCount = ref(judgedPage);
  const tiles = projectQuery(
    ['classifiers'],
    ({ core: client, project: id, signal }) => askForTiles(client, id, signal),
    () => {
      if (shown.value === null || selection.value === null) return null;
      return [shown.value, selection.value, onlyWrong.value, shownCount.value];
    },
  );
  async function askForTiles(
    client: CoreClient,
    id: string,
    signal: AbortSignal,
  ): Promise<JudgedTiles & { readonly selection: JudgedSelection | null }> {
    const of = selection.value;
    const about = { project: id, classifier: shown.value ?? undefined, limit: shownCount.value };
    const question = of === null ? null : questionOf(of, onlyWrong.value);
    const answer =
      question === null
        ? await client.classifier.suspects(about, { signal })
        : await client.classifier.tiles({ ...about, ...question }, { signal });
    return { ...answer, selection: of };
  }
  /** The tiles of another selection are never shown under this one's heading. */
  const judged = computed(() => {
    const answer = tiles.data.value;
    return answer !== null && isSameSelection(answer.selection, selection.value) ? answer : null;
  });
  const suspectCount = projectQuery(
    ['classifiers'],
    async ({ core: client, project: id, signal }) => {
      const answer = await client.classifier.suspects(
        { project: id, classifier: shown.value ?? undefined, limit: 1 },
        { signal },
      );
      return { total: answer.total, sentence: answer.sentence };
    },
    () => shown.value,
  );

  /** Tiles whose label a person looked at again and kept; the project knows them, so they are there tomorrow too. */
  const keptQuery = projectQuery(
    ['labels'],
    ({ core: client, project: id, signal }) =>
      client.labels.kept({ project: id, tileSet: judged.value?.tileSet ?? '' }, { signal }),
    () => judged.value?.tileSet ?? null,
  );
  const kept = computed<ReadonlySet<number>>(() => new Set(keptQuery.data.value?.tiles ?? []));
  watch(kept, (now, before) => {
    if ([...now].join() !== [...before].join()) void suspectCount.refresh();
  });
  /** Says that a label is right, or takes that back. */
  async function keep(tile: number, isKept: boolean): Promise<void> {
    const tileSet = judged.value?.tileSet;
    if (tileSet === undefined) return;
    await notices.attempt(() =>
      core.services().labels.keep({ project: project.required(), tileSet, tiles: [tile], isKept }),
    );
  }

  function select(next: JudgedSelection | null): void {
    if (isSameSelection(selection.value, next)) return;
    shownCount.value = judgedPage;
    selection.value = next;
  }
  function showMore(): void {
    shownCount.value = Math.min(1000, shownCount.value + judgedPage * 2);
  }
  watch(
    () => project.id,
    () => {
      chosen.value = null;
      selection.value = null;
    },
  );

  const training = computed(() => jobs.runningOf('classifier.finetune') ?? jobs.runningOf('classifier.refresh'));
  const mapping = computed(() => jobs.runningOf('classifier.classify'));
  const mapsAfter = new Set<string>();
  jobs.onEnded((job) => {
    if (!mapsAfter.delete(job.job) || job.status !== 'finished') return;
    const trained = classifierCalls.finetune.output.safeParse(job.result);
    if (trained.success) void makeMaps(trained.data.classifier);
  });

  /** Trains with every baseline. The maps follow when asked for; a page closed meanwhile leaves them to "Make the maps". */
  async function train(input: TrainingInput, withMaps: boolean): Promise<void> {
    chosen.value = null;
    const job = await jobs.start('classifier', 'finetune', { ...input, project: project.required(), baselines: 'all' });
    if (job !== undefined && withMaps) mapsAfter.add(job.job);
  }
  async function makeMaps(classifier: string): Promise<void> {
    await jobs.start('classifier', 'classify', { project: project.required(), classifier });
  }

  /** The job that compares with a leaking split, by classifier. */
  const leakJobs = ref<Readonly<Record<string, string>>>({});
  const leakJob = computed<JobState | null>(() => {
    const id = shown.value === null ? undefined : leakJobs.value[shown.value];
    return jobs.all.find(({ job }) => job === id) ?? null;
  });
  /** Of an earlier day too: the project keeps it. */
  const leak = computed<LeakComparison | null>(() => {
    const { value } = details.data;
    return value?.summary.classifier === shown.value ? (value?.leak ?? null) : null;
  });
  async function compareWithLeak(): Promise<void> {
    const classifier = shown.value;
    if (classifier === null) return;
    const job = await jobs.start('classifier', 'leak', { project: project.required(), classifier });
    if (job !== undefined) leakJobs.value = { ...leakJobs.value, [classifier]: job.job };
  }

  const efficiencyJob = computed(() => jobs.newest('classifier.efficiency'));
  /** The core runs one of the two at a time. */
  const isChecking = computed(() => efficiencyJob.value?.status === 'running' || leakJob.value?.status === 'running');
  async function measureEfficiency(): Promise<void> {
    if (shown.value === null) return;
    await jobs.start('classifier', 'efficiency', { project: project.required(), classifier: shown.value });
  }

  return {
    state,
    list,
    runs,
    chosen,
    shown,
    newest,
    details,
    selection,
    onlyWrong,
    tiles,
    judged,
    suspectCount,
    kept,
    keep,
    training,
    mapping,
    leak,
    leakJob,
    efficiencyJob,
    isChecking,
    select,
    showMore,
    train,
    makeMaps,
    compareWithLeak,
    measureEfficiency,
  };
});
