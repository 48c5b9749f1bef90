/**
 * Removes small connected components from a binary mask, in place: holes (components of 0) and specks (components of 1).
 * Iterative flood fill with one stack, so a mask of any shape cannot overflow the call stack.
 */

export interface Mask {
  readonly width: number;
  readonly height: number;
  /** 0 or 1 a pixel. */
  readonly data: Uint8Array;
}

export interface ComponentRule {
  /** Which components are looked at. */
  readonly value: 0 | 1;
  /** Components with fewer pixels are flipped. */
  readonly minimumPixels: number;
  /** Whether diagonal neighbours connect: yes for tissue, no for holes, so the two can never cross. */
  readonly diagonal: boolean;
  /** Leaves components that touch the edge of the mask: glass that runs out of the slide is not a hole. */
  readonly keepAtEdge: boolean;
}

export function flipSmallComponents(mask: Mask, rule: ComponentRule): void {
  const { width, height, data } = mask;
  const seen = new Uint8Array(data.length);
  // Each pixel is pushed at most once, so the component's pixels stay in the list after they were visited.
  const component = new Int32Array(data.length);
  for (let start = 0; start < data.length; start += 1) {
    if (seen[start] === 1 || data[start] !== rule.value) continue;
    let length = 1;
    let atEdge = false;
    component[0] = start;
    seen[start] = 1;
    for (let next = 0; next < length; next += 1) {
      const pixel = component[next] as number;
      const row = Math.floor(pixel / width);
      const column = pixel - row * width;
      if (row === 0 || column === 0 || row === height - 1 || column === width - 1) atEdge = true;
      for (let down = -1; down <= 1; down += 1) {
        if (row + down < 0 || row + down >= height) continue;
        for (let right = -1; right <= 1; right += 1) {
          if (column + right < 0 || column + right >= width || (!rule.diagonal && down !== 0 && right !== 0)) continue;
          const neighbour = pixel + down * width + right;
          if (seen[neighbour] === 1 || data[neighbour] !== rule.value) continue;
          seen[neighbour] = 1;
          component[length] = neighbour;
          length += 1;
        }
      }
    }
    if (length >= rule.minimumPixels || (atEdge && rule.keepAtEdge)) continue;
    for (let index = 0; index < length; index += 1) data[component[index] as number] = rule.value === 0 ? 1 : 0;
  }
}
