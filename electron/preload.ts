/** Runs before the page, apart from it and in a sandbox: offers window.trefoilShell (bridge.ts) and nothing else. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { ChosenFile, FileQuestion, MenuCommand, ShellBridge } from '../main/common/contract/shell-bridge.ts';
import type { UpdateRequest, UpdateState } from '../main/common/contract/shell-updates.ts';
import { channels } from '../main/common/contract/shell-channels.ts';

function subscribe(channel: string, listener: (text: string) => void): () => void {
  const hear = (_event: unknown, text: unknown): void => {
    if (typeof text === 'string') listener(text);
  };
  ipcRenderer.on(channel, hear);
  return () => ipcRenderer.removeListener(channel, hear);
}

// A MessagePort cannot pass the bridge between the two worlds; a window message carries it.
ipcRenderer.on(channels.port, (event) => window.postMessage(channels.port, location.origin, [...event.ports]));

const bridge: ShellBridge = {
  platform: process.platform as ShellBridge['platform'],
  connect: () => ipcRenderer.send(channels.connect),
  chooseFiles: (question: FileQuestion) =>
    ipcRenderer.invoke(channels.chooseFiles, question) as Promise<readonly ChosenFile[] | null>,
  allowDropped: (files: readonly object[]) =>
    ipcRenderer.invoke(
      channels.allowDropped,
      files.map((file) => webUtils.getPathForFile(file as File)).filter((path) => path !== ''),
    ) as Promise<readonly ChosenFile[]>,
  setCommands: (commands: readonly MenuCommand[]) => ipcRenderer.send(channels.setCommands, commands),
  updates: (request: UpdateRequest) => ipcRenderer.invoke(channels.updates, request) as Promise<UpdateState>,
  onCommand: (listener) => subscribe(channels.command, listener),
  onOpenProject: (listener) => subscribe(channels.openProject, listener),
};
contextBridge.exposeInMainWorld('trefoilShell', bridge);
