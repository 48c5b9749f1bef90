/**
 * The whole pixel nearest to a place on the screen. Halves always go up: a slide centred in a window lies on halves, which
 * arithmetic in two ways ends just below or just above, and then the slide and its map would part by a pixel.
 */
export function wholePixel(place: number): number {
  return Math.round(place + 1e-4);
}
