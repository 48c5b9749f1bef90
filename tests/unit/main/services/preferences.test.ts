import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configurationFolder } from '#main/entries/configuration-folder.ts';
import { Preferences } from '#main/services/preferences.ts';

describe('preferences', () => {
  let folder = '';
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'trefoil-preferences-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are kept in a file and read again', async () => {
    const preferences = new Preferences(join(folder, 'new', 'trefoil'));
    expect(preferences.settings).toEqual({ theme: 'system', language: 'system', page: {} });
    await Promise.all([
      preferences.setSettings({ theme: 'dark' }),
      preferences.setSettings({ page: { pane: '300' } }),
      preferences.remember({ directory: '/a', name: 'a', openedAt: '2030' }),
    ]);
    const again = new Preferences(join(folder, 'new', 'trefoil'));
    expect(again.settings).toEqual({ theme: 'dark', language: 'system', page: { pane: '300' } });
    expect(again.recentProjects).toEqual([{ directory: '/a', name: 'a', openedAt: '2030' }]);
  });

  it.each(['', 'not json', '[]', '{"settings":{"theme":"pink"},"recentProjects":7}'])(
    'fall back to the defaults for a damaged file: %j',
    (text) => {
      writeFileSync(join(folder, 'preferences.json'), text);
      const preferences = new Preferences(folder);
      expect(preferences.settings.theme).toBe('system');
      expect(preferences.recentProjects).toEqual([]);
    },
  );

  it('remember the last 20 projects, last opened first, each once', async () => {
    const preferences = new Preferences(folder);
    for (let number = 0; number < 25; number += 1) {
      await preferences.remember({ directory: `/${number}`, name: String(number), openedAt: '2030' });
    }
    await preferences.remember({ directory: '/10', name: '10', openedAt: '2031' });
    await preferences.forget('/24');
    const names = preferences.recentProjects.map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(['10', '23', '22']);
    expect(names).toHaveLength(19);
    expect(JSON.parse(readFileSync(join(folder, 'preferences.json'), 'utf8'))).toMatchObject({
      recentProjects: { length: 19 },
    });
  });

  it('lie where the system keeps configuration', () => {
    expect(configurationFolder({ XDG_CONFIG_HOME: '/cfg' }, 'linux')).toBe('/cfg/trefoil');
    expect(configurationFolder({ XDG_CONFIG_HOME: 'relative' }, 'linux')).toMatch(/\/\.config\/trefoil$/);
    expect(configurationFolder({ APPDATA: '/roaming' }, 'win32')).toBe('/roaming/Trefoil');
  });
});
