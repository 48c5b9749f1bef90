/**
 * All that keeps the window to itself, in one place: what a page may ask of the system (nothing), where it may go (nowhere), what
 * may be opened (nothing). The policy of the page itself is the same as under `serve` (main/server/security-headers.ts).
 */
import { crashPath, restartPath } from './crash-page.ts';
import type { App, BrowserWindowConstructorOptions, Session, WebContents } from 'electron';
import { securityHeaders } from '../main/server/security-headers.ts';

/** The one origin there is. */
export const appScheme = 'app';
export const appOrigin = 'app://trefoil';

/** For protocol.registerSchemesAsPrivileged, before the app is ready. */
export const schemes = [
  {
    scheme: appScheme,
    privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true },
  },
];

export function webPreferences(preload: string): NonNullable<BrowserWindowConstructorOptions['webPreferences']> {
  return {
    preload,
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
    devTools: process.env['TREFOIL_DEVTOOLS'] === '1',
  };
}

/** Pages the window may show. What else there is (bytes, exports) is loaded by a page or downloaded, and gets no bridge. */
const ownPages: readonly string[] = ['/', crashPath, restartPath];

/** True for an address of the app itself. */
export function isOurs(url: string): boolean {
  try {
    const parsed = new URL(url);
    return parsed.protocol === `${appScheme}:` && parsed.host === 'trefoil';
  } catch {
    return false;
  }
}

/** The page itself: the only one that may ask the shell for something. */
export function isPage(url: string): boolean {
  return isOurs(url) && new URL(url).pathname === '/';
}

/** A report of an export, made by the core: to read and print. */
export function isReport(url: string): boolean {
  return isOurs(url) && /^\/exports\/[^/]+\/[^/]+\/[^/]+\.html$/.test(new URL(url).pathname);
}

/** A report's window has no preload script and runs no script at all; its own policy is a sandbox besides. */
export function reportWindow(): BrowserWindowConstructorOptions {
  const { preload: _, ...preferences } = webPreferences('');
  return { width: 960, height: 1080, title: 'Trefoil', webPreferences: { ...preferences, javascript: false } };
}

export function secureSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setSpellCheckerEnabled(false);
  // Nothing is on the network: whatever asks for it is a mistake or an attack.
  session.webRequest.onBeforeRequest((details, answer) =>
    answer({ cancel: !/^(app|devtools|blob|data):/.test(details.url) }),
  );
}

export function secureContents(app: App, log: (line: string) => void): void {
  app.on('web-contents-created', (_event, contents) => secureOne(contents, log));
  app.on('certificate-error', (event, _contents, url, _error, _certificate, answer) => {
    event.preventDefault();
    log(`security: certificate of ${url} refused`);
    answer(false);
  });
}

function secureOne(contents: WebContents, log: (line: string) => void): void {
  const refuse = (what: string, url: string, event: { preventDefault(): void }): void => {
    const isAllowed = what !== 'webview' && isOurs(url) && ownPages.includes(new URL(url).pathname);
    if (isAllowed) return;
    event.preventDefault();
    log(`security: ${what} to ${url} refused`);
  };
  contents.on('will-navigate', (event) => refuse('navigation', event.url, event));
  contents.on('will-redirect', (event) => refuse('redirect', event.url, event));
  contents.on('will-frame-navigate', (event) => refuse('frame', event.url, event));
  contents.on('will-attach-webview', (event) => refuse('webview', '', event));
  contents.setWindowOpenHandler(({ url }) => {
    if (isReport(url)) return { action: 'allow', overrideBrowserWindowOptions: reportWindow() };
    log(`security: new window for ${url} refused`);
    return { action: 'deny' };
  });
}

/** As `serve` sends them; a socket has no place in the policy here, the page talks by MessagePort. */
export function pageHeaders(): Readonly<Record<string, string>> {
  const headers = securityHeaders('trefoil');
  const policy = headers['content-security-policy'] ?? '';
  return { ...headers, 'content-security-policy': policy.replace(' ws://trefoil', '') };
}
