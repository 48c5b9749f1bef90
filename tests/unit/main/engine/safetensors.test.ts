import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { TrefoilError } from '#common/errors.ts';
import { encoderTensors, readSafetensors, safetensorsParts, writeSafetensors } from '#main/engine/safetensors.ts';
import { networks, type EngineState } from '#main/engine/port.ts';
import { initialState } from '#main/engine/network-parameters.ts';

const tensors: EngineState = new Map([
  ['backbone.conv1.weight', { shape: [2, 1, 1, 2], data: Float32Array.of(1.5, -0, NaN, 1e-40) }],
  ['backbone.bn1.num_batches_tracked', { shape: [], data: Float32Array.of(7) }],
  ['projector.0.bias', { shape: [0], data: new Float32Array(0) }],
]);

/** A file from a hand-written header and data. */
function file(
  header: unknown,
  dataBytes = 0,
  text = typeof header === 'string' ? header : JSON.stringify(header),
): Uint8Array {
  const encoded = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + encoded.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(encoded.length), true);
  bytes.set(encoded, 8);
  return bytes;
}

test('what is written is read again bit for bit, with names, shapes, order and metadata', () => {
  const read = readSafetensors(writeSafetensors(tensors, { format: 'pt', note: 'Gewebe ü' }));
  expect(read.metadata).toEqual({ format: 'pt', note: 'Gewebe ü' });
  expect([...read.tensors.keys()]).toEqual([...tensors.keys()]);
  for (const [name, { shape, data }] of tensors) {
    expect(read.tensors.get(name)!.shape).toEqual(shape);
    expect(new Uint8Array(read.tensors.get(name)!.data.buffer)).toEqual(new Uint8Array(data.buffer));
  }
});

test('the layout is that of the format: aligned header, float32 little-endian, counters as 64-bit integers', () => {
  const bytes = writeSafetensors(tensors);
  const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  expect(headerBytes % 8).toBe(0);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes))) as Record<string, unknown>;
  expect(header['backbone.conv1.weight']).toEqual({ dtype: 'F32', shape: [2, 1, 1, 2], data_offsets: [0, 16] });
  expect(header['backbone.bn1.num_batches_tracked']).toEqual({ dtype: 'I64', shape: [], data_offsets: [16, 24] });
  const view = new DataView(bytes.buffer, 8 + headerBytes);
  expect(view.getFloat32(0, true)).toBe(1.5);
  expect(view.getBigInt64(16, true)).toBe(7n);
});

test('the parts together are the file', () => {
  const parts = [...safetensorsParts(tensors, { a: 'b' })];
  expect(parts).toHaveLength(4);
  expect(Buffer.concat(parts).equals(Buffer.from(writeSafetensors(tensors, { a: 'b' })))).toBe(true);
});

test('half precision is read, with subnormals and infinities', () => {
  const bytes = file({ x: { dtype: 'F16', shape: [5], data_offsets: [0, 10] } }, 10);
  const view = new DataView(bytes.buffer, bytes.length - 10);
  [0x3c00, 0xc100, 0x0001, 0x7c00, 0x7e00].forEach((bits, index) => view.setUint16(index * 2, bits, true));
  expect([...readSafetensors(bytes).tensors.get('x')!.data]).toEqual([1, -2.5, 2 ** -24, Infinity, NaN]);
});

test('the encoder is the backbone under torchvision names', () => {
  expect([...encoderTensors(tensors).keys()]).toEqual(['conv1.weight', 'bn1.num_batches_tracked']);
});

test("ResNet-50's encoder has the names and shapes of torchvision's, so that it loads by name", () => {
  const names = new URL('../../../golden/resnet50-names.json', import.meta.url);
  const { tensors: expected } = JSON.parse(readFileSync(names, 'utf8')) as { tensors: Record<string, number[]> };
  const found = encoderTensors(initialState(networks.resnet50, 1));
  expect(Object.fromEntries([...found].map(([name, { shape }]) => [name, shape]))).toEqual(expected);
});

describe('a file that is not safetensors is refused with checkpoint-invalid', () => {
  const entry = (dtype: unknown, shape: unknown, offsets: unknown): unknown => ({
    x: { dtype, shape, data_offsets: offsets },
  });
  const huge = new Uint8Array(16);
  new DataView(huge.buffer).setBigUint64(0, 2n ** 60n, true);
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['empty', new Uint8Array(0), /shorter/],
    ['a header of an exabyte', huge, /claims 1152921504606846976 bytes/],
    ['cut within the header', file({}).subarray(0, 9), /ends within its header/],
    ['no JSON', file('{"x":'), /not JSON/],
    ['no object', file('[]'), /not an object/],
    ['metadata that is not text', file({ __metadata__: { a: 1 } }), /metadata "a" is not text/],
    ['unknown type', file(entry('F64', [1], [0, 8]), 8), /type "F64"/],
    ['inherited type name', file(entry('constructor', [1], [0, 8]), 8), /type "constructor"/],
    ['negative extent', file(entry('F32', [-1], [0, 4]), 4), /no valid shape/],
    ['rank of a million', file(entry('F32', new Array(10).fill(1), [0, 4]), 4), /no valid shape/],
    ['range beyond the file', file(entry('F32', [2], [0, 8]), 4), /outside the file/],
    ['range backwards', file(entry('F32', [1], [4, 0]), 4), /outside the file/],
    ['shape and range disagree', file(entry('F32', [1e15], [0, 4]), 4), /its shape needs/],
    ['bytes that belong to nothing', file(entry('F32', [1], [0, 4]), 8), /8 follow/],
    ['a hole', file(entry('F32', [1], [4, 8]), 8), /belong to no tensor/],
    [
      'overlap',
      file(
        {
          x: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
          y: { dtype: 'F32', shape: [1], data_offsets: [4, 8] },
        },
        8,
      ),
      /overlaps/,
    ],
  ];
  test.each(cases)('%s', (_name, bytes, message) => {
    const read = (): unknown => readSafetensors(bytes);
    expect(read).toThrow(TrefoilError);
    expect(read).toThrow(
      expect.objectContaining({ code: 'checkpoint-invalid', message: expect.stringMatching(message) as string }),
    );
  });
});
