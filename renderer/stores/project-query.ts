/**
 * What a project's part looks like now, kept up to date: asked for when first shown, again when the core says that one of
 * `kinds` changed, after a new connection, and when something the question depends on changes. While it is asked again the
 * last answer stays, so nothing on the page jumps. One question runs at a time; a change meanwhile is asked once afterwards.
 */
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import type { CoreClient } from '#common/contract/client.ts';
import type { ProjectKind } from '#common/contract/events.ts';
import { toErrorReport, type ErrorReport } from '#common/errors.ts';
import { useCore } from './core.ts';
import { useProject } from './project.ts';

export interface ProjectQuery<T> {
  /** null before the first answer and while there is no project. */
  readonly data: ShallowRef<T | null>;
  readonly error: ShallowRef<ErrorReport | null>;
  readonly isLoading: Ref<boolean>;
  /** Nothing to show yet: the first answer is on its way. */
  readonly isFirst: ComputedRef<boolean>;
  refresh(): Promise<void>;
}

export interface QueryContext {
  readonly core: CoreClient;
  readonly project: string;
  readonly signal: AbortSignal;
}

/**
 * `ask` answers; `dependsOn` is watched, and when it answers null nothing is asked and `data` is null (e.g. no slide chosen).
 * Call it where effects may be made: in a setup store or a component's setup.
 */
export function projectQuery<T>(
  kinds: readonly ProjectKind[],
  ask: (context: QueryContext) => Promise<T>,
  dependsOn: () => unknown = () => true,
): ProjectQuery<T> {
  const core = useCore();
  const project = useProject();
  const data = shallowRef<T | null>(null) as ShallowRef<T | null>;
  const error = shallowRef<ErrorReport | null>(null);
  const isLoading = ref(false);
  /** An answer may be null itself: no tiles were cut yet. */
  const isAnswered = ref(false);
  let running: AbortController | null = null;
  let isAskedAgain = false;

  async function refresh(): Promise<void> {
    const id = project.id;
    if (id === null || core.client === null || dependsOn() === null) return;
    if (running !== null) {
      isAskedAgain = true;
      return;
    }
    const controller = new AbortController();
    running = controller;
    isLoading.value = true;
    try {
      const answer = await ask({ core: core.services(), project: id, signal: controller.signal });
      if (controller.signal.aborted) return;
      data.value = answer;
      isAnswered.value = true;
      error.value = null;
    } catch (thrown) {
      const report = toErrorReport(thrown);
      // A lost connection is shown by the frame, and everything is asked again afterwards.
      if (!controller.signal.aborted && report.code !== 'connection-lost' && report.code !== 'cancelled') {
        error.value = report;
      }
    } finally {
      if (running === controller) {
        running = null;
        isLoading.value = false;
        if (isAskedAgain) {
          isAskedAgain = false;
          void refresh();
        }
      }
    }
  }

  function askAnew(forget: boolean): void {
    running?.abort();
    running = null;
    isAskedAgain = false;
    isLoading.value = false;
    if (forget) {
      data.value = null;
      isAnswered.value = false;
      error.value = null;
    }
    void refresh();
  }

  watch(
    () => project.id,
    () => askAnew(true),
  );
  watch(
    () => core.generation,
    () => askAnew(false),
  );
  watch(
    () => JSON.stringify(dependsOn() ?? null),
    (now) => askAnew(now === 'null'),
  );
  watch(
    () => kinds.map((kind) => project.versions[kind]).join(),
    () => void refresh(),
  );
  void refresh();

  return { data, error, isLoading, isFirst: computed(() => !isAnswered.value && error.value === null), refresh };
}
