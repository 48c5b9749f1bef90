/** The open project: its summary, what of it changed, undo and redo. A page shows one project; two pages may show the same. */
import { computed, reactive, shallowRef } from 'vue';
import { defineStore } from 'pinia';
import { projectKinds, type ProjectKind } from '#common/contract/events.ts';
import type { FileReference } from '#common/contract/file-reference.ts';
import type { ProjectSummary } from '#common/contract/projects.ts';
import { toErrorReport } from '#common/errors.ts';
import { useCore } from './core.ts';

/** The end of the line follows the closing of projects at once. */
const stoppingMs = 500;

export const useProject = defineStore('project', () => {
  const core = useCore();
  const summary = shallowRef<ProjectSummary | null>(null);
  const id = computed(() => summary.value?.project ?? null);
  /** Counts up when the core says that this part changed. */
  const versions = reactive(Object.fromEntries(projectKinds.map((kind) => [kind, 0])) as Record<ProjectKind, number>);

  core.onEvent((event) => {
    if (event.type === 'project-changed' && event.project === id.value) {
      for (const kind of event.kinds) versions[kind] += 1;
      void refreshSummary();
    }
    if (event.type === 'project-closed' && event.project === id.value) leaveUnlessStopping(event.project);
  });

  /** A core that stops closes its projects first; then the line ends, and the project is wanted again when there is a new core. */
  function leaveUnlessStopping(project: string): void {
    setTimeout(() => {
      if (core.isOpen && id.value === project) summary.value = null;
    }, stoppingMs);
  }

  async function refreshSummary(): Promise<void> {
    try {
      const open = await core.services().projects.list({});
      const now = open.find(({ project }) => project === id.value);
      if (now !== undefined) summary.value = now;
    } catch (error) {
      // The frame shows a lost connection, and the next one attaches the project anew.
      if (toErrorReport(error).code !== 'connection-lost') throw error;
    }
  }

  async function open(directory: FileReference): Promise<void> {
    summary.value = await core.services().projects.open({ directory });
  }
  async function create(directory: FileReference): Promise<void> {
    summary.value = await core.services().projects.create({ directory });
  }
  /** A project that is open in the core already; false when it is not. */
  async function attach(project: string): Promise<boolean> {
    const found = (await core.services().projects.list({})).find((each) => each.project === project);
    if (found !== undefined) summary.value = found;
    return found !== undefined;
  }
  /** After the core was started anew: the project that was shown is opened again. False when it cannot be. */
  async function reopen(): Promise<boolean> {
    const shown = summary.value;
    if (shown === null) return false;
    if (await attach(shown.project)) return true;
    const recent = await core.services().app.recentProjects({});
    const known = recent.find(({ location, isThere }) => isThere && location === shown.directory);
    if (known === undefined) return false;
    await open({ id: known.id });
    return true;
  }
  /** Leaves the project to other pages; the core keeps it open. */
  function leave(): void {
    summary.value = null;
  }

  /** The id, for calls that only make sense with a project. */
  function required(): string {
    if (id.value === null) throw new Error('no project is open');
    return id.value;
  }

  /** What was undone, in words; null when there was nothing. */
  async function undo(): Promise<string | null> {
    return (await core.services().projects.undo({ project: required() })).what;
  }
  async function redo(): Promise<string | null> {
    return (await core.services().projects.redo({ project: required() })).what;
  }

  return { summary, id, versions, open, create, attach, reopen, leave, required, undo, redo, refreshSummary };
});
