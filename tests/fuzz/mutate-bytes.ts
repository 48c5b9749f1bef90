/** Damage that knows little or nothing of a format: bytes changed, cut, doubled; JPEG segments and PNG chunks with lying sizes. */
import { crc32, deflateSync } from 'node:zlib';
import type { RandomStream } from '#common/random.ts';

export const interesting = [
  0,
  1,
  2,
  7,
  8,
  0xff,
  0x7fff,
  0xffff,
  0x10000,
  0x7fffffff,
  0x80000000,
  0xfffffff0,
  0xffffffff,
  2 ** 53,
] as const;

export function damageBytes(seed: Buffer, random: RandomStream): Buffer {
  let bytes: Buffer = Buffer.from(seed);
  if (bytes.length === 0) return bytes;
  const place = (): number => random.nextInteger(bytes.length);
  for (let change = random.nextInteger(4); change >= 0 && bytes.length > 0; change--) {
    switch (random.nextInteger(6)) {
      case 0:
        bytes[place()] = random.nextInteger(256);
        break;
      case 1: {
        // The head of a codestream holds its sizes.
        const at = random.nextInteger(Math.min(64, bytes.length));
        bytes[at] = (interesting[random.nextInteger(6)] ?? 0) & 255;
        break;
      }
      case 2: {
        const at = place();
        bytes.fill(random.nextInteger(2) * 255, at, Math.min(bytes.length, at + random.nextInteger(64)));
        break;
      }
      case 3:
        bytes = bytes.subarray(0, place());
        break;
      case 4: {
        const at = place();
        const piece = bytes.subarray(at, at + random.nextInteger(256));
        bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
        break;
      }
      default: {
        const at = place();
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.nextInteger(32))]);
      }
    }
  }
  return bytes;
}

/** Lengths of segments and sizes of the frame, or bytes anywhere. */
export function mutateJpeg(seed: Buffer, random: RandomStream): Buffer {
  if (random.nextUnit() < 0.5) return damageBytes(seed, random);
  const bytes = Buffer.from(seed);
  const segments: number[] = [];
  for (let at = 2; at + 4 < bytes.length && bytes[at] === 0xff; at += 2 + bytes.readUInt16BE(at + 2)) {
    segments.push(at);
    if (bytes[at + 1] === 0xda) break;
  }
  const at = segments[random.nextInteger(segments.length)] ?? 2;
  const value = [0, 1, 2, 8, 255, 32_767, 65_500, 65_535][random.nextInteger(8)] ?? 0;
  const field = [2, 5, 7][random.nextInteger(3)] ?? 2;
  if (at + field + 2 <= bytes.length) bytes.writeUInt16BE(value, at + field);
  return random.nextUnit() < 0.5 ? bytes : damageBytes(bytes, random);
}

/** Chunks changed with their checksums made right again, so that the decoder believes them; or bytes anywhere. */
export function mutatePng(seed: Buffer, random: RandomStream): Buffer {
  if (random.nextUnit() < 0.4) return damageBytes(seed, random);
  const parts: Buffer[] = [seed.subarray(0, 8)];
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = 8; at + 12 <= seed.length; at += 12 + seed.readUInt32BE(at)) {
    const length = seed.readUInt32BE(at);
    chunks.push({
      type: seed.toString('latin1', at + 4, at + 8),
      data: Buffer.from(seed.subarray(at + 8, at + 8 + length)),
    });
  }
  const chosen = random.nextInteger(chunks.length);
  chunks.forEach(({ type, data }, index) => {
    let content = data;
    if (index === chosen && type === 'IHDR') {
      const size = [0, 1, 15_000, 100_000, 2 ** 31 - 1, 2 ** 32 - 1][random.nextInteger(6)] ?? 1;
      if (random.nextUnit() < 0.7) content.writeUInt32BE(size, random.nextInteger(2) * 4);
      else content[8 + random.nextInteger(5)] = random.nextInteger(18);
    } else if (index === chosen && type === 'IDAT' && random.nextUnit() < 0.3) {
      content = deflateSync(Buffer.alloc(8 * 1024 * 1024));
    } else if (index === chosen) {
      content = damageBytes(content, random);
    }
    const copies = index === chosen && random.nextUnit() < 0.1 ? random.nextInteger(4) : 1;
    for (let copy = 0; copy < copies; copy++) {
      const head = Buffer.concat([Buffer.from(type, 'latin1'), content]);
      const frame = Buffer.alloc(8);
      frame.writeUInt32BE(content.length, 0);
      frame.writeUInt32BE(crc32(head) >>> 0, 4);
      parts.push(frame.subarray(0, 4), head, frame.subarray(4));
    }
  });
  return Buffer.concat(parts);
}
