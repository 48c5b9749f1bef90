/** The open project: its summary, what of it changed, undo and redo. A page shows one project; two pages may show the same. */
import { computed, reactive, shallowRef } from 'vue';
import { defineStore } from 'pinia';
import { projectKinds, type ProjectKind } from '#common/contract/events.ts';
import type { FileReference } from '#common/contract/file-reference.ts';
import type { ProjectSummary } from '#common/contract/projects.ts';
import { useCore } from './core.ts';

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
    if (event.type === 'project-closed' && event.project === id.value) summary.value = null;
  });

  async function refreshSummary(): Promise<void> {
    const open = await core.services().projects.list({});
    const now = open.find(({ project }) => project === id.value);
    if (now !== undefined) summary.value = now;
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

  return { summary, id, versions, open, create, attach, leave, required, undo, redo, refreshSummary };
});
