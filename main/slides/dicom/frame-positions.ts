/**
 * Where each frame of a sparsely tiled image lies (PS3.3 C.7.6.17.3, C.8.12.6.1), from the per-frame functional groups into
 * flat arrays. Of several optical paths the first is taken, of several focal planes the middle one.
 */
import { BrokenElements, elementsIn, firstItem, itemsOf, type DicomElement } from './dicom-elements.ts';

const planePositionTag = 0x0048_021a;
const columnPositionTag = 0x0048_021e;
const rowPositionTag = 0x0048_021f;
const zOffsetTag = 0x0040_074a;
const opticalPathTag = 0x0048_0207;
const opticalPathNameTag = 0x0048_0106;

/** A slide of 200,000 x 200,000 px in tiles of 256 has 611,000. */
const maximumFrames = 2_000_000;

export interface FramePositions {
  /** Upper left pixel of each frame, counted from 0. */
  readonly x: Int32Array;
  readonly y: Int32Array;
  /** Micrometres above the glass, and the number of the optical path in the order of appearance. */
  readonly z: Float64Array;
  readonly path: Int32Array;
}

/** Null when the groups say no positions. Throws BrokenElements. */
export function readFramePositions(buffer: Buffer, sequence: DicomElement, frameCount: number): FramePositions | null {
  // A frame's group needs tens of bytes, so this also holds a lying count to the bytes that are there.
  if (frameCount > maximumFrames || frameCount > buffer.length / 8)
    throw new BrokenElements('has too few frame groups');
  const x = new Int32Array(frameCount).fill(-1);
  const y = new Int32Array(frameCount).fill(-1);
  const z = new Float64Array(frameCount);
  const path = new Int32Array(frameCount);
  const paths = new Map<string, number>();
  let frame = 0;
  let found = false;
  for (const item of itemsOf(buffer, sequence)) {
    if (frame === frameCount) break;
    const position = firstItem(buffer, item, planePositionTag);
    if (position) {
      for (const { tag, start, end } of elementsIn(buffer, position)) {
        if (end - start >= 4 && tag === columnPositionTag) x[frame] = buffer.readInt32LE(start) - 1;
        if (end - start >= 4 && tag === rowPositionTag) y[frame] = buffer.readInt32LE(start) - 1;
        if (tag === zOffsetTag)
          z[frame] = Number(buffer.toString('latin1', start, Math.min(end, start + 32)).trim()) || 0;
      }
      found = true;
    }
    const optical = firstItem(buffer, item, opticalPathTag);
    if (optical) {
      for (const { tag, start, end } of elementsIn(buffer, optical)) {
        if (tag !== opticalPathNameTag) continue;
        const name = buffer.toString('latin1', start, Math.min(end, start + 32)).trim();
        if (!paths.has(name) && paths.size < 256) paths.set(name, paths.size);
        path[frame] = paths.get(name) ?? 256;
      }
    }
    frame++;
  }
  return found ? { x, y, z, path } : null;
}

/** Frames of the first optical path and the middle focal plane, by cell of the grid; -1 where none is stored. */
export function framesByCell(
  positions: FramePositions,
  tile: { readonly width: number; readonly height: number },
  cells: { readonly across: number; readonly down: number },
): Int32Array | { readonly unsupported: string } {
  const planes = [...new Set(positions.z)].sort((a, b) => a - b);
  const plane = planes[Math.floor((planes.length - 1) / 2)];
  const byCell = new Int32Array(cells.across * cells.down).fill(-1);
  for (let frame = 0; frame < positions.x.length; frame++) {
    const x = positions.x[frame] as number;
    const y = positions.y[frame] as number;
    if (positions.path[frame] !== 0 || positions.z[frame] !== plane || x < 0 || y < 0) continue;
    if (x % tile.width !== 0 || y % tile.height !== 0) return { unsupported: 'frames that do not lie on a grid' };
    const column = x / tile.width;
    const row = y / tile.height;
    if (column < cells.across && row < cells.down) byCell[row * cells.across + column] = frame;
  }
  return byCell;
}
