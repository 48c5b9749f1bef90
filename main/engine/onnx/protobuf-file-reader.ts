/**
 * Walks the fields of a protocol buffer message in a file without reading what is skipped, so that a model of gigabytes is
 * looked through in milliseconds. The file is hostile: every length is checked against what is left, every number bounded.
 */
import type { FileHandle } from 'node:fs/promises';
import { TrefoilError } from '#common/errors.ts';

const bufferBytes = 64 * 1024;

export interface MessageField {
  readonly field: number;
  /** 0 a number, 2 bytes, 1 and 5 fixed numbers that are skipped. */
  readonly wireType: number;
  /** Of a number; 0 otherwise. */
  readonly value: number;
  /** Of bytes: where they start and end in the file. */
  readonly start: number;
  readonly end: number;
}

export class ProtobufFileReader {
  private readonly file: FileHandle;
  private readonly name: string;
  private buffer = Buffer.alloc(0);
  private bufferStart = 0;

  constructor(file: FileHandle, name: string) {
    this.file = file;
    this.name = name;
  }

  /** Fields of the message between two positions. Throws `file-truncated` or `file-invalid`. */
  async *fields(start: number, end: number): AsyncGenerator<MessageField> {
    let at = start;
    while (at < end) {
      const key = await this.varint(at, end);
      const field = Math.floor(key.value / 8);
      const wireType = key.value % 8;
      at = key.next;
      if (field < 1 || field > 536_870_911) throw this.invalid();
      if (wireType === 0) {
        const number = await this.varint(at, end);
        at = number.next;
        yield { field, wireType, value: number.value, start: at, end: at };
        continue;
      }
      let length: number;
      if (wireType === 2) {
        const given = await this.varint(at, end);
        at = given.next;
        length = given.value;
      } else if (wireType === 1) length = 8;
      else if (wireType === 5) length = 4;
      else throw this.invalid();
      if (length > end - at) {
        throw new TrefoilError(
          'file-truncated',
          `${this.name} is cut off: a part says it is longer than the file.`,
          'Copy the model again.',
        );
      }
      yield { field, wireType, value: 0, start: at, end: at + length };
      at += length;
    }
  }

  /** Text of a field; `file-invalid` above `limit` bytes. */
  async text({ start, end }: MessageField, limit = 4096): Promise<string> {
    if (end - start > limit) throw this.invalid();
    const bytes = Buffer.alloc(end - start);
    await this.file.read(bytes, 0, bytes.length, start);
    return bytes.toString('utf8');
  }

  private async varint(at: number, end: number): Promise<{ readonly value: number; readonly next: number }> {
    let value = 0;
    for (let index = 0; index < 10; index += 1) {
      if (at + index >= end) break;
      const byte = await this.byte(at + index);
      // Negative numbers come as 64 bits; they are no sizes here and only need to be passed over.
      if (index < 7) value += (byte & 127) * 2 ** (7 * index);
      if (byte < 128) return { value: Math.min(value, Number.MAX_SAFE_INTEGER), next: at + index + 1 };
    }
    throw this.invalid();
  }

  private async byte(at: number): Promise<number> {
    if (at < this.bufferStart || at >= this.bufferStart + this.buffer.length) {
      const next = Buffer.alloc(bufferBytes);
      const { bytesRead } = await this.file.read(next, 0, next.length, at);
      this.buffer = next.subarray(0, bytesRead);
      this.bufferStart = at;
    }
    const byte = this.buffer[at - this.bufferStart];
    if (byte === undefined) throw this.invalid();
    return byte;
  }

  private invalid(): TrefoilError {
    return new TrefoilError(
      'file-invalid',
      `${this.name} is no ONNX model.`,
      'Choose a file that torch.onnx.export or another ONNX exporter wrote.',
    );
  }
}
