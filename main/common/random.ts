/**
 * Seeded, counter-based random numbers. A stream is a pure function of its key (any number of integers or strings), so
 * the order of calls elsewhere, the number of workers and a resume cannot change a draw. Not for cryptography.
 * Source of the mixing function: mulberry32 (Tommy Ettinger, public domain), keyed by 32-bit FNV-1a.
 */

/** 32-bit FNV-1a over the UTF-8 bytes of `text`. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash >>> 0;
}

/** One avalanche of mulberry32 over a 32-bit state; returns an unsigned 32-bit integer. */
function mix(state: number): number {
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return (t ^ (t >>> 14)) >>> 0;
}

export class RandomStream {
  private state: number;

  private constructor(state: number) {
    this.state = state >>> 0;
  }

  /** A stream for a key such as ("augment", seed, epoch, tile, view). Equal keys give equal streams. */
  static of(...key: readonly (string | number)[]): RandomStream {
    let state = 0x9e3779b9;
    for (const part of key) {
      const value = typeof part === 'string' ? fnv1a(part) : mix((part >>> 0) ^ mix(Math.floor(part / 2 ** 32) >>> 0));
      state = mix((Math.imul(state, 0x85ebca6b) + value + 0x6d2b79f5) >>> 0);
    }
    return new RandomStream(state);
  }

  /** Unsigned 32-bit integer. */
  nextUint32(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    return mix(this.state);
  }

  /** Uniform in [0, 1) with 32 bits. */
  nextUnit(): number {
    return this.nextUint32() / 2 ** 32;
  }

  nextUniform(low: number, high: number): number {
    return low + (high - low) * this.nextUnit();
  }

  /** Uniform integer in [0, count). `count` is at least 1. */
  nextInteger(count: number): number {
    return Math.floor(this.nextUnit() * count);
  }

  /** Standard normal, Box-Muller, one value per call. */
  nextNormal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.nextUnit()));
    return radius * Math.cos(2 * Math.PI * this.nextUnit());
  }

  /** Fisher-Yates shuffle of a copy. */
  shuffled<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i -= 1) {
      const j = this.nextInteger(i + 1);
      [result[i], result[j]] = [result[j] as T, result[i] as T];
    }
    return result;
  }
}
