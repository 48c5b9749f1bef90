import { describe, expect, it } from 'vitest';
import { executeCommand, listCommands, redoCommand, undoCommand, type RowChange } from '#main/store/command-log.ts';
import { openDatabase } from '#main/store/database.ts';
import type { DatabaseSync } from 'node:sqlite';

const anna = (changes: RowChange[], what = 'Edit') => ({
  what,
  who: 'anna',
  at: '2026-01-01T00:00:00Z',
  source: 'person' as const,
  changes,
});
const added = (id: string, name: string): RowChange => ({
  table: 'classes',
  id,
  before: null,
  after: { position: 0, name, colour: '#0072B2' },
});
const names = (database: DatabaseSync) =>
  database
    .prepare('SELECT name FROM classes ORDER BY name')
    .all()
    .map((row) => row['name']);

describe('the command log', () => {
  it('applies a command and keeps who, when and what', () => {
    const database = openDatabase(':memory:');
    executeCommand(database, anna([added('c1', 'Tumour')], 'Add class Tumour'));
    expect(names(database)).toEqual(['Tumour']);
    expect(listCommands(database)).toEqual([
      {
        sequence: 1,
        at: '2026-01-01T00:00:00Z',
        who: 'anna',
        what: 'Add class Tumour',
        source: 'person',
        undone: false,
        changeCount: 1,
      },
    ]);
  });

  it('undoes and redoes without limit, in order', () => {
    const database = openDatabase(':memory:');
    for (let index = 0; index < 50; index += 1) executeCommand(database, anna([added(`c${index}`, `class ${index}`)]));
    for (let index = 0; index < 50; index += 1) expect(undoCommand(database)).toBe('Edit');
    expect(names(database)).toEqual([]);
    expect(undoCommand(database)).toBeNull();
    for (let index = 0; index < 50; index += 1) redoCommand(database);
    expect(names(database)).toHaveLength(50);
    expect(redoCommand(database)).toBeNull();
  });

  it('restores an edited and a deleted row as they were', () => {
    const database = openDatabase(':memory:');
    const before = { position: 0, name: 'Tumour', colour: '#0072B2' };
    executeCommand(database, anna([added('c1', 'Tumour')]));
    executeCommand(database, anna([{ table: 'classes', id: 'c1', before, after: { ...before, name: 'Viable' } }]));
    executeCommand(
      database,
      anna([{ table: 'classes', id: 'c1', before: { ...before, name: 'Viable' }, after: null }]),
    );
    expect(names(database)).toEqual([]);
    undoCommand(database);
    expect(names(database)).toEqual(['Viable']);
    undoCommand(database);
    expect(names(database)).toEqual(['Tumour']);
  });

  it('forgets what could be redone once something new is done', () => {
    const database = openDatabase(':memory:');
    executeCommand(database, anna([added('c1', 'Tumour')]));
    undoCommand(database);
    executeCommand(database, anna([added('c2', 'Stroma')]));
    expect(redoCommand(database)).toBeNull();
    expect(names(database)).toEqual(['Stroma']);
  });

  it('changes nothing when one row of a command cannot be written', () => {
    const database = openDatabase(':memory:');
    expect(() => executeCommand(database, anna([added('c1', 'Tumour'), added('c2', 'Tumour')]))).toThrow(/UNIQUE/);
    expect(names(database)).toEqual([]);
    expect(listCommands(database)).toEqual([]);
  });

  it('refuses a log that names a table or column it does not edit', () => {
    const database = openDatabase(':memory:');
    const forged = { table: 'commands', id: '1', before: null, after: null } as unknown as RowChange;
    expect(() => executeCommand(database, anna([forged]))).toThrow(/command log names table commands/);
    const column = { table: 'classes', id: '1', before: null, after: { 'name) --': 'x' } } as const;
    expect(() => executeCommand(database, anna([column]))).toThrow(/a column of classes/);
  });
});
