/** What the training card and the empty state know: what is missing, whether it is stale, the settings, and the act itself. */
import { computed, ref, watch, type ComputedRef, type Ref } from 'vue';
import { useI18n } from 'vue-i18n';
import { useNavigation, type Place } from '../../stores/navigation.ts';
import { useProject } from '../../stores/project.ts';
import { useSlides } from '../../stores/slides.ts';
import { useTileSets } from '../../stores/tile-sets.ts';
import { useClassifierResults } from './classifier-results.ts';
import { emptyTrainingForm, formFromSummary, problemsOf, trainingInput, type TrainingForm } from './training-form.ts';

export interface Training {
  readonly form: Ref<TrainingForm>;
  /** The core's sentence; '' when nothing is missing. */
  readonly missing: ComputedRef<string>;
  /** Where the missing thing is made; null when that is not needed. */
  readonly helpPlace: ComputedRef<Place | null>;
  readonly isTraining: ComputedRef<boolean>;
  readonly isStale: ComputedRef<boolean>;
  readonly canTrain: ComputedRef<boolean>;
  /** Trained, but its maps were not made. */
  readonly lacksMaps: ComputedRef<boolean>;
  train(): void;
}

export interface MissingFacts {
  readonly reason: string;
  readonly slides: number;
  readonly hasTiles: boolean;
  readonly hasRun: boolean;
}

/** The place with the act that helps. The core says what is missing in words; the page knows what comes first. */
export function helpFor({ reason, slides, hasTiles, hasRun }: MissingFacts): Place | null {
  if (reason === '') return null;
  if (slides === 0) return 'slides';
  if (!hasTiles) return 'regions';
  if (!hasRun) return 'pretrain';
  return 'label';
}

export function useTraining(): Training {
  const { t } = useI18n();
  const results = useClassifierResults();
  const slides = useSlides();
  const tileSets = useTileSets();
  const project = useProject();
  const navigation = useNavigation();
  const form = ref(emptyTrainingForm());
  let startedFrom: string | null = null;

  // The form starts from the newest classifier once; what a person set stays when another one comes.
  watch(
    () => results.details.data,
    (details) => {
      const id = project.id;
      if (details === null || id === startedFrom || details.summary.classifier !== results.newest) return;
      startedFrom = id;
      form.value = formFromSummary(details.summary);
    },
    { immediate: true },
  );

  const state = computed(() => results.state.data);
  const hasClassifier = computed(() => typeof state.value?.classifier === 'string');
  // The core speaks of what the training itself lacks; without slides there is something before that.
  const missing = computed(() => {
    const reason = state.value?.reason ?? '';
    return reason !== '' && slides.all.length === 0 ? t('classifier.state.noSlides') : reason;
  });
  const isTraining = computed(() => results.training !== null);
  const canTrain = computed(
    () => state.value?.canTrain === true && !isTraining.value && problemsOf(form.value).size === 0,
  );
  const helpPlace = computed(() =>
    helpFor({
      reason: missing.value,
      slides: slides.all.length,
      hasTiles: tileSets.current !== null,
      hasRun: (results.runs.data ?? []).some((run) => run.state === 'finished'),
    }),
  );

  function train(): void {
    if (!canTrain.value) {
      if (helpPlace.value !== null) navigation.go(helpPlace.value);
      return;
    }
    void results.train(trainingInput(form.value), form.value.withMaps);
  }

  return {
    form,
    missing,
    helpPlace,
    isTraining,
    isStale: computed(() => hasClassifier.value && state.value?.isStale === true),
    canTrain,
    lacksMaps: computed(() => hasClassifier.value && state.value?.isApplied === false && results.mapping === null),
    train,
  };
}
