/**
 * Random access to a slide file with bounds: nothing is read past the end, nothing larger than the memory guard allows,
 * a file that changes or vanishes while it is open is noticed, and a drive that hangs ends in an error (slide-drives.ts).
 * Only regular files are opened, through links too: a pipe or device would wait for ever. Knows no format.
 */
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import { MemoryGuard } from './memory-guard.ts';
import { SlideDrives } from './slide-drives.ts';
import { untilAborted } from './until-aborted.ts';

interface FileStatus {
  readonly size: number;
  readonly mtimeMs: number;
  readonly nlink: number;
  isFile(): boolean;
  isDirectory(): boolean;
}

export interface SlideFileHandle {
  stat(): Promise<FileStatus>;
  read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  close(): Promise<void>;
}

/** What of the file system is used; tests put one in that hangs or fails. */
export interface SlideFileSystem {
  stat(path: string): Promise<FileStatus>;
  open(path: string): Promise<SlideFileHandle>;
}

export interface SlideFileOptions {
  /** Shared by all files of a process, so that one hanging drive is known to all of them. */
  readonly drives?: SlideDrives | undefined;
  readonly files?: SlideFileSystem | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** O_NONBLOCK: what became a pipe between looking and opening must not wait for a writer. Windows has no such flag. */
const nodeFiles: SlideFileSystem = {
  stat: (path) => stat(path),
  open: (path) => open(path, constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0)),
};

export class SlideFile {
  readonly path: string;
  /** File name without folders: what messages show. */
  readonly name: string;
  readonly byteLength: number;
  readonly memory: MemoryGuard;
  readonly #handle: SlideFileHandle;
  readonly #modifiedMs: number;
  readonly #drives: SlideDrives;
  readonly #files: SlideFileSystem;
  /** The look at the file that is under way or was the last, and the one after it. */
  #look: Promise<void> = Promise.resolve();
  #nextLook: Promise<void> | null = null;

  private constructor(
    path: string,
    handle: SlideFileHandle,
    status: FileStatus,
    memory: MemoryGuard,
    drives: SlideDrives,
    files: SlideFileSystem,
  ) {
    this.path = path;
    this.name = basename(path);
    this.byteLength = status.size;
    this.memory = memory;
    this.#handle = handle;
    this.#modifiedMs = status.mtimeMs;
    this.#drives = drives;
    this.#files = files;
  }

  /** Throws `file-not-found`, `file-unreadable` (folders, rights, devices, drives that hang) or `file-invalid` (empty file). */
  static async open(
    path: string,
    memory: MemoryGuard = new MemoryGuard(),
    { drives = new SlideDrives(), files = nodeFiles, signal }: SlideFileOptions = {},
  ): Promise<SlideFile> {
    const name = basename(path);
    let handle: SlideFileHandle;
    try {
      checkRegular(name, await drives.run(path, () => files.stat(path), { signal }));
      const discard = (late: SlideFileHandle): void => void late.close().catch(() => undefined);
      handle = await drives.run(path, () => files.open(path), { signal, discard });
    } catch (error) {
      throw openFailure(name, error);
    }
    try {
      const status = await drives.run(path, () => handle.stat(), { signal });
      checkRegular(name, status);
      if (status.size === 0) {
        throw new TrefoilError('file-invalid', `${name} is empty (0 bytes).`, 'Copy the slide again from its source.');
      }
      return new SlideFile(path, handle, status, memory, drives, files);
    } catch (error) {
      // Not waited for: on a drive that hangs closing would hang too.
      void handle.close().catch(() => undefined);
      throw openFailure(name, error);
    }
  }

  /** `length` bytes at `offset`. Throws `file-truncated` when they lie beyond the end; `what` names them in the message. */
  async read(offset: number, length: number, what: string, signal?: AbortSignal): Promise<Buffer> {
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
      const { bytesRead } = await this.#read(buffer, done, length - done, offset + done, signal);
      if (bytesRead === 0) throw this.#changed('is shorter than when it was opened');
      done += bytesRead;
    }
    return buffer;
  }

  /**
   * Throws `file-changed` when the file grew, shrank, was written, deleted or replaced since it was opened: the open file is
   * looked at, and what its name leads to now.
   */
  async checkUnchanged(signal?: AbortSignal): Promise<void> {
    // Many regions read at once are answered by one look, if it begins after they were read.
    this.#nextLook ??= this.#look.then(() => {
      const look = this.#checkUnchanged();
      this.#nextLook = null;
      this.#look = look.catch(() => undefined);
      return look;
    });
    await untilAborted(this.#nextLook, signal);
  }

  async #checkUnchanged(): Promise<void> {
    let status: FileStatus;
    let named: FileStatus;
    try {
      status = await this.#drives.run(this.path, () => this.#handle.stat());
      named = await this.#drives.run(this.path, () => this.#files.stat(this.path));
    } catch (error) {
      if (isGone(error)) throw this.#changed('was deleted or moved');
      throw this.#unreadable(error);
    }
    if (status.nlink === 0) throw this.#changed('was deleted or replaced');
    for (const now of [status, named]) {
      if (now.size !== this.byteLength || now.mtimeMs !== this.#modifiedMs) throw this.#changed('was changed');
    }
  }

  /**
   * What `read` gives, if the file stayed the same until then. A failure of `read` is told as `file-changed` where that is
   * its cause: pixels of half a file are neither damage nor a picture.
   */
  async whileUnchanged<T>(read: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    throwIfCancelled(signal);
    try {
      const result = await read();
      await this.checkUnchanged(signal);
      return result;
    } catch (error) {
      const isOfTheFile = error instanceof TrefoilError && /^file-(invalid|truncated|unsupported)$/.test(error.code);
      if (isOfTheFile) await this.checkUnchanged(signal);
      throw error;
    }
  }

  truncated(neededBytes: number, what: string): TrefoilError {
    return new TrefoilError(
      'file-truncated',
      `${this.name} ends too early: ${what} lies at bytes up to ${neededBytes}, but the file has ${this.byteLength}.`,
      'The copy was probably cut short. Copy the slide again from its source.',
      { neededBytes, byteLength: this.byteLength },
    );
  }

  /** Ends without waiting for reads that hang: their handle is closed when the drive answers. */
  async close(): Promise<void> {
    const closing = this.#handle.close();
    // Where it is not waited for, its failure is nobody's.
    closing.catch(() => undefined);
    if (this.#drives.callsUnderWay === 0) return closing;
    await this.#drives
      .run(this.path, () => closing)
      .catch((error: unknown) => {
        if (!(error instanceof TrefoilError)) throw error;
      });
  }

  async #read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    signal: AbortSignal | undefined,
  ): Promise<{ bytesRead: number }> {
    try {
      return await this.#drives.run(this.path, () => this.#handle.read(buffer, offset, length, position), { signal });
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  #unreadable(error: unknown): TrefoilError {
    if (error instanceof TrefoilError) return error;
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

function checkRegular(name: string, status: FileStatus): void {
  if (status.isFile()) return;
  throw new TrefoilError(
    'file-unreadable',
    `${name} is ${status.isDirectory() ? 'a folder' : 'not a regular file'}, not a slide file.`,
    'Choose the slide file itself.',
  );
}

function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ESTALE';
}

/** A failed open() as a typed error. */
export function openFailure(name: string, error: unknown): TrefoilError {
  if (error instanceof TrefoilError) return error;
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (isGone(error)) {
    return new TrefoilError('file-not-found', `There is no file ${name}.`, 'Check the path and the drive.', {}, error);
  }
  if (code === 'ELOOP') {
    return new TrefoilError(
      'file-unreadable',
      `${name} is a link that leads back to itself.`,
      'Choose the slide file itself, or make the link again.',
      {},
      error,
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
