/**
 * Every buffer whose size a slide file decides is asked for here first. A request above the bound is a typed error before
 * any memory is taken, so a few hostile bytes cannot make the process ask for gigabytes. Not a count of memory in use.
 */
import { TrefoilError } from '#common/errors.ts';

/** 256 MiB: one region of `maximumRegionPixels` (192 MiB) and nothing much above it. */
export const maximumBufferBytes = 256 * 1024 * 1024;

export class MemoryGuard {
  /** The largest single buffer asked for so far, in bytes; what the fuzz test looks at. */
  largestBytes = 0;
  readonly #maximumBytes: number;

  constructor(maximumBytes: number = maximumBufferBytes) {
    this.#maximumBytes = maximumBytes;
  }

  /** Throws `limit-exceeded` when `bytes` is above the bound. `what` names the buffer, `file` the slide. */
  check(bytes: number, what: string, file: string): void {
    if (!(bytes >= 0) || bytes > this.#maximumBytes) {
      throw new TrefoilError(
        'limit-exceeded',
        `Reading ${what} of ${file} would take ${bytes} bytes, more than the ${this.#maximumBytes} allowed at once.`,
        'The file may be damaged. If it opens elsewhere, save it as a tiled pyramidal TIFF and add that one.',
        { bytes, maximumBytes: this.#maximumBytes },
      );
    }
    this.largestBytes = Math.max(this.largestBytes, bytes);
  }
}
