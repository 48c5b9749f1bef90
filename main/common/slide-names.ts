/** Names of slides as a person can tell them apart: two files of one name show their folder too. Pure. */

export interface NamedSlide {
  readonly id: string;
  readonly name: string;
  /** With forward slashes, as the project keeps it. */
  readonly path: string;
}

/**
 * By id: the folder to show beside the name, null where the name alone is enough. The nearest folders that differ: "Fall 2",
 * or "2025/HE" where both lie in a folder "HE".
 */
export function folderHints(slides: readonly NamedSlide[]): ReadonlyMap<string, string | null> {
  const groups = new Map<string, NamedSlide[]>();
  for (const slide of slides) {
    const key = comparable(slide.name);
    groups.set(key, [...(groups.get(key) ?? []), slide]);
  }
  const hints = new Map<string, string | null>();
  for (const group of groups.values()) {
    const folders = group.map(({ path }) => path.split('/').slice(0, -1));
    const deepest = Math.max(...folders.map((folder) => folder.length));
    const shown = (depth: number): string[] => folders.map((folder) => folder.slice(-depth).join('/'));
    let depth = 1;
    while (depth < deepest && new Set(shown(depth)).size < group.length) depth += 1;
    group.forEach(({ id }, index) => hints.set(id, group.length === 1 ? null : (shown(depth)[index] ?? '')));
  }
  return hints;
}

/** By id: the name, with its folder where two slides share it and with its id where they share that too. */
export function distinctNames(slides: readonly NamedSlide[]): ReadonlyMap<string, string> {
  const hints = folderHints(slides);
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const { id, name } of slides) {
    const hint = hints.get(id) ?? null;
    const hinted = hint === null ? name : `${name} (${hint === '' ? id : hint})`;
    const chosen = taken.has(comparable(hinted)) ? `${name} (${id})` : hinted;
    taken.add(comparable(chosen));
    names.set(id, chosen);
  }
  return names;
}

/** "Ä" typed as one sign or as two is the same name to a person. */
function comparable(name: string): string {
  return name.normalize('NFC');
}
