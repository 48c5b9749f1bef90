/** The native menu from the page's own commands, with their keys; text fields keep copy and paste by the system's roles. Pure. */
import type { MenuItemConstructorOptions } from 'electron';
import type { MenuCommand } from '../main/common/contract/shell-bridge.ts';

/** Page keys are "Ctrl+Shift+Z"; the system wants Cmd on a Mac, and no bare letters, which belong to the page. */
export function accelerator(key: string): string | null {
  const parts = key.split('+');
  const last = parts.at(-1) ?? '';
  const hasModifier = parts.slice(0, -1).some((part) => part === 'Ctrl' || part === 'Alt');
  if (!hasModifier && !/^F\d{1,2}$/.test(last)) return null;
  return parts.map((part) => (part === 'Ctrl' ? 'CommandOrControl' : part === ',' ? ',' : part)).join('+');
}

export function menuTemplate(
  commands: readonly MenuCommand[],
  platform: NodeJS.Platform,
  run: (id: string) => void,
): MenuItemConstructorOptions[] {
  const groups = new Map<string, MenuCommand[]>();
  for (const command of commands) groups.set(command.group, [...(groups.get(command.group) ?? []), command]);
  const item = ({ id, title, key, isEnabled }: MenuCommand): MenuItemConstructorOptions => {
    const shown = accelerator(key);
    return {
      id,
      label: title,
      enabled: isEnabled,
      // The page listens for the key itself; the menu shows it.
      ...(shown === null ? {} : { accelerator: shown, registerAccelerator: false }),
      click: () => run(id),
    };
  };
  const edit: MenuItemConstructorOptions = {
    role: 'editMenu',
    submenu: [{ role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }],
  };
  const view: MenuItemConstructorOptions = {
    role: 'viewMenu',
    submenu: [
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      { type: 'separator' },
      { role: 'togglefullscreen' },
    ],
  };
  const own = [...groups].map(([label, list]) => ({ label, submenu: list.map(item) }));
  return [
    ...(platform === 'darwin'
      ? [
          { role: 'appMenu' as const },
          // The system keeps this list itself; choosing one comes back as 'open-file'.
          {
            label: 'File',
            submenu: [
              { role: 'recentDocuments' as const, submenu: [{ role: 'clearRecentDocuments' as const }] },
              { role: 'close' as const },
            ],
          },
        ]
      : [{ role: 'fileMenu' as const }]),
    edit,
    ...own,
    view,
    { role: 'windowMenu' },
  ];
}
