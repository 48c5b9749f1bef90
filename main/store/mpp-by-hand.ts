/** When the pixel sizes set by hand were set, as the command log has it: undo and redo are followed, nothing is kept twice. */
import type { DatabaseSync } from 'node:sqlite';
import type { SlideRow } from './slide-rows.ts';

/** ISO 8601 by slide id, for the slides whose size in use was set by hand; a slide whose step is not in the log is left out. */
export function mppSetTimes(database: DatabaseSync, slides: readonly SlideRow[]): ReadonlyMap<string, string> {
  const wanted = new Map(
    slides.flatMap(({ id, mppByHand }) => (mppByHand === null ? [] : [[id as string, mppByHand]])),
  );
  const times = new Map<string, string>();
  if (wanted.size === 0) return times;
  // The text is looked through first: a project has far more labels than steps that touch a slide.
  const steps = database
    .prepare(
      `SELECT commands.at AS at, json_extract(change.value, '$.id') AS id, json_extract(change.value, '$.after.mpp_by_hand') AS after,
         json_extract(change.value, '$.before.mpp_by_hand') AS before
       FROM commands, json_each(commands.changes) AS change
       WHERE commands.undone = 0 AND instr(commands.changes, '"mpp_by_hand"') > 0
       ORDER BY commands.sequence DESC`,
    )
    .all();
  for (const { at, id, after, before } of steps) {
    const slide = String(id);
    if (times.has(slide) || before === after || after !== wanted.get(slide)) continue;
    times.set(slide, String(at));
  }
  return times;
}
