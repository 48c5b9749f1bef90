/**
 * Metrics files that a page looks at, kept parsed: a long run's curve comes in a hundred answers, and a running one grows by a
 * line at a time. Only what was appended is read. A run that is resumed gets a new file (MetricsLog.open replaces it), which
 * its inode tells. Least recently used files are forgotten.
 */
import { open } from 'node:fs/promises';
import { parseMetrics, type MetricsLine } from '../engine/metrics-log.ts';

interface ParsedFile {
  readonly inode: bigint;
  /** Bytes behind the last whole line that was parsed. */
  readonly offset: number;
  readonly lines: readonly MetricsLine[];
}

const keptFiles = 8;

export class RecentMetrics {
  private readonly files = new Map<string, Promise<ParsedFile>>();

  /** As readMetrics. Questions about one file wait for each other, so none is parsed twice. */
  async read(path: string): Promise<readonly MetricsLine[]> {
    const before = this.files.get(path);
    const next = readOn(path, before);
    this.files.delete(path);
    this.files.set(path, next);
    for (const oldest of this.files.keys()) {
      if (this.files.size <= keptFiles) break;
      this.files.delete(oldest);
    }
    return (await next).lines;
  }
}

const nothing: ParsedFile = { inode: -1n, offset: 0, lines: [] };

async function readOn(path: string, before: Promise<ParsedFile> | undefined): Promise<ParsedFile> {
  const known = (await before?.catch(() => nothing)) ?? nothing;
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return nothing;
    throw error;
  }
  try {
    const { ino, size } = await file.stat({ bigint: true });
    const isSame = ino === known.inode && size >= BigInt(known.offset);
    const { offset, lines } = isSame ? known : nothing;
    const added = Buffer.alloc(Number(size) - offset);
    const { bytesRead } = await file.read(added, 0, added.length, offset);
    const whole = added.subarray(0, bytesRead).lastIndexOf(10) + 1;
    if (whole === 0 && isSame) return known;
    const parsed = parseMetrics(added.toString('utf8', 0, whole));
    return { inode: ino, offset: offset + whole, lines: lines.concat(parsed) };
  } finally {
    await file.close();
  }
}
