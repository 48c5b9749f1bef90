/** Where a level-0 point is on the screen and back, scale bars, magnifications. Pure. */

/** What of the slide is seen. Screen pixels are CSS pixels from the top left of the viewer. */
export interface ViewState {
  /** Level-0 point in the middle of the viewer. */
  readonly centreX: number;
  readonly centreY: number;
  /** Screen pixels per level-0 pixel. */
  readonly scale: number;
  /** Clockwise, degrees. */
  readonly rotation: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Rect extends Point {
  readonly width: number;
  readonly height: number;
}

export function toScreen(view: ViewState, { x, y }: Point): Point {
  const angle = (view.rotation * Math.PI) / 180;
  const right = (x - view.centreX) * view.scale;
  const down = (y - view.centreY) * view.scale;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return { x: view.width / 2 + right * cos - down * sin, y: view.height / 2 + right * sin + down * cos };
}

export function toLevel0(view: ViewState, { x, y }: Point): Point {
  const angle = (-view.rotation * Math.PI) / 180;
  const right = x - view.width / 2;
  const down = y - view.height / 2;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return {
    x: view.centreX + (right * cos - down * sin) / view.scale,
    y: view.centreY + (right * sin + down * cos) / view.scale,
  };
}

/** Smallest level-0 rectangle that holds all that is seen. */
export function visibleRect(view: ViewState): Rect {
  const corners = [
    { x: 0, y: 0 },
    { x: view.width, y: 0 },
    { x: 0, y: view.height },
    { x: view.width, y: view.height },
  ].map((corner) => toLevel0(view, corner));
  const left = Math.min(...corners.map(({ x }) => x));
  const top = Math.min(...corners.map(({ y }) => y));
  return {
    x: left,
    y: top,
    width: Math.max(...corners.map(({ x }) => x)) - left,
    height: Math.max(...corners.map(({ y }) => y)) - top,
  };
}

/** Largest of 1, 2, 5 x 10^n (in `unit`s) whose bar is at most `mostPx` long. */
export function niceScaleLength(
  unitsPerScreenPixel: number,
  mostPx: number,
): { readonly length: number; readonly px: number } {
  const most = unitsPerScreenPixel * mostPx;
  const power = 10 ** Math.floor(Math.log10(most));
  const factor = [5, 2, 1].find((each) => each * power <= most) ?? 1;
  const length = factor * power;
  return { length, px: length / unitsPerScreenPixel };
}

/** "200 µm", "1 mm", "500 nm". */
export function lengthText(micrometres: number): string {
  if (micrometres >= 1000) return `${trim(micrometres / 1000)} mm`;
  if (micrometres >= 1) return `${trim(micrometres)} µm`;
  return `${trim(micrometres * 1000)} nm`;
}

function trim(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/**
 * Objective magnification by the common convention that 40x is 0.25 µm a pixel, so 1x is 10 µm a pixel. Screens differ in pixel
 * size, so it is a convention and no measurement.
 */
export function magnificationAt(mpp: number, scale: number): number {
  return (10 / mpp) * scale;
}

export function scaleAtMagnification(mpp: number, magnification: number): number {
  return (magnification * mpp) / 10;
}
