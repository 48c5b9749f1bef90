import { EventEmitter } from 'node:events';
import type Electron from 'electron';
import { describe, expect, test } from 'vitest';
import { createElectronDouble, FakeContents } from '../../electron-double/electron.ts';
import { fuses, testFuses } from '../../../electron/fuses.ts';
import { isOurs, secureContents, secureSession, webPreferences } from '../../../electron/security.ts';

function secured(): { contents: FakeContents; lines: string[]; app: EventEmitter } {
  const app = new EventEmitter();
  const lines: string[] = [];
  secureContents(app as unknown as Electron.App, (line) => lines.push(line));
  const contents = new FakeContents();
  app.emit('web-contents-created', {}, contents);
  return { contents, lines, app };
}

function refused(contents: FakeContents, event: string, url: string): boolean {
  let isRefused = false;
  contents.emit(event, { url, preventDefault: () => (isRefused = true) });
  return isRefused;
}

describe('a page', () => {
  test.each(['will-navigate', 'will-redirect', 'will-frame-navigate'])('stays in Trefoil (%s)', (event) => {
    const { contents, lines } = secured();
    for (const url of [
      'https://example.org/',
      'file:///etc/passwd',
      'app://other/',
      'javascript:alert(1)',
      'data:text/html,x',
      // Of ours, but no page: it would get the bridge.
      'app://trefoil/exports/p/e/report.html',
      'app://trefoil/slides/p/s/0/0_0.jpeg',
    ]) {
      expect([url, refused(contents, event, url)]).toEqual([url, true]);
    }
    expect(refused(contents, event, 'app://trefoil/#/p/map')).toBe(false);
    expect(refused(contents, event, 'app://trefoil/restart-core')).toBe(false);
    expect(lines).toHaveLength(7);
  });

  test('opens no window and holds no other page', () => {
    const { contents } = secured();
    expect(contents.openHandler?.({ url: 'https://example.org/' })).toEqual({ action: 'deny' });
    expect(contents.openHandler?.({ url: 'app://trefoil/' })).toEqual({ action: 'deny' });
    expect(contents.openHandler?.({ url: 'app://trefoil/exports/p/e/labels.csv' })).toEqual({ action: 'deny' });
    expect(contents.openHandler?.({ url: 'https://x/exports/p/e/report.html' })).toEqual({ action: 'deny' });
    expect(refused(contents, 'will-attach-webview', '')).toBe(true);
  });

  test('opens a report of its own beside itself, where no script runs and no bridge is', () => {
    const { contents } = secured();
    const answer = contents.openHandler?.({ url: 'app://trefoil/exports/p/e/report.html' });
    const preferences = answer?.overrideBrowserWindowOptions?.webPreferences;
    expect(answer?.action).toBe('allow');
    expect(preferences).toMatchObject({ javascript: false, sandbox: true, contextIsolation: true });
    expect(preferences).not.toHaveProperty('preload');
  });

  test('is given no permission and reaches no network', () => {
    const { electron, session } = createElectronDouble();
    secureSession(electron.session.defaultSession);
    for (const permission of ['media', 'geolocation', 'notifications', 'clipboard-read', 'fullscreen', 'hid']) {
      session.permission?.(null, permission, (isAllowed) => expect(isAllowed).toBe(false));
    }
    expect([session.check?.(), session.device?.()]).toEqual([false, false]);
    const isCancelled = (url: string): boolean => {
      let cancelled = false;
      session.beforeRequest?.({ url }, (response) => (cancelled = response.cancel));
      return cancelled;
    };
    expect(['https://example.org/', 'http://127.0.0.1:80/', 'ws://x/', 'file:///etc/passwd'].map(isCancelled)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['app://trefoil/', 'blob:app://trefoil/1', 'data:image/png;base64,'].map(isCancelled)).toEqual([
      false,
      false,
      false,
    ]);
  });
});

test('a wrong certificate is never accepted', () => {
  const { app } = secured();
  let isAccepted: boolean | null = null;
  app.emit(
    'certificate-error',
    { preventDefault: () => undefined },
    {},
    'https://x',
    'error',
    {},
    (answer: boolean) => (isAccepted = answer),
  );
  expect(isAccepted).toBe(false);
});

test.each([
  ['app://trefoil/', true],
  ['app://trefoil/#/x', true],
  ['app://trefoil.evil/', false],
  ['https://trefoil/', false],
  ['app:trefoil', false],
  ['nonsense', false],
])('%s is ours: %s', (url, expected) => {
  expect(isOurs(url)).toBe(expected);
});

test('the page runs without Node.js, apart from its preload script, in the sandbox', () => {
  expect(webPreferences('/p')).toEqual({
    preload: '/p',
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    spellcheck: false,
    devTools: false,
  });
});

test('the shipped binary has everything off that could turn it into something else; the tested one only lets itself be driven', () => {
  expect(fuses).toMatchObject({
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
  });
  expect({ ...testFuses, enableNodeCliInspectArguments: false }).toEqual(fuses);
});
