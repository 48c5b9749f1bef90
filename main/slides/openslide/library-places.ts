/**
 * Where the OpenSlide library can be: named by TREFOIL_OPENSLIDE, in the folder `openslide` beside the engines a user
 * installed or beside the app, or where the system keeps libraries. Version 4 is asked for before 3.4.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const openSlideVariable = 'TREFOIL_OPENSLIDE';

const fileNames: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  win32: ['libopenslide-1.dll', 'libopenslide-0.dll'],
  darwin: ['libopenslide.1.dylib', 'libopenslide.0.dylib', 'libopenslide.dylib'],
};
const otherFileNames = ['libopenslide.so.1', 'libopenslide.so.0'];

const systemFolders: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['/opt/homebrew/lib', '/usr/local/lib', '/opt/local/lib'],
};

/** The entries set it (entries/engine-folder.ts): where a person puts engines, and beside it OpenSlide. */
const engineFolderVariable = 'TREFOIL_ENGINE_FOLDER';

/** Best first; a bare name is looked up by the system's loader. */
export function openSlideLibraries(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): readonly string[] {
  const names = fileNames[platform] ?? otherFileNames;
  const named = environment[openSlideVariable];
  // A person who names a library wants that one, not another that happens to be there.
  if (named) return [named, ...names.map((name) => join(named, name))];
  const engines = environment[engineFolderVariable];
  const folders = [
    ...(engines ? [join(dirname(engines), 'openslide')] : []),
    fileURLToPath(new URL('../../../openslide', import.meta.url)),
  ];
  // The Windows download has its libraries in bin.
  const own = folders.flatMap((folder) => [folder, join(folder, 'bin'), join(folder, 'lib')]);
  return [...own, '', ...(systemFolders[platform] ?? [])].flatMap((folder) =>
    names.map((name) => (folder === '' ? name : join(folder, name))),
  );
}

/** How to get OpenSlide, for this system. */
export function openSlideHint(platform: NodeJS.Platform): string {
  if (platform === 'win32') {
    return 'Download OpenSlide for Windows from openslide.org, unpack it, and set TREFOIL_OPENSLIDE to its bin folder.';
  }
  if (platform === 'darwin') return 'Install OpenSlide with "brew install openslide", then add the slide again.';
  return 'Install OpenSlide (Debian and Ubuntu: apt install openslide-tools), then add the slide again.';
}
