/**
 * Which judged tiles are looked at: a cell of the matrix, a row or column of it, a fold, a slide, all mistakes, or the labels
 * that are likely wrong. Pure: what to ask the core for, and whether two selections are the same.
 */
export type JudgedSelection =
  | { readonly kind: 'cell'; readonly truth: number; readonly predicted: number }
  | { readonly kind: 'truth'; readonly truth: number }
  | { readonly kind: 'predicted'; readonly predicted: number }
  | { readonly kind: 'fold'; readonly fold: number; readonly slide: string | null }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'suspects' };

export interface TileQuestion {
  readonly truth?: number;
  readonly predicted?: number;
  readonly fold?: number;
  readonly slide?: string;
  readonly onlyWrong: boolean;
}

/** null: not judged tiles as such but the suspects. */
export function questionOf(selection: JudgedSelection, onlyWrong: boolean): TileQuestion | null {
  switch (selection.kind) {
    case 'cell':
      return { truth: selection.truth, predicted: selection.predicted, onlyWrong: false };
    case 'truth':
      return { truth: selection.truth, onlyWrong };
    case 'predicted':
      return { predicted: selection.predicted, onlyWrong };
    case 'fold':
      return {
        fold: selection.fold,
        ...(selection.slide === null ? {} : { slide: selection.slide }),
        onlyWrong,
      };
    case 'wrong':
      return { onlyWrong: true };
    case 'suspects':
      return null;
  }
}

/** A cell says already whether it is right, and mistakes and suspects are wrong by what they are. */
export function canFilterWrong(selection: JudgedSelection): boolean {
  return selection.kind === 'truth' || selection.kind === 'predicted' || selection.kind === 'fold';
}

export function isSameSelection(one: JudgedSelection | null, other: JudgedSelection | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
