// @vitest-environment happy-dom
import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, test } from 'vitest';
import { keyOf, useCommands, type Command } from '../../../../renderer/stores/commands.ts';

const command = (id: string, keys: readonly string[], run: () => void, isEnabled = () => true): Command => ({
  id,
  title: () => id,
  group: () => 'test',
  keys,
  isEnabled,
  run,
});

function press(target: EventTarget, key: string, modifiers: Partial<KeyboardEventInit> = {}): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...modifiers });
  Object.defineProperty(event, 'target', { value: target });
  return event;
}

beforeEach(() => setActivePinia(createPinia()));

describe('a key', () => {
  test.each([
    [{ key: 'k', ctrlKey: true }, 'ctrl+k'],
    [{ key: 'K', ctrlKey: true, shiftKey: true }, 'ctrl+shift+k'],
    [{ key: 'k', metaKey: true }, 'ctrl+k'],
    [{ key: '?', shiftKey: true }, '?'],
    [{ key: ' ' }, 'space'],
    [{ key: 'Enter', shiftKey: true }, 'shift+enter'],
    [{ key: 'Shift', shiftKey: true }, null],
  ])('%o is %s', (given, expected) => {
    const event = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...given };
    expect(keyOf(event)).toBe(expected);
  });
});

test('runs the command that has it, the latest first, and says so', () => {
  const commands = useCommands();
  const ran: string[] = [];
  commands.register([command('first', ['Ctrl+Z'], () => ran.push('first'))]);
  const remove = commands.register([command('second', ['Ctrl+Z'], () => ran.push('second'))]);
  const event = press(document.body, 'z', { ctrlKey: true });
  expect(commands.handleKey(event)).toBe(true);
  expect(event.defaultPrevented).toBe(true);
  remove();
  commands.handleKey(press(document.body, 'z', { ctrlKey: true }));
  expect(ran).toEqual(['second', 'first']);
});

test('a command that is not possible now leaves its key to the next', () => {
  const commands = useCommands();
  const ran: string[] = [];
  commands.register([command('below', ['x'], () => ran.push('below'))]);
  commands.register([
    command(
      'above',
      ['x'],
      () => ran.push('above'),
      () => false,
    ),
  ]);
  commands.handleKey(press(document.body, 'x'));
  expect(ran).toEqual(['below']);
});

describe('plain keys', () => {
  const typing = (make: () => HTMLElement, key: string): boolean => {
    const commands = useCommands();
    commands.register([command('act', [key], () => undefined)]);
    const element = make();
    document.body.append(element);
    const isHandled = commands.handleKey(press(element, key));
    element.remove();
    return isHandled;
  };
  const input = (type: string): HTMLElement => Object.assign(document.createElement('input'), { type });

  test('belong to a field a person types in', () => {
    expect(typing(() => input('text'), '1')).toBe(false);
    expect(typing(() => document.createElement('textarea'), '1')).toBe(false);
  });
  test('are commands while a check box or a slider has the focus, except those that work it', () => {
    expect(typing(() => input('checkbox'), '1')).toBe(true);
    expect(typing(() => input('range'), '1')).toBe(true);
    expect(typing(() => input('range'), 'ArrowLeft')).toBe(false);
  });
  test('that press a button stay with the button', () => {
    expect(typing(() => document.createElement('button'), 'Enter')).toBe(false);
    expect(typing(() => document.createElement('button'), '1')).toBe(true);
  });
  test('stay inside an open dialog', () => {
    const inDialog = (): HTMLElement => {
      const dialog = document.createElement('div');
      dialog.setAttribute('role', 'dialog');
      return dialog;
    };
    expect(typing(inDialog, '1')).toBe(false);
  });
});
