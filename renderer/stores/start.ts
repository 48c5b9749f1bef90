/** What the start screen offers: projects open in the core, recent ones, new ones, the demo. */
import { computed, shallowRef, watch } from 'vue';
import { defineStore } from 'pinia';
import { useI18n } from 'vue-i18n';
import type { JobState } from '#common/contract/jobs.ts';
import type { ProjectSummary } from '#common/contract/projects.ts';
import { TrefoilError } from '#common/errors.ts';
import { useCore } from './core.ts';
import { openFileBrowser } from './file-browser.ts';
import { useJobs } from './jobs.ts';
import { useNotices } from './notices.ts';
import { useProject } from './project.ts';

interface RecentProject {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly openedAt: string;
  readonly isThere: boolean;
}

export const useStart = defineStore('start', () => {
  const core = useCore();
  const project = useProject();
  const notices = useNotices();
  const jobs = useJobs();
  const { t } = useI18n();
  const recent = shallowRef<readonly RecentProject[]>([]);
  const openProjects = shallowRef<readonly ProjectSummary[]>([]);
  /** Where this page began the demo; a core started anew does not know its folder any more. */
  const demoPlace = shallowRef<{ readonly folder: string; readonly name: string } | null>(null);
  watch(
    () => core.generation,
    () => (demoPlace.value = null),
  );
  /** Recent projects that are not open already. */
  const closed = computed(() => {
    const open = new Set(openProjects.value.map(({ directory }) => directory));
    return recent.value.filter(({ location }) => !open.has(location));
  });

  async function load(): Promise<void> {
    if (core.client === null) return;
    await notices.attempt(async () => {
      const services = core.services();
      [recent.value, openProjects.value] = await Promise.all([
        services.app.recentProjects({}),
        services.projects.list({}),
      ]);
    });
  }

  async function create(): Promise<void> {
    const chosen = await openFileBrowser({
      mode: 'new',
      suggestedName: t('shell.start.create'),
      title: t('shell.start.create'),
    });
    const reference = chosen?.[0]?.reference;
    if (reference !== undefined) await notices.attempt(() => project.create(reference));
  }
  async function open(): Promise<void> {
    const chosen = await openFileBrowser({ mode: 'project', title: t('shell.start.open') });
    const reference = chosen?.[0]?.reference;
    if (reference !== undefined) await notices.attempt(() => project.open(reference));
  }
  async function openRecent(id: string): Promise<void> {
    await notices.attempt(() => project.open({ id }));
  }
  async function attach(id: string): Promise<void> {
    await notices.attempt(() => project.attach(id));
  }
  async function forget(id: string): Promise<void> {
    await notices.attempt(() => core.services().app.forgetProject({ id }));
    await load();
  }

  /** One click: into the first allowed folder, under a name that is free there. */
  async function runDemo(): Promise<void> {
    await notices.attempt(async () => {
      const { files } = core.services();
      const folder = (await files.roots({}))[0];
      if (folder === undefined) {
        throw new TrefoilError('not-allowed', t('shell.start.noFolder'), t('shell.start.noFolderHint'));
      }
      const { entries } = await files.list({ folder: folder.id, match: demoName });
      const name = freeName(demoName, new Set(entries.map((entry) => entry.name)));
      await startDemo({ folder: folder.id, name });
    });
  }
  async function startDemo(out: { readonly folder: string; readonly name: string }): Promise<void> {
    if ((await jobs.start('demo', 'run', { out })) !== undefined) demoPlace.value = out;
  }
  /** The one that was stopped, where it stopped. */
  async function resumeDemo(): Promise<void> {
    if (demoPlace.value !== null) await startDemo(demoPlace.value);
  }
  async function openDemo(job: JobState): Promise<void> {
    const made = (job.result as { readonly project?: unknown } | null)?.project;
    if (typeof made === 'string') await attach(made);
  }

  return {
    recent,
    closed,
    openProjects,
    canResumeDemo: computed(() => demoPlace.value !== null),
    connectionGeneration: computed(() => core.generation),
    load,
    create,
    open,
    openRecent,
    attach,
    forget,
    runDemo,
    resumeDemo,
    openDemo,
  };
});

/** Of the folder that holds the demo's project and its results. */
const demoName = 'Trefoil demo';

/** "Trefoil demo", "Trefoil demo 2", ... */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let number = 2; ; number += 1) if (!taken.has(`${name} ${number}`)) return `${name} ${number}`;
}
