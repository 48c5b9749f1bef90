import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { inTransaction, openDatabase } from '#main/store/database.ts';
import { migrations } from '#main/store/migrations.ts';
import { listRegions } from '#main/store/region-rows.ts';
import { listSlides } from '#main/store/slide-rows.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'trefoil-database-'));

describe('the project database', () => {
  it('is made with the newest schema and opened again unchanged', () => {
    const path = join(folder(), 'project.sqlite');
    const first = openDatabase(path);
    first.exec("INSERT INTO classes (id, position, name, colour) VALUES ('c', 0, 'Tumour', '#0072B2')");
    first.close();
    const second = openDatabase(path);
    expect(second.prepare('SELECT name FROM classes').get()?.['name']).toBe('Tumour');
    expect(second.prepare('PRAGMA user_version').get()?.['user_version']).toBe(migrations.length);
    second.close();
  });

  it('of the second version keeps its slides and regions in their order and then takes corrections of tissue', () => {
    const path = join(folder(), 'project.sqlite');
    const old = new DatabaseSync(path);
    for (const migration of migrations.slice(0, 2)) old.exec(migration);
    old.exec(`PRAGMA user_version = 2;
      INSERT INTO slides (id, position, name, path, fingerprint, specimen, patient, info)
        VALUES ('s', 0, 'S', 's.svs', 'f', 'S', 'P', '{}');
      INSERT INTO regions VALUES ('r2', 's', 'exclude', 'B', '[]'), ('r1', 's', 'include', 'A', '[]');`);
    old.close();
    const database = openDatabase(path);
    expect(listRegions(database).map(({ id, kind }) => [id, kind])).toEqual([
      ['r2', 'exclude'],
      ['r1', 'include'],
    ]);
    expect(listSlides(database)[0]?.tissue).toBeNull();
    database.exec("INSERT INTO regions VALUES ('r3', 's', 'no-tissue', 'C', '[]')");
    expect(() => database.exec("INSERT INTO regions VALUES ('r4', 's', 'other', 'D', '[]')")).toThrow(/CHECK/);
    // Regions go with their slide, as before.
    database.exec("DELETE FROM slides WHERE id = 's'");
    expect(listRegions(database)).toEqual([]);
    database.close();
  });

  it('of an earlier Trefoil gets what is new, and its labels are as they were: none was looked at again', () => {
    const path = join(folder(), 'project.sqlite');
    const earlier = new DatabaseSync(path);
    for (const migration of migrations.slice(0, 2)) earlier.exec(migration);
    earlier.exec(`
      PRAGMA user_version = 2;
      INSERT INTO classes (id, position, name, colour) VALUES ('c', 0, 'Tumour', '#0072B2');
      INSERT INTO slides VALUES ('s', 0, 'a.svs', 'a.svs', 'f', 'S', 'P', NULL, '{}');
      INSERT INTO labels (id, slide_id, x, y, class_id, reader, source) VALUES ('l', 's', 1, 2, 'c', '', 'person');
    `);
    earlier.close();
    const now = openDatabase(path);
    expect(now.prepare('SELECT id, class_id, kept FROM labels').all()).toEqual([{ id: 'l', class_id: 'c', kept: 0 }]);
    now.close();
  });

  it('of a later Trefoil is refused with "project-newer", not opened and damaged', () => {
    const path = join(folder(), 'project.sqlite');
    const database = openDatabase(path);
    database.exec(`PRAGMA user_version = ${migrations.length + 1}`);
    database.close();
    expect(() => openDatabase(path)).toThrow(expect.objectContaining({ code: 'project-newer' }));
  });

  it('that is another file is refused with "file-invalid" and left as it is', () => {
    const path = join(folder(), 'project.sqlite');
    writeFileSync(path, 'this is not a database, and long enough to be read as a header of one'.repeat(20));
    expect(() => openDatabase(path)).toThrow(expect.objectContaining({ code: 'file-invalid' }));
  });

  it.each([
    ['disk-full', 'PRAGMA max_page_count = 1'],
    ['file-unreadable', 'PRAGMA query_only = 1'],
  ])('answers a write that cannot be done with "%s", and keeps what was there', (code, limit) => {
    const database = openDatabase(join(folder(), 'project.sqlite'));
    const insert = database.prepare("INSERT INTO classes (id, position, name, colour) VALUES (?, 0, ?, '')");
    insert.run('kept', 'kept');
    database.exec(limit);
    const write = (): void => {
      for (let number = 0; number < 50; number += 1) insert.run(`class-${number}`, `${number} ${'x'.repeat(2000)}`);
    };
    expect(() => inTransaction(database, write)).toThrow(expect.objectContaining({ code, hint: expect.any(String) }));
    expect(database.prepare('SELECT id FROM classes').all()).toEqual([{ id: 'kept' }]);
    database.close();
  });
});
