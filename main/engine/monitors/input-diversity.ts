/**
 * Whether the tiles themselves differ. A network cannot learn from one picture repeated, and its monitors then look like a
 * collapse of the method; this tells the two apart. Works on stored pixels, before any augmentation.
 */

export interface InputDiversity {
  readonly tiles: number;
  /** Tiles with pairwise different pixels. */
  readonly distinctTiles: number;
  /** Root mean square over pixels and tiles of the difference to the mean tile, in grey levels 0..255. */
  readonly betweenTileStd: number;
  /** Mean over tiles of the standard deviation of a tile's own values, in grey levels 0..255. */
  readonly withinTileStd: number;
}

/** `pixels` holds `tiles` records of equal length, 8 bit. */
export function measureInputDiversity(pixels: Uint8Array, tiles: number): InputDiversity {
  const byteLength = tiles === 0 ? 0 : pixels.length / tiles;
  const hashes = new Set<number>();
  const mean = new Float64Array(byteLength);
  let within = 0;
  for (let tile = 0; tile < tiles; tile += 1) {
    const record = pixels.subarray(tile * byteLength, (tile + 1) * byteLength);
    hashes.add(fnv1aOfBytes(record));
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < byteLength; i += 1) {
      const value = record[i] ?? 0;
      mean[i] = (mean[i] ?? 0) + value;
      sum += value;
      squares += value * value;
    }
    within += Math.sqrt(Math.max(0, squares / byteLength - (sum / byteLength) ** 2));
  }
  let between = 0;
  for (let tile = 0; tile < tiles; tile += 1) {
    // Divided here and not while summing: equal tiles then differ by exactly 0.
    for (let i = 0; i < byteLength; i += 1)
      between += ((pixels[tile * byteLength + i] ?? 0) - (mean[i] ?? 0) / tiles) ** 2;
  }
  return {
    tiles,
    distinctTiles: hashes.size,
    betweenTileStd: pixels.length === 0 ? 0 : Math.sqrt(between / pixels.length),
    withinTileStd: tiles === 0 ? 0 : within / tiles,
  };
}

/** 32-bit FNV-1a: enough to count duplicates in a sample of some hundred tiles. */
function fnv1aOfBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
