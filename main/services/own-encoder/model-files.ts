/**
 * The files of an ONNX model: the .onnx file and those its weights lie in, which must lie beside it. Knows their sizes and
 * checksums, copies them into a project, and says when a file is another one than at import.
 */
import { createHash } from 'node:crypto';
import { copyFile, lstat, mkdir, open } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { readOnnxFile, type OnnxFileFacts } from '../../engine/onnx/onnx-file.ts';
import { asDiskFull } from '../../files/atomic-file.ts';

export interface ModelFile {
  readonly name: string;
  readonly path: string;
  readonly byteLength: number;
}

export interface ModelFiles {
  readonly facts: OnnxFileFacts;
  /** The .onnx file first. */
  readonly files: readonly ModelFile[];
  readonly byteLength: number;
}

/** Copied up to here, left where it is above. */
export const copiedBytes = 2 * 1024 ** 3;
const mostExternalFiles = 1000;
const hashChunkBytes = 4 * 1024 * 1024;

/** Throws what readOnnxFile throws, `file-unsupported` for other makers' operators and for files elsewhere, `out-of-memory`. */
export async function findModelFiles(path: string): Promise<ModelFiles> {
  const name = basename(path);
  const facts = await readOnnxFile(path, name);
  if (facts.foreignOperators.length > 0) {
    throw new TrefoilError(
      'file-unsupported',
      `${name} needs operators that onnxruntime does not bring: ${facts.foreignOperators.slice(0, 5).join(', ')}.`,
      'Export the encoder with standard ONNX operators (opset 17 or so).',
    );
  }
  if (facts.externalFiles.length > mostExternalFiles) {
    throw new TrefoilError('limit-exceeded', `${name} names ${facts.externalFiles.length} data files.`, oneDataFile);
  }
  const files: ModelFile[] = [{ name, path, byteLength: facts.byteLength }];
  for (const external of facts.externalFiles) files.push(await externalFile(path, name, external));
  const byteLength = files.reduce((sum, file) => sum + file.byteLength, 0);
  if (byteLength > totalmem()) {
    throw new TrefoilError(
      'out-of-memory',
      `${name} has ${gigabytes(byteLength)} of weights, this computer ${gigabytes(totalmem())} of memory.`,
      'Use a smaller encoder, or a computer with more memory.',
    );
  }
  return { facts, files, byteLength };
}

const oneDataFile = 'Export the model again with its weights in one data file beside it.';

async function externalFile(model: string, modelName: string, name: string): Promise<ModelFile> {
  const isPlain = name !== '' && name === basename(name) && !/[\\/:\0]/.test(name) && name !== '.' && name !== '..';
  if (!isPlain) {
    throw new TrefoilError(
      'file-unsupported',
      `${modelName} keeps weights outside its own folder (${name.slice(0, 100)}).`,
      oneDataFile,
    );
  }
  const path = join(dirname(model), name);
  const status = await lstat(path).catch(() => null);
  if (status?.isFile() !== true) {
    throw new TrefoilError(
      'file-not-found',
      `${modelName} keeps its weights in ${name}, which is not beside it.`,
      'Copy that file into the same folder, under this name.',
    );
  }
  return { name, path, byteLength: status.size };
}

/** In hex. Throws `cancelled`. */
export async function sha256Of(
  path: string,
  context: StageContext,
  onBytes?: (count: number) => void,
): Promise<string> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new TrefoilError(
      'file-not-found',
      `${basename(path)} is not at its place any more.`,
      'Put the file back where it was, or import the encoder again.',
      {},
      error,
    );
  });
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.alloc(hashChunkBytes);
    for (;;) {
      throwIfCancelled(context.signal);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
      onBytes?.(bytesRead);
    }
  } finally {
    await file.close();
  }
}

export async function copyModelFiles(
  files: readonly ModelFile[],
  folder: string,
  context: StageContext,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [index, file] of files.entries()) {
    throwIfCancelled(context.signal);
    context.onProgress?.({ stage: 'Copying the model', done: index, total: files.length });
    await copyFile(file.path, join(folder, file.name)).catch((error: unknown) => {
      throw asDiskFull(join(folder, file.name), error);
    });
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
