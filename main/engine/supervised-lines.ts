/**
 * What the networks trained from scratch named, a line of JSON each: written one by one, so that a stopped job does not train
 * twice. The file's name says what its lines are of; a torn last line is cut off.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { asDiskFull } from '../files/atomic-file.ts';

const line = z.array(z.number().int().min(0));

export class SupervisedLines {
  private readonly path: string;
  private readonly file: FileHandle;
  /** Classes of each training's query, in the order of the trainings. */
  readonly lines: (readonly number[])[];

  private constructor(path: string, file: FileHandle, lines: (readonly number[])[]) {
    this.path = path;
    this.file = file;
    this.lines = lines;
  }

  static async open(path: string): Promise<SupervisedLines> {
    const file = await open(path, 'a+');
    const whole = wholeLines(await file.readFile('utf8'));
    await file.truncate(whole.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0));
    return new SupervisedLines(
      path,
      file,
      whole.map((text) => line.parse(JSON.parse(text))),
    );
  }

  async append(classes: readonly number[]): Promise<void> {
    try {
      await this.file.appendFile(`${JSON.stringify(classes)}\n`);
      await this.file.datasync();
    } catch (error) {
      throw asDiskFull(this.path, error);
    }
    this.lines.push(classes);
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/** Up to the first line that is torn or no list of classes. */
function wholeLines(text: string): string[] {
  const lines = text.split('\n').slice(0, -1);
  const broken = lines.findIndex((item) => !isLine(item));
  return broken < 0 ? lines : lines.slice(0, broken);
}

function isLine(text: string): boolean {
  try {
    return line.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
