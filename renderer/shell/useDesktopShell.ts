/** Ties the page to the desktop app: its commands become the menu, the menu's choices run them, projects are opened from outside. */
import { onScopeDispose, watch } from 'vue';
import { desktopShell } from '../client/shell.ts';
import { useCommands } from '../stores/commands.ts';
import { useCore } from '../stores/core.ts';
import { useNotices } from '../stores/notices.ts';
import { useProject } from '../stores/project.ts';

export function useDesktopShell(): void {
  const shell = desktopShell();
  if (shell === null) return;
  const commands = useCommands();
  const core = useCore();
  const project = useProject();
  const notices = useNotices();
  /** Told before there was a line to the core. */
  let waiting: string | null = null;

  const open = (id: string): void => {
    if (core.isOpen) void notices.attempt(() => project.open({ id }));
    else waiting = id;
  };
  watch(
    () => core.isOpen,
    (isOpen) => {
      if (!isOpen || waiting === null) return;
      const id = waiting;
      waiting = null;
      open(id);
    },
  );
  watch(
    () =>
      commands.commands
        .filter(({ isKeyOnly }) => isKeyOnly !== true)
        .map((command) => ({
          id: command.id,
          title: command.title(),
          group: command.group(),
          key: command.keys?.[0] ?? '',
          isEnabled: command.isEnabled?.() !== false,
        })),
    (list, before) => {
      // Enabled or not changes often, the menu only when it looks different.
      if (JSON.stringify(list) !== JSON.stringify(before)) shell.setCommands(list);
    },
    { immediate: true },
  );
  onScopeDispose(shell.onCommand((id) => commands.run(id)));
  onScopeDispose(shell.onOpenProject(open));
}
