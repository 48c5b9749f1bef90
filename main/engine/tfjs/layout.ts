/**
 * Re-orderings of plain arrays between PyTorch's layouts and those the products on the device need. Pure copies, no arithmetic
 * beyond adding gradients of a batch's parts together.
 */

/** OIHW -> HWIO, the filter of a forward convolution. */
export function forwardFilter(
  weight: Float32Array,
  outputs: number,
  inputs: number,
  area: number,
  filter: Float32Array,
): void {
  let target = 0;
  for (let position = 0; position < area; position += 1) {
    for (let input = 0; input < inputs; input += 1) {
      let source = input * area + position;
      for (let output = 0; output < outputs; output += 1, source += inputs * area) {
        filter[target++] = weight[source] as number;
      }
    }
  }
}

/** OIHW -> HWOI turned by 180 degrees: convolving an output's gradient with it gives the input's gradient. */
export function backwardFilter(
  weight: Float32Array,
  outputs: number,
  inputs: number,
  area: number,
  filter: Float32Array,
): void {
  let target = 0;
  for (let position = area - 1; position >= 0; position -= 1) {
    for (let output = 0; output < outputs; output += 1) {
      let source = output * inputs * area + position;
      for (let input = 0; input < inputs; input += 1, source += area) filter[target++] = weight[source] as number;
    }
  }
}

/** Adds a weight gradient in [input, position, output] order to one in OIHW. */
export function addInputMajorGradient(
  part: Float32Array,
  outputs: number,
  inputs: number,
  area: number,
  gradient: Float32Array,
): void {
  let source = 0;
  for (let input = 0; input < inputs; input += 1) {
    for (let position = 0; position < area; position += 1) {
      let target = input * area + position;
      for (let output = 0; output < outputs; output += 1, target += inputs * area) {
        gradient[target] = (gradient[target] as number) + (part[source++] as number);
      }
    }
  }
}

/** [rows, columns] -> [columns, rows], in blocks so that both sides stay in the cache. */
export function transpose(source: Float32Array, rows: number, columns: number, target: Float32Array): void {
  const block = 16;
  for (let row0 = 0; row0 < rows; row0 += block) {
    const rowEnd = Math.min(rows, row0 + block);
    for (let column0 = 0; column0 < columns; column0 += block) {
      const columnEnd = Math.min(columns, column0 + block);
      for (let column = column0; column < columnEnd; column += 1) {
        let from = row0 * columns + column;
        let to = column * rows + row0;
        for (let row = row0; row < rowEnd; row += 1, from += columns) target[to++] = source[from] as number;
      }
    }
  }
}

/** Images [first, first + count) of [images, area, channels] -> [channels, area, count]. */
export function channelsFirstImagesLast(
  source: Float32Array,
  first: number,
  count: number,
  area: number,
  channels: number,
  target: Float32Array,
): void {
  // Rows far apart by a power of two share cache sets, so each position is gathered into a compact block first.
  const gathered = new Float32Array(count * channels);
  const imageSize = area * channels;
  for (let position = 0; position < area; position += 1) {
    let filled = 0;
    for (let image = 0; image < count; image += 1) {
      let from = (first + image) * imageSize + position * channels;
      for (let channel = 0; channel < channels; channel += 1) gathered[filled++] = source[from++] as number;
    }
    for (let channel = 0; channel < channels; channel += 1) {
      let to = (channel * area + position) * count;
      let from = channel;
      for (let image = 0; image < count; image += 1, from += channels) target[to++] = gathered[from] as number;
    }
  }
}

/** Images [first, first + count) of [images, area, channels] -> [area, count, channels]. */
export function imagesInside(
  source: Float32Array,
  first: number,
  count: number,
  area: number,
  channels: number,
  target: Float32Array,
): void {
  for (let image = 0; image < count; image += 1) {
    let from = (first + image) * area * channels;
    for (let position = 0; position < area; position += 1) {
      let to = (position * count + image) * channels;
      for (let channel = 0; channel < channels; channel += 1) target[to++] = source[from++] as number;
    }
  }
}
