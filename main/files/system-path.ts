/**
 * A path as a library must be given it that opens files by itself. Windows refuses paths of 260 characters and more unless
 * they are absolute and start with \\?\ (Microsoft, "Maximum Path Length Limitation"). Node.js does the same for its own
 * file calls, so only paths that leave Node.js come through here.
 */
import { win32 } from 'node:path';

export function systemPath(path: string, platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? win32.toNamespacedPath(path) : path;
}
