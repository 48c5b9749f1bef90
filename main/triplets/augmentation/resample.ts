/**
 * Antialiased separable resampling of a crop, equal to PyTorch's interpolate(antialias=True, align_corners=False): the
 * filter is stretched by the shrinking factor, cut at the crop's edges and normalised. Bilinear (triangle) and bicubic
 * (Keys, a = -0.5). Input 8-bit interleaved RGB, output float32 interleaved RGB in 0..1.
 */

export type ResampleFilter = 'bilinear' | 'bicubic';

/** Source pixels first[i] .. first[i] + taps - 1 make output pixel i; weights are [outputs, taps], 0 where unused. */
interface ResampleTable {
  readonly taps: number;
  readonly first: Int32Array;
  readonly weights: Float32Array;
}

function triangle(x: number): number {
  const distance = Math.abs(x);
  return distance < 1 ? 1 - distance : 0;
}

function cubic(x: number): number {
  const a = -0.5;
  const d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return (((d - 5) * d + 8) * d - 4) * a;
  return 0;
}

function resampleTable(inputPx: number, outputPx: number, filter: ResampleFilter): ResampleTable {
  const kernel = filter === 'bilinear' ? triangle : cubic;
  const scale = inputPx / outputPx;
  const stretch = Math.max(scale, 1);
  const support = (filter === 'bilinear' ? 1 : 2) * stretch;
  const taps = Math.min(inputPx, Math.ceil(support) * 2 + 1);
  const first = new Int32Array(outputPx);
  const weights = new Float32Array(outputPx * taps);
  for (let output = 0; output < outputPx; output += 1) {
    const centre = scale * (output + 0.5);
    const low = Math.max(Math.trunc(centre - support + 0.5), 0);
    const count = Math.min(Math.trunc(centre + support + 0.5), inputPx) - low;
    // A window may not run past the crop, so the first pixel moves left and the weights right.
    const start = Math.min(low, inputPx - taps);
    let sum = 0;
    for (let tap = 0; tap < count; tap += 1) sum += kernel((tap + low - centre + 0.5) / stretch);
    for (let tap = 0; tap < count; tap += 1) {
      weights[output * taps + (low - start) + tap] = kernel((tap + low - centre + 0.5) / stretch) / sum;
    }
    first[output] = start;
  }
  return { taps, first, weights };
}

/** Resamples to squares of `outputPx`; keeps tables and scratch memory, so make one and use it for many views. */
export class Resampler {
  private readonly outputPx: number;
  private readonly filter: ResampleFilter;
  private readonly tables = new Map<number, ResampleTable>();
  private rows = new Float32Array(0);

  constructor(outputPx: number, filter: ResampleFilter = 'bilinear') {
    this.outputPx = outputPx;
    this.filter = filter;
  }

  /** `source` is [*, sourceWidth, 3]; writes [outputPx, outputPx, 3] to the start of `out`. */
  resample(
    source: Uint8Array,
    sourceWidth: number,
    crop: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
    out: Float32Array,
  ): void {
    const size = this.outputPx;
    const rowLength = size * 3;
    const across = this.table(crop.width);
    const down = this.table(crop.height);
    if (this.rows.length < crop.height * rowLength) this.rows = new Float32Array(crop.height * rowLength);
    const rows = this.rows;
    for (let row = 0, to = 0; row < crop.height; row += 1) {
      const from = ((crop.y + row) * sourceWidth + crop.x) * 3;
      for (let column = 0, weight = 0; column < size; column += 1, to += 3) {
        let at = from + (across.first[column] as number) * 3;
        let red = 0;
        let green = 0;
        let blue = 0;
        for (const end = weight + across.taps; weight < end; weight += 1, at += 3) {
          const share = across.weights[weight] as number;
          red += share * (source[at] as number);
          green += share * (source[at + 1] as number);
          blue += share * (source[at + 2] as number);
        }
        rows[to] = red;
        rows[to + 1] = green;
        rows[to + 2] = blue;
      }
    }
    const toUnit = 1 / 255;
    for (let row = 0; row < size; row += 1) {
      const to = row * rowLength;
      const from = (down.first[row] as number) * rowLength;
      for (let tap = 0; tap < down.taps; tap += 1) {
        const share = (down.weights[row * down.taps + tap] as number) * toUnit;
        const line = from + tap * rowLength;
        if (tap === 0) for (let i = 0; i < rowLength; i += 1) out[to + i] = share * (rows[line + i] as number);
        else if (share !== 0) {
          for (let i = 0; i < rowLength; i += 1)
            out[to + i] = (out[to + i] as number) + share * (rows[line + i] as number);
        }
      }
    }
  }

  private table(inputPx: number): ResampleTable {
    let table = this.tables.get(inputPx);
    if (!table) this.tables.set(inputPx, (table = resampleTable(inputPx, this.outputPx, this.filter)));
    return table;
  }
}
