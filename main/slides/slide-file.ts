/**
 * Random access to a slide file with bounds: nothing is read past the end, nothing larger than the memory guard allows,
 * and a file that changes or vanishes while it is open is noticed. Knows no format.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { TrefoilError } from '#common/errors.ts';
import { MemoryGuard } from './memory-guard.ts';

export class SlideFile {
  readonly path: string;
  /** File name without folders: what messages show. */
  readonly name: string;
  readonly byteLength: number;
  readonly memory: MemoryGuard;
  readonly #handle: FileHandle;
  readonly #modifiedMs: number;

  private constructor(path: string, handle: FileHandle, byteLength: number, modifiedMs: number, memory: MemoryGuard) {
    this.path = path;
    this.name = basename(path);
    this.byteLength = byteLength;
    this.memory = memory;
    this.#handle = handle;
    this.#modifiedMs = modifiedMs;
  }

  /** Throws `file-not-found`, `file-unreadable` (folders, rights, devices) or `file-invalid` (empty file). */
  static async open(path: string, memory: MemoryGuard = new MemoryGuard()): Promise<SlideFile> {
    const name = basename(path);
    let handle: FileHandle;
    try {
      handle = await open(path, 'r');
    } catch (error) {
      throw openFailure(name, error);
    }
    try {
      const status = await handle.stat();
      if (!status.isFile()) {
        throw new TrefoilError(
          'file-unreadable',
          `${name} is ${status.isDirectory() ? 'a folder' : 'not a regular file'}, not a slide file.`,
          'Choose the slide file itself.',
        );
      }
      if (status.size === 0) {
        throw new TrefoilError('file-invalid', `${name} is empty (0 bytes).`, 'Copy the slide again from its source.');
      }
      return new SlideFile(path, handle, status.size, status.mtimeMs, memory);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** `length` bytes at `offset`. Throws `file-truncated` when they lie beyond the end; `what` names them in the message. */
  async read(offset: number, length: number, what: string): Promise<Buffer> {
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) {
      throw new TrefoilError(
        'file-invalid',
        `${this.name} is damaged: impossible position of ${what}.`,
        'Copy the slide again from its source.',
      );
    }
    if (offset + length > this.byteLength) throw this.truncated(offset + length, what);
    this.memory.check(length, what, this.name);
    const buffer = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await this.#read(buffer, done, length - done, offset + done);
      if (bytesRead === 0) throw this.#changed('is shorter than when it was opened');
      done += bytesRead;
    }
    return buffer;
  }

  /** Throws `file-changed` when size or time of change differ from when the file was opened, or when it was deleted. */
  async checkUnchanged(): Promise<void> {
    let status;
    try {
      status = await this.#handle.stat();
    } catch (error) {
      throw this.#unreadable(error);
    }
    if (status.nlink === 0) throw this.#changed('was deleted or replaced');
    if (status.size !== this.byteLength || status.mtimeMs !== this.#modifiedMs) throw this.#changed('was changed');
  }

  truncated(neededBytes: number, what: string): TrefoilError {
    return new TrefoilError(
      'file-truncated',
      `${this.name} ends too early: ${what} lies at bytes up to ${neededBytes}, but the file has ${this.byteLength}.`,
      'The copy was probably cut short. Copy the slide again from its source.',
      { neededBytes, byteLength: this.byteLength },
    );
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }> {
    try {
      return await this.#handle.read(buffer, offset, length, position);
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  #unreadable(error: unknown): TrefoilError {
    return new TrefoilError(
      'file-unreadable',
      `${this.name} could not be read: ${error instanceof Error ? error.message : String(error)}`,
      'Check that the drive is connected and the reader is still open, then try again.',
      {},
      error,
    );
  }

  #changed(what: string): TrefoilError {
    return new TrefoilError(
      'file-changed',
      `${this.name} ${what} while it was being read.`,
      'Let the copy or scan finish, then open the slide again.',
    );
  }
}

/** A failed open() as a typed error. */
export function openFailure(name: string, error: unknown): TrefoilError {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new TrefoilError('file-not-found', `There is no file ${name}.`, 'Check the path and the drive.', {}, error);
  }
  if (code === 'EISDIR') {
    return new TrefoilError(
      'file-unreadable',
      `${name} is a folder, not a slide file.`,
      'Choose the slide file itself.',
    );
  }
  return new TrefoilError(
    'file-unreadable',
    `${name} cannot be opened (${code ?? String(error)}).`,
    'Check that you may read the file.',
    {},
    error,
  );
}
