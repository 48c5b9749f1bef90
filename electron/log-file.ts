/** The log a person can send in: the newest lines in memory for the crash page, all of them in a file that cannot grow without end. */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const keptLines = 400;
const mostBytes = 5 * 1024 * 1024;

export class LogFile {
  private readonly path: string;
  private readonly now: () => Date;
  private lines: string[] = [];

  constructor(path: string, now: () => Date) {
    this.path = path;
    this.now = now;
    mkdirSync(dirname(path), { recursive: true });
  }

  write(line: string): void {
    const stamped = `${this.now().toISOString()} ${line}`;
    this.lines = [...this.lines.slice(-(keptLines - 1)), stamped];
    try {
      if ((statSync(this.path, { throwIfNoEntry: false })?.size ?? 0) > mostBytes)
        renameSync(this.path, `${this.path}.old`);
      appendFileSync(this.path, `${stamped}\n`);
    } catch {
      // A full disk must not keep the app from running; the newest lines are still shown.
    }
  }

  tail(): string {
    return this.lines.join('\n');
  }
}
