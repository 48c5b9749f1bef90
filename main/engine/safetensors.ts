/**
 * The safetensors format (github.com/huggingface/safetensors): 8 bytes header length, a JSON header, raw little-endian tensors.
 * Reads F32, F16 and I64 into float32 and writes F32, and I64 for the counters `num_batches_tracked`, as PyTorch has them.
 * A file is hostile input: every size is checked before anything is allocated. Never executes anything, unlike a pickle.
 */
import { TrefoilError } from '#common/errors.ts';
import type { EngineState, NamedTensor } from './port.ts';

const largestHeaderBytes = 16 * 2 ** 20;
const largestRank = 8;
const lengthBytes = 8;
const metadataKey = '__metadata__';
const bytesPerValue = { F32: 4, F16: 2, I64: 8 } as const;
type StoredType = keyof typeof bytesPerValue;

export interface SafetensorsFile {
  readonly tensors: EngineState;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  readonly name: string;
  readonly type: StoredType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** The whole file in memory. The same tensors and metadata in the same order give the same bytes. */
export function writeSafetensors(tensors: EngineState, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const parts = [...safetensorsParts(tensors, metadata)];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** The file in pieces, header first, one tensor at a time: for writing large files without a second copy in memory. */
export function* safetensorsParts(
  tensors: EngineState,
  metadata: Readonly<Record<string, string>> = {},
): Generator<Uint8Array, void, undefined> {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header[metadataKey] = metadata;
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    const type = storedType(name);
    const end = offset + data.length * bytesPerValue[type];
    header[name] = { dtype: type, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Spaces up to a multiple of 8 keep the tensors aligned.
  const padded = Math.ceil(text.length / 8) * 8;
  const start = new Uint8Array(lengthBytes + padded).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(padded), true);
  start.set(text, lengthBytes);
  yield start;
  for (const [name, { data }] of tensors) yield storedBytes(storedType(name), data);
}

/** Fails with `checkpoint-invalid` for anything that is not exactly a safetensors file. */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { header, dataStart } = readHeader(bytes);
  const dataBytes = bytes.byteLength - dataStart;
  const metadata = readMetadata(header[metadataKey]);
  const entries = Object.keys(header)
    .filter((name) => name !== metadataKey)
    .map((name) => readEntry(name, header[name], dataBytes));
  let covered = 0;
  for (const entry of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin < covered) throw invalid(`the tensor ${entry.name} overlaps another`);
    if (entry.begin > covered) throw invalid(`bytes before the tensor ${entry.name} belong to no tensor`);
    covered = entry.end;
  }
  if (covered !== dataBytes)
    throw invalid(`its tensors take ${String(covered)} bytes, but ${String(dataBytes)} follow the header`);
  const tensors = new Map<string, NamedTensor>();
  for (const entry of entries) {
    const data = decode(entry.type, bytes.subarray(dataStart + entry.begin, dataStart + entry.end));
    tensors.set(entry.name, { shape: entry.shape, data });
  }
  return { tensors, metadata };
}

/** The backbone alone under torchvision's names (`backbone.` taken off), ready for `load_state_dict(..., strict=False)` without `fc`. */
export function encoderTensors(state: EngineState): EngineState {
  const prefix = 'backbone.';
  return new Map(
    [...state].filter(([name]) => name.startsWith(prefix)).map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  );
}

function storedType(name: string): 'F32' | 'I64' {
  return name.endsWith('num_batches_tracked') ? 'I64' : 'F32';
}

function storedBytes(type: 'F32' | 'I64', data: Float32Array): Uint8Array {
  const size = bytesPerValue[type];
  const bytes = new Uint8Array(data.length * size);
  const view = new DataView(bytes.buffer);
  if (type === 'I64') data.forEach((value, index) => view.setBigInt64(index * size, BigInt(Math.round(value)), true));
  else if (littleEndian()) bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  else data.forEach((value, index) => view.setFloat32(index * size, value, true));
  return bytes;
}

function littleEndian(): boolean {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
}

function decode(type: StoredType, bytes: Uint8Array): Float32Array {
  const data = new Float32Array(bytes.byteLength / bytesPerValue[type]);
  if (type === 'F32' && littleEndian()) {
    new Uint8Array(data.buffer).set(bytes);
    return data;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let index = 0; index < data.length; index += 1) {
    if (type === 'F32') data[index] = view.getFloat32(index * 4, true);
    else if (type === 'F16') data[index] = halfValue(view.getUint16(index * 2, true));
    else data[index] = Number(view.getBigInt64(index * 8, true));
  }
  return data;
}

/** An IEEE 754 half as a number. */
function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.byteLength < lengthBytes) throw invalid('it is shorter than its length field');
  const declared = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true);
  if (declared > BigInt(largestHeaderBytes)) throw invalid(`its header claims ${String(declared)} bytes`);
  const dataStart = lengthBytes + Number(declared);
  if (dataStart > bytes.byteLength) throw invalid('it ends within its header');
  let header: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(lengthBytes, dataStart));
    header = JSON.parse(text);
  } catch (error) {
    throw invalid('its header is not JSON', error);
  }
  if (!isRecord(header)) throw invalid('its header is not an object');
  return { header, dataStart };
}

function readMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) throw invalid('its metadata is not an object');
  const metadata: Record<string, string> = {};
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw invalid(`its metadata ${JSON.stringify(key)} is not text`);
    metadata[key] = text;
  }
  return metadata;
}

function readEntry(name: string, value: unknown, dataBytes: number): Entry {
  if (!isRecord(value)) throw invalid(`the entry of ${name} is not an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(bytesPerValue, dtype)) {
    throw invalid(`${name} has the type ${JSON.stringify(dtype)}; F32, F16 and I64 are read`);
  }
  if (!isCounts(shape) || shape.length > largestRank) throw invalid(`${name} has no valid shape`);
  if (!isCounts(offsets) || offsets.length !== 2) throw invalid(`${name} has no valid byte range`);
  const [begin = 0, end = 0] = offsets;
  if (begin > end || end > dataBytes) throw invalid(`${name} lies outside the file`);
  const type = dtype as StoredType;
  const expected = shape.reduce((product, extent) => product * extent, bytesPerValue[type]);
  if (expected !== end - begin)
    throw invalid(`${name} has ${String(end - begin)} bytes, its shape needs ${String(expected)}`);
  return { name, type, shape, begin, end };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
}

function invalid(fact: string, cause?: unknown): TrefoilError {
  return new TrefoilError(
    'checkpoint-invalid',
    `This is not a valid safetensors file: ${fact}.`,
    'Use an earlier checkpoint of the run, or export the weights again.',
    {},
    cause,
  );
}
