/** Long work in the core, of this page and of others: started here, but it belongs to the core and outlives the page. */
import { computed, shallowRef, watch } from 'vue';
import { defineStore } from 'pinia';
import type { InputOf } from '#common/contract/client.ts';
import type { PageServices, ServiceName } from '#common/contract/contract.ts';
import type { JobState } from '#common/contract/jobs.ts';
import { useCore } from './core.ts';
import { useNotices } from './notices.ts';
import { useProject } from './project.ts';

export const useJobs = defineStore('jobs', () => {
  const core = useCore();
  const project = useProject();
  const notices = useNotices();
  const byId = shallowRef<ReadonlyMap<string, JobState>>(new Map());
  const ended = new Set<(job: JobState) => void>();

  core.onEvent((event) => {
    if (event.type !== 'job-changed') return;
    const before = byId.value.get(event.job.job);
    byId.value = new Map(byId.value).set(event.job.job, event.job);
    if (event.job.status !== 'running' && before?.status !== event.job.status) {
      for (const listener of ended) listener(event.job);
    }
  });
  watch(
    () => core.generation,
    () => void load(),
  );

  async function load(): Promise<void> {
    if (core.client === null) return;
    const list = await notices.attempt(() => core.services().jobs.list({}));
    if (list !== undefined) byId.value = new Map(list.map((job) => [job.job, job]));
  }
  void load();

  /** Newest first: of the open project, and those that make their own. */
  const all = computed(() =>
    [...byId.value.values()]
      .filter((job) => job.project === null || job.project === project.id)
      .sort((a, b) => b.startedAt.localeCompare(a.startedAt)),
  );
  const running = computed(() => all.value.filter(({ status }) => status === 'running'));

  /** As `client.startJob`; a refusal is shown and answered with undefined. */
  function start<Service extends ServiceName, Call extends keyof PageServices[Service] & string>(
    service: Service,
    call: Call,
    input: InputOf<PageServices[Service][Call]>,
  ): Promise<JobState | undefined> {
    return notices.attempt(async () => {
      const job = await core.services().startJob(service, call, input);
      byId.value = new Map(byId.value).set(job.job, byId.value.get(job.job) ?? job);
      return job;
    });
  }

  async function cancel(job: string): Promise<void> {
    await notices.attempt(() => core.services().jobs.cancel({ job }));
  }
  async function dismiss(job: string): Promise<void> {
    await notices.attempt(() => core.services().jobs.dismiss({ job }));
    const rest = new Map(byId.value);
    rest.delete(job);
    byId.value = rest;
  }

  /** The newest job of a call, e.g. 'runs.pretrain'. */
  function newest(serviceAndCall: string): JobState | null {
    return all.value.find((job) => `${job.service}.${job.call}` === serviceAndCall) ?? null;
  }
  function runningOf(serviceAndCall: string): JobState | null {
    return running.value.find((job) => `${job.service}.${job.call}` === serviceAndCall) ?? null;
  }
  /** Told once of every job that ends while the page is open. Returns the function that ends the subscription. */
  function onEnded(listener: (job: JobState) => void): () => void {
    ended.add(listener);
    return () => ended.delete(listener);
  }

  return { all, running, start, cancel, dismiss, newest, runningOf, onEnded, load };
});
