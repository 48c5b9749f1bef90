/**
 * The page as in the desktop app, in the browser: the real preload script with a stand-in for Electron's three parts, whose main
 * process is a line to the core. Shows that page and preload script fit, under the page's own policy; not that Electron does.
 */
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { build } from 'vite';
import { channels } from '#common/contract/shell-channels.ts';
import { expect, test } from './fixtures.ts';

test.use({ stage: 'slides', place: 'slides' });

/** What the stand-in was asked, as it would cross to another process. */
interface StandIn {
  readonly sent: [string, unknown][];
  emit(channel: string, value: unknown): void;
}
const standIn = (page: Page): Promise<[string, unknown][]> =>
  page.evaluate(() => (globalThis as unknown as { standIn: StandIn }).standIn.sent);

test('the page speaks with the core through the port the preload script hands it, and asks the shell what is its to do', async ({
  app,
  context,
}) => {
  await context.addInitScript(`(() => {
    const listeners = new Map();
    const emit = (channel, value, ports = []) => {
      for (const listener of listeners.get(channel) ?? []) listener({ ports }, value);
    };
    const sent = [];
    globalThis.standIn = { sent, emit };
    const connect = () => {
      const { port1, port2 } = new MessageChannel();
      const socket = new WebSocket('ws://' + location.host + '/socket');
      socket.onmessage = ({ data }) => port1.postMessage(data);
      socket.onclose = () => port1.postMessage(null);
      socket.onopen = () => {
        port1.onmessage = ({ data }) => (data === null ? socket.close() : socket.send(data));
        emit('${channels.port}', undefined, [port2]);
      };
    };
    const ipcRenderer = {
      on: (channel, listener) => listeners.set(channel, [...(listeners.get(channel) ?? []), listener]),
      removeListener: (channel, listener) =>
        listeners.set(channel, (listeners.get(channel) ?? []).filter((each) => each !== listener)),
      send: (channel, value) => {
        sent.push([channel, structuredClone(value)]);
        if (channel === '${channels.connect}') connect();
      },
      invoke: async (channel, value) => (sent.push([channel, structuredClone(value)]), null),
    };
    const contextBridge = { exposeInMainWorld: (name, offered) => (globalThis[name] = offered) };
    const process = { platform: 'linux' };
    const require = () => ({ ipcRenderer, contextBridge, webUtils: { getPathForFile: () => '' } });
    ${await preloadScript()}
  })();`);
  const page = await app.newPage('slides');
  await expect(page.getByRole('button', { name: /^Add slides/ }).first()).toBeVisible();
  expect((await standIn(page)).map(([channel]) => channel)).toContain(channels.connect);

  const menus = (await standIn(page)).filter(([channel]) => channel === channels.setCommands);
  const commands = menus.at(-1)?.[1] as { id: string; title: string }[];
  const map = commands.find(({ title }) => title === 'Map');
  expect(map, commands.map(({ id, title }) => `${id}: ${title}`).join(', ')).toBeDefined();
  await page.evaluate(([channel, id]) => (globalThis as unknown as { standIn: StandIn }).standIn.emit(channel, id), [
    channels.command,
    map!.id,
  ] as const);
  await expect(page).toHaveURL(/\/map(\?|$)/);
  await page.goBack();

  await page
    .getByRole('button', { name: /^Add slides/ })
    .first()
    .click();
  await expect
    .poll(async () => (await standIn(page)).find(([channel]) => channel === channels.chooseFiles)?.[1])
    .toMatchObject({ mode: 'files', isMultiple: true });
  // The system's dialog it would be, not the page's own.
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

async function preloadScript(): Promise<string> {
  const configFile = fileURLToPath(new URL('../../build/vite.electron.config.ts', import.meta.url));
  const built = await build({ configFile, mode: 'preload', logLevel: 'error', build: { write: false } });
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((each) => ('output' in each ? each.output : []));
  expect(outputs.map(({ fileName }) => fileName)).toEqual(['preload.cjs']);
  return outputs[0]?.type === 'chunk' ? outputs[0].code : '';
}
