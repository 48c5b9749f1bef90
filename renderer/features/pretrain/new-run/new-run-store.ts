/** The run being prepared: its settings, how long it would take, and starting it. */
import { computed, ref, shallowRef, watch } from 'vue';
import { defineStore } from 'pinia';
import type { PageServices } from '#common/contract/contract.ts';
import { recipeNames, type MethodName, type RecipeName } from '#common/domain/pretrain.ts';
import { useJobs } from '../../../stores/jobs.ts';
import { useProject } from '../../../stores/project.ts';
import { projectQuery } from '../../../stores/project-query.ts';
import { useTileSets } from '../../../stores/tile-sets.ts';
import { useRuns } from '../run/runs-store.ts';
import { inputOf, newDraft, problemsOf, rateKey, type RunDraft } from './run-draft.ts';

export type Estimate = Awaited<ReturnType<PageServices['runs']['estimate']>>;

export const useNewRun = defineStore('newRun', () => {
  const project = useProject();
  const tileSets = useTileSets();
  const jobs = useJobs();
  const runs = useRuns();
  const draft = shallowRef<RunDraft>(newDraft);
  const isAdvancedOpen = ref(false);

  const recipes = projectQuery([], ({ core, signal }) => core.runs.recipes({}, { signal }));
  const recipe = computed(() => recipes.data.value?.find(({ name }) => name === draft.value.recipe) ?? null);
  /** The one that would run: chosen, or the recipe's. */
  const method = computed<MethodName>(() => draft.value.method || (recipe.value?.settings.method ?? 'simtriplet'));
  const slidesWithTiles = computed(() => (tileSets.current?.slides ?? []).filter(({ kept }) => kept > 0));
  const problems = computed(() => problemsOf(draft.value, slidesWithTiles.value.length));
  const isValid = computed(() => Object.keys(problems.value).length === 0);

  function change(part: Partial<RunDraft>): void {
    draft.value = { ...draft.value, ...part };
  }
  /** Back to the recipe's own values; the recipe stays. */
  function reset(): void {
    draft.value = { ...newDraft, recipe: draft.value.recipe };
  }
  watch(
    () => project.id,
    () => void (draft.value = newDraft),
  );

  /** A card shows its recipe as it is; the chosen one with what was changed. */
  const draftOf = (name: RecipeName): RunDraft =>
    name === draft.value.recipe ? draft.value : { ...newDraft, recipe: name };
  const estimates = projectQuery(
    ['tiles', 'runs'],
    async ({ core, project, signal }) => {
      const answers = await Promise.all(
        recipeNames.map((name) =>
          core.runs.estimate({ ...questionOf(draftOf(name), project), measure: false }, { signal }),
        ),
      );
      return new Map(recipeNames.map((name, index) => [name, answers[index]] as const));
    },
    () =>
      tileSets.current === null || !isValid.value ? null : [tileSets.current.tileSet, questionOf(draft.value, '')],
  );

  /** Triplets a second as measured while this page is open, by what decides them. */
  const measuredRates = shallowRef<ReadonlyMap<string, number>>(new Map());
  const measuring = shallowRef<{ readonly job: string; readonly key: string; readonly recipe: RecipeName } | null>(
    null,
  );
  const measureJob = computed(() => jobs.runningOf('runs.estimate'));

  async function measure(name: RecipeName): Promise<void> {
    const of = draftOf(name);
    const job = await jobs.start('runs', 'estimate', { ...questionOf(of, project.required()), measure: true });
    if (job !== undefined) measuring.value = { job: job.job, key: rateKey(of), recipe: name };
  }
  jobs.onEnded((job) => {
    if (job.job !== measuring.value?.job) return;
    const { key } = measuring.value;
    measuring.value = null;
    const rate = rateIn(job.result);
    if (job.status === 'finished' && rate !== null) measuredRates.value = new Map(measuredRates.value).set(key, rate);
  });
  async function cancelMeasuring(): Promise<void> {
    if (measureJob.value !== null) await jobs.cancel(measureJob.value.job);
  }

  /** Measured now beats an earlier run; a run that rests between steps takes twice as long. */
  function estimateOf(name: RecipeName): Estimate | null {
    const answer = estimates.data.value?.get(name) ?? null;
    if (answer === null) return null;
    const of = draftOf(name);
    const rate = measuredRates.value.get(rateKey(of));
    const batch =
      of.batch === '' ? recipes.data.value?.find((each) => each.name === name)?.settings.batch : Number(of.batch);
    const withRate =
      rate === undefined || batch === undefined || answer.steps === 0
        ? answer
        : {
            ...answer,
            tripletsPerSecond: rate,
            seconds: (answer.steps * batch) / rate,
            source: 'measured-now' as const,
          };
    return of.gentle && withRate.seconds !== null ? { ...withRate, seconds: withRate.seconds * 2 } : withRate;
  }

  const estimate = computed(() => estimateOf(draft.value.recipe));
  const isTooFew = computed(() => estimate.value !== null && estimate.value.stepsPerEpoch === 0);
  const canStart = computed(
    () => tileSets.current !== null && isValid.value && !isTooFew.value && runs.job === null && !runs.isStarting,
  );

  async function start(): Promise<boolean> {
    if (!canStart.value) return false;
    return runs.start(inputOf(draft.value, project.required()));
  }

  return {
    draft,
    isAdvancedOpen,
    recipes,
    recipe,
    method,
    slidesWithTiles,
    problems,
    isValid,
    change,
    reset,
    estimates,
    estimateOf,
    estimate,
    isTooFew,
    measuring,
    measureJob,
    measure,
    cancelMeasuring,
    canStart,
    start,
  };
});

function questionOf(draft: RunDraft, project: string) {
  const { recipe, method, network, epochs, batch, excludeSlides } = inputOf(draft, project);
  return {
    project,
    recipe,
    ...(method === undefined ? {} : { method }),
    ...(network === undefined ? {} : { network }),
    ...(epochs === undefined ? {} : { epochs }),
    ...(batch === undefined ? {} : { batch }),
    excludeSlides,
  };
}

/** Results of jobs come as they are; only the one number is taken. */
function rateIn(result: unknown): number | null {
  if (typeof result !== 'object' || result === null || !('tripletsPerSecond' in result)) return null;
  return typeof result.tripletsPerSecond === 'number' ? result.tripletsPerSecond : null;
}
