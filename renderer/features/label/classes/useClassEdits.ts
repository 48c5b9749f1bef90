/** The acts on classes. Each is one step that can be undone; what was done is said with a way back. */
import { useI18n } from 'vue-i18n';
import { useClasses } from '../../../stores/classes.ts';
import { useCore } from '../../../stores/core.ts';
import { useNotices } from '../../../stores/notices.ts';
import { useProject } from '../../../stores/project.ts';

export interface ClassValues {
  readonly name: string;
  readonly colour: string;
  readonly letter: string | null;
  readonly key: string | null;
}

export function useClassEdits() {
  const { t } = useI18n();
  const core = useCore();
  const project = useProject();
  const classes = useClasses();
  const notices = useNotices();

  const undoable = (text: string): void =>
    notices.done(text, { label: t('common.undo'), run: () => void notices.attempt(() => project.undo()) });

  /** Throws what the core refuses, so that a form can show it. */
  async function add({ name, colour, letter, key }: ClassValues): Promise<void> {
    const id = project.required();
    const { labels } = core.services();
    const added = await labels.addClass({ project: id, name, colour, ...(key === null ? {} : { key }) });
    if (letter !== null && letter !== added.letter) await labels.editClass({ project: id, class: added.class, letter });
  }
  async function edit(of: string, change: Partial<ClassValues>): Promise<void> {
    await core.services().labels.editClass({ project: project.required(), class: of, ...change });
  }
  async function move(of: string, by: 1 | -1): Promise<void> {
    const order = classes.all.map((each) => each.class);
    const at = order.indexOf(of);
    const other = order[at + by];
    if (other === undefined) return;
    [order[at], order[at + by]] = [other, of];
    await notices.attempt(() => core.services().labels.reorderClasses({ project: project.required(), classes: order }));
  }
  async function merge(from: string, into: string): Promise<boolean> {
    const [source, goal] = [classes.byId.get(from)?.name ?? '', classes.byId.get(into)?.name ?? ''];
    const done = await notices.attempt(() =>
      core.services().labels.mergeClasses({ project: project.required(), from, into }),
    );
    if (done !== undefined) undoable(t('label.classes.merged', { source, goal }));
    return done !== undefined;
  }
  async function remove(of: string, moveLabelsTo: string | null): Promise<boolean> {
    const name = classes.byId.get(of)?.name ?? '';
    const done = await notices.attempt(() =>
      core.services().labels.removeClass({
        project: project.required(),
        class: of,
        ...(moveLabelsTo === null ? {} : { moveLabelsTo }),
      }),
    );
    if (done !== undefined) undoable(t('label.classes.removed', { name }));
    return done !== undefined;
  }

  return { add, edit, move, merge, remove };
}
