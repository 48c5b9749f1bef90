/**
 * Features of an embedding job that was stopped: whole rows in one file beside the target, appended block by block, so that hours
 * of a large encoder are not computed twice. The file's name says what they are of; a torn last row is cut off. Not named `.partial`, as atomic writing names its own.
 */
import { open, rm, type FileHandle } from 'node:fs/promises';
import { asDiskFull } from '../../files/atomic-file.ts';

export class PartialFeatures {
  private readonly path: string;
  private readonly file: FileHandle;
  private readonly rowBytes: number;
  /** Rows that are there. */
  rows: number;

  private constructor(path: string, file: FileHandle, rowBytes: number, rows: number) {
    this.path = path;
    this.file = file;
    this.rowBytes = rowBytes;
    this.rows = rows;
  }

  static async open(target: string, dimension: number): Promise<PartialFeatures> {
    const path = `${target}.rows`;
    const file = await open(path, 'a+');
    const rowBytes = dimension * 4;
    const rows = Math.floor((await file.stat()).size / rowBytes);
    await file.truncate(rows * rowBytes);
    return new PartialFeatures(path, file, rowBytes, rows);
  }

  async append(block: Float32Array): Promise<void> {
    try {
      await this.file.appendFile(new Uint8Array(block.buffer, block.byteOffset, block.byteLength));
      // A row that a power cut left as zeroes would be taken for features.
      await this.file.datasync();
    } catch (error) {
      throw asDiskFull(this.path, error);
    }
    this.rows += block.byteLength / this.rowBytes;
  }

  async *blocks(rowsPerBlock: number): AsyncGenerator<Float32Array> {
    for (let row = 0; row < this.rows; row += rowsPerBlock) {
      const count = Math.min(rowsPerBlock, this.rows - row);
      const bytes = new Uint8Array(count * this.rowBytes);
      await this.file.read(bytes, 0, bytes.length, row * this.rowBytes);
      yield new Float32Array(bytes.buffer);
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }

  async remove(): Promise<void> {
    await this.file.close();
    await rm(this.path, { force: true });
  }
}
