/** Settings of a project as a whole that a person changes; each change is a command. Not those of one job or one machine. */
import type { DatabaseSync } from 'node:sqlite';
import { colourChoices, type ColourChoice } from '#common/domain/slide.ts';
import type { RowChange } from './command-log.ts';

export interface ProjectSettings {
  /** Colours everywhere a slide's pixels are read: viewing, finding tissue, tiles. */
  readonly colour: ColourChoice;
}

export const defaultProjectSettings: ProjectSettings = { colour: 'scanner-profile' };

export function readProjectSettings(database: DatabaseSync): ProjectSettings {
  const stored = valueOf(database, 'colour');
  return { colour: colourChoices.find((choice) => choice === stored) ?? defaultProjectSettings.colour };
}

/** The changes to log; none for what is already so. */
export function settingsChanges(database: DatabaseSync, wanted: Partial<ProjectSettings>): RowChange[] {
  return Object.entries(wanted).flatMap(([id, value]): RowChange[] => {
    const before = valueOf(database, id);
    if (value === undefined || value === (before ?? defaultProjectSettings[id as keyof ProjectSettings])) return [];
    const row = before === null ? null : { id, value: before };
    return [{ table: 'project_settings', id, before: row, after: { id, value } }];
  });
}

function valueOf(database: DatabaseSync, id: string): string | null {
  const row = database.prepare('SELECT value FROM project_settings WHERE id = ?').get(id);
  return row === undefined ? null : String(row['value']);
}
