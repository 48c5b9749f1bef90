/**
 * Where a slide lies, as the project keeps it: relative to the project's folder with forward slashes, so that both can move
 * together. On Windows another drive or share has no relative path; there the absolute one is kept.
 */
import path from 'node:path';

type PathRules = Pick<typeof path, 'relative' | 'resolve' | 'sep'>;

export function storedSlidePath(directory: string, file: string, { relative, sep }: PathRules = path): string {
  return relative(directory, file).split(sep).join('/');
}

/** Absolute; what is stored may be absolute itself. */
export function slideLocation(directory: string, stored: string, { resolve }: PathRules = path): string {
  return resolve(directory, stored);
}
