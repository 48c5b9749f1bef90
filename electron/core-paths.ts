/** Where the core, its Node.js and the page lie: beside the app archive when packed, in the project otherwise. Pure. */
import { join } from 'node:path';

export interface CorePaths {
  readonly node: string;
  readonly entry: string;
  readonly page: string;
}

export function corePaths(where: {
  readonly isPackaged: boolean;
  readonly resources: string;
  readonly appFolder: string;
  readonly platform: NodeJS.Platform;
}): CorePaths {
  const binary = where.platform === 'win32' ? 'node.exe' : 'node';
  const root = where.isPackaged ? join(where.resources, 'core') : where.appFolder;
  return {
    node: where.isPackaged ? join(root, 'runtime', binary) : (process.env['TREFOIL_NODE'] ?? 'node'),
    entry: join(root, 'main', 'entries', 'core.ts'),
    page: join(root, 'renderer', 'dist'),
  };
}
