/** The file browser behind the page: names and ids of what lies in the allowed folders, one folder at a time. */
import { existsSync, type Dirent } from 'node:fs';
import { opendir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { filesCalls, type FileEntry } from '#common/contract/files.ts';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { TrefoilError } from '#common/errors.ts';
import type { AllowedFiles } from './allowed-files.ts';

/** More cannot be looked through by eye, and a page of the contract has an end; a part of the name finds the others. */
const listedEntries = 5000;

const kinds: Readonly<Record<string, FileEntry['kind']>> = {
  '.svs': 'slide',
  '.tif': 'slide',
  '.tiff': 'slide',
  '.btf': 'slide',
  '.ndpi': 'slide',
  '.mrxs': 'slide',
  '.scn': 'slide',
  '.bif': 'slide',
  '.czi': 'slide',
  '.dcm': 'slide',
  '.png': 'image',
  '.jpg': 'image',
  '.jpeg': 'image',
  '.csv': 'csv',
  '.geojson': 'geojson',
  '.json': 'geojson',
  '.onnx': 'onnx',
  '.trefoil-model': 'model',
};

export function createFilesService(files: AllowedFiles): ClientOf<typeof filesCalls> {
  const named = (path: string): { id: string; name: string } => ({
    id: files.idOf(path),
    name: basename(path) || path,
  });
  return implementService('files', filesCalls, {
    roots: async () => files.roots().map(named),
    list: async ({ folder, match, kinds }, { signal }) => {
      const path = files.pathOf(folder);
      const { names, leftOut } = await readNames(path, wanted(match, kinds), signal);
      const entries = (await Promise.all(names.map((entry) => describe(files, path, entry)))).filter(
        (entry) => entry !== null,
      );
      const order = new Intl.Collator(undefined, { numeric: true });
      entries.sort(
        (a, b) => Number(b.kind === 'folder') - Number(a.kind === 'folder') || order.compare(a.name, b.name),
      );
      return { trail: trailOf(files, path).map(named), entries, leftOut };
    },
  });
}

/** Folders always fit by kind, and so does a link, which may lead to one. */
function wanted(match: string, ofKinds: readonly FileEntry['kind'][] | undefined): (entry: Dirent) => boolean {
  const part = comparable(match.trim());
  return (entry) =>
    comparable(entry.name).includes(part) &&
    (ofKinds === undefined || !entry.isFile() || ofKinds.includes(kindOf(entry.name)));
}

/** Some systems write an umlaut as two characters. */
function comparable(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

function kindOf(name: string): FileEntry['kind'] {
  // Packed annotations: .geojson.gz.
  return kinds[extname(name.replace(/(?<=\.(geo)?json)\.gz$/i, '')).toLowerCase()] ?? 'other';
}

async function readNames(
  path: string,
  isWanted: (entry: Dirent) => boolean,
  signal?: AbortSignal,
): Promise<{ names: Dirent[]; leftOut: number }> {
  const names: Dirent[] = [];
  let leftOut = 0;
  try {
    for await (const entry of await opendir(path)) {
      signal?.throwIfAborted();
      if (entry.name.startsWith('.') || !isWanted(entry)) continue;
      if (names.length < listedEntries) names.push(entry);
      else leftOut += 1;
    }
  } catch (error) {
    if (signal?.aborted === true) throw new TrefoilError('cancelled', 'The listing was cancelled.', 'List it again.');
    const code = (error as NodeJS.ErrnoException).code;
    throw new TrefoilError(
      code === 'ENOENT' ? 'file-not-found' : 'file-unreadable',
      `The folder ${basename(path)} cannot be read (${code ?? String(error)}).`,
      code === 'ENOTDIR' ? 'Choose a folder.' : 'Check that it is there and that you may read it.',
      {},
      error,
    );
  }
  return { names, leftOut };
}

/** null for what is no file and no folder, for links that leave the allowed folders and for what vanished meanwhile. */
async function describe(files: AllowedFiles, folder: string, { name }: Dirent): Promise<FileEntry | null> {
  try {
    const path = await realpath(join(folder, name));
    if (!files.allows(path)) return null;
    const status = await stat(path);
    const isFolder = status.isDirectory();
    if (!isFolder && !status.isFile()) return null;
    return {
      id: files.idOf(path),
      name,
      kind: isFolder ? 'folder' : kindOf(name),
      isProject: isFolder && existsSync(join(path, 'project.sqlite')),
      byteLength: isFolder ? 0 : status.size,
      modifiedAt: status.mtime.toISOString(),
    };
  } catch {
    // A link to nowhere or a file just deleted: not there to be chosen.
    return null;
  }
}

function trailOf(files: AllowedFiles, path: string): string[] {
  const trail = [path];
  for (let at = path; !files.roots().includes(at) && dirname(at) !== at && files.allows(dirname(at));) {
    at = dirname(at);
    trail.unshift(at);
  }
  return trail;
}
