/** Reads numpy's .npz (a zip of .npy files) for golden tests: C order, uint8 or float32, stored or deflated. Nothing else. */
import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';

export interface NumpyArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array | Float32Array;
}

export function readNpz(path: string): Map<string, NumpyArray> {
  const file = readFileSync(path);
  let end = file.length - 22;
  while (end >= 0 && file.readUInt32LE(end) !== 0x06054b50) end -= 1;
  if (end < 0) throw new Error(`${path} is not a zip file.`);
  const arrays = new Map<string, NumpyArray>();
  let at = file.readUInt32LE(end + 16);
  for (let entry = file.readUInt16LE(end + 10); entry > 0; entry -= 1) {
    const method = file.readUInt16LE(at + 10);
    const packedLength = file.readUInt32LE(at + 20);
    const nameLength = file.readUInt16LE(at + 28);
    const local = file.readUInt32LE(at + 42);
    const name = file.toString('utf8', at + 46, at + 46 + nameLength);
    const start = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
    const packed = file.subarray(start, start + packedLength);
    arrays.set(name.replace(/\.npy$/, ''), readNpy(method === 0 ? packed : inflateRawSync(packed)));
    at += 46 + nameLength + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
  }
  return arrays;
}

function readNpy(bytes: Buffer): NumpyArray {
  const headerLength = bytes[6] === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  const start = (bytes[6] === 1 ? 10 : 12) + headerLength;
  const header = bytes.toString('latin1', 0, start);
  const shape = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '')
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  const body = Uint8Array.from(bytes.subarray(start));
  if (header.includes("'fortran_order': True")) throw new Error('Fortran order is not read here.');
  if (header.includes("'|u1'")) return { shape, data: body };
  if (header.includes("'<f4'")) return { shape, data: new Float32Array(body.buffer) };
  throw new Error(`Unknown numpy type: ${header}`);
}
