/** Which entries of the palette fit what was typed, best first. Pure. */
export interface PaletteEntry {
  readonly id: string;
  readonly text: string;
  /** Shown at the right: a key or what kind of thing it is. */
  readonly note: string;
  readonly run: () => void;
}

/** Every typed word must be somewhere in the text; starts of words count more, then shorter texts. */
export function matchEntries(entries: readonly PaletteEntry[], typed: string, most = 50): readonly PaletteEntry[] {
  const words = fold(typed).split(/\s+/).filter(Boolean);
  const scored = entries.flatMap((entry, index) => {
    const text = fold(entry.text);
    let score = 0;
    for (const word of words) {
      const at = text.indexOf(word);
      if (at < 0) return [];
      const isStart = at === 0 || /[\s\-_.,(]/.test(text[at - 1] ?? '');
      score += at === 0 ? 3 : isStart ? 2 : 1;
    }
    return [{ entry, score: score - text.length / 1000, index }];
  });
  if (words.length > 0) scored.sort((a, b) => b.score - a.score || a.index - b.index);
  return scored.slice(0, most).map(({ entry }) => entry);
}

/** Without accents and capitals: "Krüger" is found by "kruger". */
function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
