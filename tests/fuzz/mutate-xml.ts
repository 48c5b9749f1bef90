/** Damage to vendors' XML and descriptions: entities that unfold, deep nesting, absurd and missing numbers, pieces doubled or lost. */
import type { RandomStream } from '#common/random.ts';

const numbers = [
  '0',
  '-1',
  '1',
  '1e308',
  '-1e308',
  'NaN',
  'Infinity',
  '0.0000001',
  '4294967296',
  '9007199254740993',
  '',
  'x',
  '1,5',
];

export function damageXml(seed: string, random: RandomStream): string {
  let text = seed.replace(/\0+$/, '');
  const place = (): number => random.nextInteger(Math.max(1, text.length));
  const acts: readonly (() => string)[] = [
    () => `<!DOCTYPE x [${unfolding()}]>${text.replace(/>[^<]*</, '>&e9;<')}`,
    () => `${'<a>'.repeat(100_000)}${text}`,
    () => text.replace('>', `>${'<a>'.repeat(3000)}${'</a>'.repeat(3000)}`),
    () => text.replace('<', `<${'b '.repeat(20_000)}`),
    () => {
      const found = [...text.matchAll(/-?\d+(\.\d+)?/g)];
      const chosen = found[random.nextInteger(Math.max(1, found.length))];
      if (!chosen) return text;
      const number = numbers[random.nextInteger(numbers.length)] ?? '';
      return text.slice(0, chosen.index) + number + text.slice(chosen.index + chosen[0].length);
    },
    () => text.slice(0, place()),
    () => {
      const at = place();
      const piece = text.slice(at, at + random.nextInteger(400));
      return text.slice(0, at) + piece.repeat(1 + random.nextInteger(300)) + text.slice(at);
    },
    () => {
      const at = place();
      return text.slice(0, at) + text.slice(at + random.nextInteger(80));
    },
    () => {
      const at = place();
      return text.slice(0, at) + String.fromCharCode(random.nextInteger(300)) + text.slice(at + 1);
    },
    () => {
      // An element once more, many times: images, areas and joints by the thousand.
      const found = [...text.matchAll(/<(\w+)[^>]*?(\/>|>.*?<\/\1>)/gs)];
      const chosen = found[random.nextInteger(Math.max(1, found.length))];
      return chosen
        ? text.replace(chosen[0], chosen[0].repeat(2 + random.nextInteger(2000))).slice(0, 3_000_000)
        : text;
    },
  ];
  for (let change = random.nextInteger(2); change >= 0; change--) {
    text = (acts[random.nextInteger(acts.length)] ?? (() => text))();
  }
  return text;
}

/** Each entity ten times the one before: a billion of the first at the end. */
function unfolding(): string {
  const lines = ['<!ENTITY e0 "lol">'];
  for (let level = 1; level < 10; level++) lines.push(`<!ENTITY e${level} "${`&e${level - 1};`.repeat(10)}">`);
  return lines.join('');
}
