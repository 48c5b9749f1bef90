/**
 * Which files and folders a page may name. It gets opaque ids for what lies in the allowed folders and gives them back; an id
 * is checked again when it is used, so that a link made in between leads nowhere. The command line does not pass through here.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { FileReference } from '#common/contract/file-reference.ts';
import { TrefoilError } from '#common/errors.ts';

/** Oldest forgotten first; far more than a person looks at. */
const keptIds = 200_000;

export class AllowedFiles {
  private readonly secret = randomBytes(32);
  private readonly paths = new Map<string, string>();
  /** Real paths. */
  private readonly folders: string[] = [];
  /** Real paths of single project folders a person opened before, outside the allowed folders. */
  private readonly known = new Set<string>();

  constructor(folders: readonly string[]) {
    for (const folder of folders) this.allow(folder);
  }

  /** A folder that is not there is left out. */
  allow(folder: string): void {
    const real = realPathOrNull(resolve(folder));
    if (real !== null && !this.folders.includes(real)) this.folders.push(real);
  }

  /** Lets the page name this one path, e.g. a recent project. Returns its id. */
  allowOne(path: string): string {
    const real = realPathOrNull(resolve(path)) ?? resolve(path);
    this.known.add(real);
    return this.idOf(real);
  }

  /** Real paths of the allowed folders, one inside another left out. */
  roots(): readonly string[] {
    return this.folders.filter((folder) => !this.folders.some((other) => other !== folder && isInside(folder, other)));
  }

  /** The same id for the same path while the process lives; nothing of the path can be read from it. */
  idOf(path: string): string {
    const id = createHmac('sha256', this.secret).update(path).digest('base64url').slice(0, 32);
    this.paths.delete(id);
    this.paths.set(id, path);
    for (const oldest of this.paths.keys()) {
      if (this.paths.size <= keptIds) break;
      this.paths.delete(oldest);
    }
    return id;
  }

  /** Absolute path. Throws 'not-found' for an unknown id, 'not-allowed' for what lies outside, 'invalid-input' for a bad name. */
  resolveReference(reference: FileReference): string {
    if ('id' in reference) return this.pathOf(reference.id);
    checkName(reference.name);
    const path = join(this.pathOf(reference.folder), reference.name);
    return isThere(path) ? this.checked(path) : path;
  }

  /** Absolute real path of an id. */
  pathOf(id: string): string {
    const path = this.paths.get(id);
    if (path === undefined) {
      throw new TrefoilError(
        'not-found',
        'This file is not known any more.',
        'Choose it again in the file browser; Trefoil may have been restarted in between.',
      );
    }
    return this.checked(path);
  }

  /** Also true for the allowed folders themselves. */
  allows(realPath: string): boolean {
    return this.known.has(realPath) || this.folders.some((folder) => isInside(realPath, folder));
  }

  private checked(path: string): string {
    const real = realPathOrNull(path);
    if (real === null) {
      throw new TrefoilError('file-not-found', `${basename(path)} is no longer there.`, 'Look for it again.');
    }
    if (!this.allows(real)) {
      throw new TrefoilError(
        'not-allowed',
        `${basename(path)} lies outside the folders that were allowed.`,
        'Start Trefoil with --allow FOLDER to use files of another folder.',
      );
    }
    return real;
  }
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function realPathOrNull(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    // Gone, or a link to nowhere.
    return null;
  }
}

/** Also true for a link to nowhere, which must not be taken for a free name. */
function isThere(path: string): boolean {
  return existsSync(path) || lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** One name, good on every system that may later read the folder. */
function checkName(name: string): void {
  const isBad =
    name === '' ||
    name !== name.trim() ||
    name.endsWith('.') ||
    [...name].some((letter) => letter < ' ' || '<>:"/\\|?*'.includes(letter)) ||
    dirname(name) !== '.';
  if (!isBad) return;
  throw new TrefoilError(
    'invalid-input',
    `"${name}" cannot be the name of a file or folder.`,
    'Use a name without < > : " / \\ | ? * and without a dot or space at its ends.',
  );
}
