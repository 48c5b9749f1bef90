/** A number with its noun in the right number, for English sentences of the core: "1 slide", "3 classes". The page has its own. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
