/**
 * What a person says about tiles, as plain data: an act is made at the key press, shown at once, sent afterwards. Here is what
 * an act does to a tile and how it is taken back; who sends it is label-outbox.ts.
 */
export type LabelSource = 'person' | 'suggestion' | 'import';
export type TileMark = 'unsure' | 'skipped';

/** A tile as the person left it. */
export interface TileState {
  readonly class: string | null;
  readonly source: LabelSource | null;
  readonly mark: TileMark | null;
}
export const untouched: TileState = { class: null, source: null, mark: null };

export type LabelChange =
  | { readonly kind: 'label'; readonly class: string; readonly source: 'person' | 'suggestion' }
  | { readonly kind: 'mark'; readonly mark: TileMark }
  /** Takes label and mark away. */
  | { readonly kind: 'clear' };

export interface LabelAct {
  /** Counts up: the order in which the person acted. */
  readonly id: number;
  readonly project: string;
  readonly tileSet: string;
  readonly tiles: readonly number[];
  readonly change: LabelChange;
}

/** States by tile index. */
export type TileStates = ReadonlyMap<number, TileState>;

export function stateAfter(change: LabelChange): TileState {
  switch (change.kind) {
    case 'label':
      return { class: change.class, source: change.source, mark: null };
    case 'mark':
      return { class: null, source: null, mark: change.mark };
    case 'clear':
      return untouched;
  }
}

export function changeTo(state: TileState): LabelChange {
  if (state.class !== null) {
    return { kind: 'label', class: state.class, source: state.source === 'suggestion' ? 'suggestion' : 'person' };
  }
  return state.mark === null ? { kind: 'clear' } : { kind: 'mark', mark: state.mark };
}

export function isSameChange(one: LabelChange, other: LabelChange): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The changes that bring tiles back to how they were, each with its tiles; tiles that were alike go together. */
export function changesBackTo(before: TileStates): { readonly change: LabelChange; readonly tiles: number[] }[] {
  const groups: { change: LabelChange; tiles: number[] }[] = [];
  for (const [tile, state] of before) {
    const change = changeTo(state);
    const group = groups.find((each) => isSameChange(each.change, change));
    if (group === undefined) groups.push({ change, tiles: [tile] });
    else group.tiles.push(tile);
  }
  return groups;
}

/** How many labels each class gains or loses when tiles go from one state to another. */
export function labelDelta(before: TileStates, after: (tile: number) => TileState): ReadonlyMap<string, number> {
  const delta = new Map<string, number>();
  const add = (of: string | null, by: number): void => {
    if (of !== null) delta.set(of, (delta.get(of) ?? 0) + by);
  };
  for (const [tile, state] of before) {
    add(state.class, -1);
    add(after(tile).class, 1);
  }
  return delta;
}
