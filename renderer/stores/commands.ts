/**
 * Everything a person can do, by name and key. One list feeds the palette, the keyboard sheet, tooltips and (in the desktop
 * app) the menu. Commands come and go with the component that offers them.
 */
import { computed, onScopeDispose, shallowRef } from 'vue';
import { defineStore } from 'pinia';

export interface Command {
  /** "label.unsure": place or area, then the act. */
  readonly id: string;
  /** In the person's language. */
  readonly title: () => string;
  /** Heading in the keyboard sheet, in the person's language. */
  readonly group: () => string;
  /** "Ctrl+K", "Shift+Enter", "1"; the first is shown. Ctrl means Cmd on a Mac. */
  readonly keys?: readonly string[];
  readonly isEnabled?: () => boolean;
  /** Left out of the palette: acts that only make sense at the keyboard, such as moving to the next tile. */
  readonly isKeyOnly?: boolean;
  readonly run: () => void;
}

export const useCommands = defineStore('commands', () => {
  const commands = shallowRef<readonly Command[]>([]);

  /** Returns the function that takes them away. A later command wins over an earlier one with the same key. */
  function register(added: readonly Command[]): () => void {
    commands.value = [...commands.value, ...added];
    return () => {
      commands.value = commands.value.filter((command) => !added.includes(command));
    };
  }

  const byKey = computed(() => {
    const map = new Map<string, Command[]>();
    for (const command of commands.value) {
      for (const key of command.keys ?? []) map.set(normalKey(key), [command, ...(map.get(normalKey(key)) ?? [])]);
    }
    return map;
  });

  function run(id: string): void {
    const command = commands.value.findLast((each) => each.id === id);
    if (command !== undefined && command.isEnabled?.() !== false) command.run();
  }

  /** True when the event was a command's. Keys without Ctrl or Alt are left to fields a person types in. */
  function handleKey(event: KeyboardEvent): boolean {
    // Whoever has the focus comes first: a list that moves by arrows, the viewer.
    if (event.defaultPrevented) return false;
    const key = keyOf(event);
    if (key === null) return false;
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (isPlain && isTyping(event.target, event.key)) return false;
    const command = byKey.value.get(key)?.find((each) => each.isEnabled?.() !== false);
    if (command === undefined) return false;
    event.preventDefault();
    command.run();
    return true;
  }

  /** The key shown for a command, "" when it has none. */
  function keyFor(id: string): string {
    return commands.value.findLast((each) => each.id === id)?.keys?.[0] ?? '';
  }

  return { commands, register, run, handleKey, keyFor };
});

/** Offers commands while the component (or effect scope) lives. */
export function offerCommands(added: readonly Command[]): void {
  onScopeDispose(useCommands().register(added));
}

/** "ctrl+shift+z"; null for a modifier alone. */
export function keyOf(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>,
): string | null {
  if (['Control', 'Shift', 'Alt', 'Meta', 'AltGraph', 'Dead'].includes(event.key)) return null;
  const isLetter = /^\p{L}$/u.test(event.key);
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push('ctrl');
  if (event.altKey) parts.push('alt');
  // "?" and "+" carry their shift already; only for letters and named keys does it make another key.
  if (event.shiftKey && (isLetter || event.key.length > 1)) parts.push('shift');
  parts.push(event.key === ' ' ? 'space' : event.key.toLowerCase());
  return parts.join('+');
}

function normalKey(key: string): string {
  const parts = key === '+' ? ['+'] : key.toLowerCase().split('+');
  const last = parts.at(-1) ?? '';
  const order = ['ctrl', 'alt', 'shift'].filter((name) => parts.slice(0, -1).includes(name));
  return [...order, last === '' ? '+' : last].join('+');
}

/** Text fields take every plain key; buttons, sliders, lists and radio groups take those that work them. */
function isTyping(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)
    return true;
  if (target instanceof HTMLInputElement) {
    if (!['checkbox', 'radio', 'range', 'button', 'color'].includes(target.type)) return true;
    return /^(Arrow|Home|End|Page| )/.test(key);
  }
  if (target.closest('[role="dialog"], [role="menu"]') !== null) return true;
  // A list moves and chooses by keys of its own; what is done with the chosen is the place's.
  if (target.closest('[role="listbox"]') !== null) return /^(Arrow|Home|End|Page| )/.test(key);
  const isPressed = key === 'Enter' || key === ' ';
  if (isPressed && target.closest('button, a[href], summary, [role="button"], [role="option"]') !== null) return true;
  return (
    key.startsWith('Arrow') && target.closest('[role="radiogroup"], [role="tablist"], [role="separator"]') !== null
  );
}
