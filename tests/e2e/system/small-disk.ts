/** A disk that is really full: a small file system in memory, mounted for one spec. Needs root and the right to mount. */
import { spawnSync } from 'node:child_process';
import { statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SmallDisk {
  /** Leaves about this many bytes free. */
  fill(leave: number): void;
  unmount(): void;
}

/** Mounted over `folder`; or the reason why that cannot be done here. */
export function mountSmallDisk(folder: string, megabytes: number): SmallDisk | string {
  if (process.platform !== 'linux') return 'a small disk can only be mounted on Linux here';
  if (process.getuid?.() !== 0) return 'mounting a small disk needs root';
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], {
    encoding: 'utf8',
  });
  if (mounted.status !== 0) return `a small disk cannot be mounted here (${(mounted.stderr ?? '').trim()})`;
  return {
    fill: (leave) => {
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(join(folder, 'other data'), Buffer.alloc(Math.max(0, bavail * bsize - leave)));
    },
    unmount: () => void spawnSync('umount', ['--lazy', folder]),
  };
}
