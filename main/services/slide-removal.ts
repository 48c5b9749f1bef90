/**
 * Takes slides out of a project as one command: first what hangs on them, then the rows themselves, so that undo (which
 * goes backwards) finds the slide before its labels. Maps of a removed slide go with it and are made again after an undo;
 * tiles already cut stay on disk.
 */
import type { RowChange, Row } from '../store/command-log.ts';
import { findSlide, toRow } from '../store/slide-rows.ts';
import type { OpenProject } from './open-projects.ts';

const dependents = ['labels', 'marks', 'regions', 'readings'] as const;

export function removeSlides(
  project: OpenProject,
  ids: readonly string[],
): { readonly removed: number; readonly regions: number; readonly labels: number } {
  const slides = ids.map((id) => findSlide(project.database, id));
  const counts = { labels: 0, marks: 0, regions: 0, readings: 0 };
  const changes: RowChange[] = [];
  for (const table of dependents) {
    const select = project.database.prepare(`SELECT * FROM ${table} WHERE slide_id = ? ORDER BY rowid`);
    for (const { id } of slides) {
      for (const row of select.all(id)) {
        changes.push({ table, id: String(row['id']), before: { ...row } as Row, after: null });
        counts[table] += 1;
      }
    }
  }
  for (const slide of slides) changes.push({ table: 'slides', id: slide.id, before: toRow(slide), after: null });
  const what = slides.length === 1 ? (slides[0]?.name ?? '') : `${slides.length} slides`;
  project.change(`Remove ${what} from the project`, 'person', changes);
  return { removed: slides.length, regions: counts.regions, labels: counts.labels };
}
