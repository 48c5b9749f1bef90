/**
 * The keys that say something of tiles, the same in queue, gallery and slide: a class's key or letter, u unsure, s skip,
 * Delete nothing. They come and go with the project's classes.
 */
import { watch } from 'vue';
import { useI18n } from 'vue-i18n';
import type { ProjectClassView } from '#common/contract/labels.ts';
import { useClasses } from '../../stores/classes.ts';
import { offerCommands, useCommands, type Command } from '../../stores/commands.ts';
import type { LabelChange } from './label-acts.ts';

/** Keys of each class, the shown one first: its own, then its letter where that is no other act's. */
export function keysOfClasses(classes: readonly ProjectClassView[]): ReadonlyMap<string, readonly string[]> {
  const taken = new Set(['u', 's', 'z', ...classes.flatMap(({ key }) => (key === null ? [] : [key]))]);
  return new Map(
    classes.map((each) => {
      const letter = each.letter.toLowerCase();
      const isFree = /^[a-z]$/.test(letter) && !taken.has(letter);
      if (isFree) taken.add(letter);
      return [each.class, [...(each.key === null ? [] : [each.key]), ...(isFree ? [letter] : [])]];
    }),
  );
}

export function useLabelKeys(say: (change: LabelChange) => void, isEnabled: () => boolean = () => true): void {
  const { t } = useI18n();
  const classes = useClasses();
  const commands = useCommands();
  const group = (): string => t('label.title');

  watch(
    () => classes.all,
    (all, _, onCleanup) => {
      const keys = keysOfClasses(all);
      onCleanup(
        commands.register(
          all.map((each): Command => ({
            id: `label.class.${each.class}`,
            title: () => t('label.keys.class', { name: each.name }),
            group,
            keys: keys.get(each.class) ?? [],
            isKeyOnly: true,
            isEnabled,
            run: () => say({ kind: 'label', class: each.class, source: 'person' }),
          })),
        ),
      );
    },
    { immediate: true },
  );
  const key = (id: string, keys: readonly string[], change: LabelChange): Command => ({
    id: `label.${id}`,
    title: () => t(`label.keys.${id}`),
    group,
    keys,
    isKeyOnly: true,
    isEnabled,
    run: () => say(change),
  });
  offerCommands([
    key('unsure', ['u'], { kind: 'mark', mark: 'unsure' }),
    key('skip', ['s'], { kind: 'mark', mark: 'skipped' }),
    key('clear', ['Delete', 'Backspace'], { kind: 'clear' }),
  ]);
}
