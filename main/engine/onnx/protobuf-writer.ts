/**
 * Writes protocol buffer messages: the few wire types that an ONNX model needs (onnx.proto3, protobuf.dev/programming-guides/
 * encoding). No schema, no reading.
 */

export class ProtobufWriter {
  private readonly parts: Uint8Array[] = [];
  private byteLength = 0;

  /** A whole number of at most 53 bits, not negative. */
  integer(field: number, value: number): this {
    return this.key(field, 0).varint(value);
  }

  float32(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.key(field, 5).raw(bytes);
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    return this.key(field, 2).varint(value.length).raw(value);
  }

  message(field: number, write: (inner: ProtobufWriter) => void): this {
    const inner = new ProtobufWriter();
    write(inner);
    this.key(field, 2).varint(inner.byteLength);
    // Parts are handed on, not copied: weights of 100 MB pass through several levels.
    return this.append(inner);
  }

  /** The fields of another message, as if written here. */
  append(other: ProtobufWriter): this {
    for (const part of other.parts) this.raw(part);
    return this;
  }

  finish(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.byteLength);
    let at = 0;
    for (const part of this.parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  private key(field: number, wireType: number): this {
    return this.varint(field * 8 + wireType);
  }

  private varint(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no whole number to write`);
    const bytes: number[] = [];
    let rest = value;
    while (rest > 127) {
      bytes.push((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    bytes.push(rest);
    return this.raw(Uint8Array.from(bytes));
  }

  private raw(bytes: Uint8Array): this {
    this.parts.push(bytes);
    this.byteLength += bytes.length;
    return this;
  }
}
