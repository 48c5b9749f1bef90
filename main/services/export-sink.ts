/** The folder an export is written to: each file whole or absent, its size remembered, cancelled between files and within. */
import { mkdir, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { throwIfCancelled } from '#common/errors.ts';
import { asDiskFull, writeAtomically, writeFileAtomically } from '../files/atomic-file.ts';
import { writeTextStream } from '../files/text-stream.ts';

export interface WrittenFile {
  /** Relative to the export's folder, with forward slashes. */
  readonly name: string;
  readonly byteLength: number;
}

export class ExportSink {
  readonly directory: string;
  readonly signal: AbortSignal | undefined;
  private readonly written: WrittenFile[] = [];

  private constructor(directory: string, signal: AbortSignal | undefined) {
    this.directory = directory;
    this.signal = signal;
  }

  /** Makes the folder. */
  static async open(directory: string, signal: AbortSignal | undefined): Promise<ExportSink> {
    const sink = new ExportSink(directory, signal);
    await sink.folder('');
    return sink;
  }

  get files(): readonly WrittenFile[] {
    return this.written;
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    throwIfCancelled(this.signal);
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    await writeFileAtomically(this.pathOf(name), bytes);
    this.note(name, bytes.byteLength);
  }

  /** Text in pieces, with bounded memory. */
  async stream(name: string, pieces: Iterable<string>, gzip = false): Promise<void> {
    throwIfCancelled(this.signal);
    this.note(name, await writeTextStream(this.pathOf(name), pieces, { gzip, signal: this.signal }));
  }

  async fill(name: string, content: (file: FileHandle) => Promise<void>): Promise<void> {
    throwIfCancelled(this.signal);
    await writeAtomically(this.pathOf(name), content);
    this.note(name, (await stat(this.pathOf(name))).size);
  }

  /** Makes a folder of the export. */
  async folder(name: string): Promise<string> {
    const path = this.pathOf(name);
    try {
      await mkdir(path, { recursive: true });
    } catch (error) {
      throw asDiskFull(dirname(path), error);
    }
    return path;
  }

  pathOf(name: string): string {
    return join(this.directory, ...name.split('/'));
  }

  /** Something written by other means, or a folder in place of its many files. */
  note(name: string, byteLength: number): void {
    this.written.push({ name, byteLength });
  }
}
