/** The system's dialogs in place of the page's file browser. What is chosen goes to the core, which gives ids for it. */
import { basename, dirname } from 'node:path';
import type { Dialog, OpenDialogOptions } from 'electron';
import type { ChosenFile, FileQuestion } from '../main/common/contract/shell-bridge.ts';

export interface ChosenPath {
  readonly path: string;
  readonly isFolder: boolean;
}

type Allow = (paths: readonly ChosenPath[]) => Promise<readonly string[] | null>;

const extensions: Readonly<Record<string, readonly string[]>> = {
  slide: ['svs', 'tif', 'tiff', 'ndpi', 'scn', 'bif', 'mrxs', 'dcm', 'vms', 'vmu'],
  image: ['png', 'jpg', 'jpeg', 'tif', 'tiff', 'webp'],
  csv: ['csv'],
  geojson: ['geojson', 'json', 'gz'],
  onnx: ['onnx'],
  model: ['trefoil-model'],
};

/** Settings of the dialog that asks `question`. */
export function dialogOptions(question: FileQuestion): OpenDialogOptions {
  const title = question.title === undefined ? {} : { title: question.title };
  if (question.mode !== 'files') return { ...title, properties: ['openDirectory', 'createDirectory'] };
  const wanted = [...new Set(question.kinds.flatMap((kind) => extensions[kind] ?? []))];
  return {
    ...title,
    properties: question.isMultiple ? ['openFile', 'multiSelections'] : ['openFile'],
    filters: wanted.length === 0 ? [] : [{ name: title.title ?? 'Trefoil', extensions: wanted }],
  };
}

/** null when the person gave up, or when the core went away meanwhile. */
export async function askForFiles(
  dialog: Pick<Dialog, 'showOpenDialog' | 'showSaveDialog'>,
  question: FileQuestion,
  allow: Allow,
): Promise<readonly ChosenFile[] | null> {
  if (question.mode === 'new') {
    const { canceled, filePath } = await dialog.showSaveDialog({
      ...(question.title === undefined ? {} : { title: question.title }),
      defaultPath: question.suggestedName,
      properties: ['createDirectory', 'showOverwriteConfirmation'],
    });
    if (canceled || filePath === '') return null;
    const ids = await allow([{ path: dirname(filePath), isFolder: true }]);
    const folder = ids?.[0];
    const name = basename(filePath);
    return folder === undefined ? null : [{ reference: { folder, name }, name }];
  }
  const { canceled, filePaths } = await dialog.showOpenDialog(dialogOptions(question));
  if (canceled || filePaths.length === 0) return null;
  return chosenFiles(filePaths, allow, question.mode === 'folder');
}

/** Files given by path, e.g. dropped on the window; none when the core went away. */
export async function chosenFiles(
  paths: readonly string[],
  allow: Allow,
  isFolder: boolean,
): Promise<readonly ChosenFile[]> {
  const ids = (await allow(paths.map((path) => ({ path, isFolder })))) ?? [];
  return ids.map((id, index) => ({ reference: { id }, name: basename(paths[index] ?? '') }));
}
