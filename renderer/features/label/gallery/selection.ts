/** Selecting in a grid as file managers do: pure, by position in the shown list. */
export interface Selection {
  readonly selected: ReadonlySet<number>;
  /** Where the keyboard is. */
  readonly focus: number;
  /** Where a range begins. */
  readonly anchor: number;
}

export const noSelection: Selection = { selected: new Set(), focus: 0, anchor: 0 };

export function rangeOf(from: number, to: number): number[] {
  const [low, high] = from < to ? [from, to] : [to, from];
  return Array.from({ length: high - low + 1 }, (_, index) => low + index);
}

export function click(
  { selected, anchor }: Selection,
  at: number,
  keys: { readonly shift: boolean; readonly ctrl: boolean },
): Selection {
  if (keys.shift) {
    const range = rangeOf(anchor, at);
    return { selected: new Set(keys.ctrl ? [...selected, ...range] : range), focus: at, anchor };
  }
  if (!keys.ctrl) return { selected: new Set([at]), focus: at, anchor: at };
  const next = new Set(selected);
  if (!next.delete(at)) next.add(at);
  return { selected: next, focus: at, anchor: at };
}

/** Arrows: with Shift the range grows from its anchor; without, only the focus moves and the selection is gone. */
export function moveFocus({ anchor }: Selection, to: number, isExtending: boolean): Selection {
  return isExtending
    ? { selected: new Set(rangeOf(anchor, to)), focus: to, anchor }
    : { selected: new Set(), focus: to, anchor: to };
}

export interface GridLayout {
  readonly columns: number;
  /** Side of a tile with its gap, in CSS pixels. */
  readonly step: number;
  readonly count: number;
}

/** Positions whose tile a rectangle touches; in pixels of the grid. */
export function inRectangle(
  { columns, step, count }: GridLayout,
  rectangle: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number },
): number[] {
  const first = (value: number): number => Math.max(0, Math.floor(value / step));
  const found: number[] = [];
  const lastColumn = Math.min(columns - 1, first(rectangle.right));
  for (let row = first(rectangle.top); row <= first(rectangle.bottom); row += 1) {
    for (let column = first(rectangle.left); column <= lastColumn; column += 1) {
      const at = row * columns + column;
      if (at < count) found.push(at);
    }
  }
  return found;
}
