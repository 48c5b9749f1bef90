/** What a class's form checks before the core is asked: pure. The core checks names and keys again. */
import { relativeLuminance } from '../../../ui/contrast.ts';

/** u, s and z are unsure, skip and undo. */
export function isUsableKey(text: string): boolean {
  return /^[1-9a-rtv-y]$/.test(text);
}

export function isUsableLetter(text: string): boolean {
  return /^\p{Lu}{1,3}$/u.test(text);
}

/** 1 (the same) to 21 (black on white), WCAG 2. */
export function contrastOf(one: string, other: string): number {
  const [low = 0, high = 0] = [relativeLuminance(one), relativeLuminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** Distance in sRGB, 0 to 441: crude, but enough to say "these two look alike". */
export function colourDistance(one: string, other: string): number {
  const channels = (colour: string): number[] => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const [a, b] = [channels(one), channels(other)];
  return Math.hypot(...a.map((value, index) => value - (b[index] ?? 0)));
}

const alike = 60;

/** The name of a class whose colour is too near; null when there is none. */
export function tooAlike(
  colour: string,
  others: readonly { readonly name: string; readonly colour: string }[],
): string | null {
  return others.find((each) => colourDistance(colour, each.colour) < alike)?.name ?? null;
}
