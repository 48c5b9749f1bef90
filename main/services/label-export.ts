/** Labels as CSV: the columns the import takes, then where each label comes from and which tile of the current set it lies on. */
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { csvLines, type CsvValue } from '../exports/csv.ts';
import { writeTextStream } from '../files/text-stream.ts';
import { listSlides } from '../store/slide-rows.ts';
import { listClasses } from './labelled-tiles.ts';
import type { OpenProject } from './open-projects.ts';
import type { TileLookup } from './tile-lookup.ts';

export const labelColumns = ['slide', 'x', 'y', 'class', 'reader', 'source', 'kept', 'tile'] as const;

/** `out` is the file, or a folder to write `labels.csv` to. Answers how many labels were written, in the order they were given. */
export async function exportLabels(
  project: OpenProject,
  lookup: TileLookup | null,
  out: string,
  signal: AbortSignal | undefined,
): Promise<{ name: string; labels: number; byteLength: number }> {
  const isFolder = await stat(out).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const path = isFolder ? join(out, 'labels.csv') : out;
  let labels = 0;
  const rows = function* (): Generator<readonly CsvValue[]> {
    for (const row of labelRows(project, lookup)) {
      labels += 1;
      yield row;
    }
  };
  const byteLength = await writeTextStream(path, csvLines(labelColumns, rows()), { signal });
  return { name: basename(path), labels, byteLength };
}

function* labelRows({ database }: OpenProject, lookup: TileLookup | null): Generator<readonly CsvValue[]> {
  const slides = listSlides(database);
  const named = new Map<string, number>();
  for (const { name } of slides) named.set(name, (named.get(name) ?? 0) + 1);
  // A name two slides share would not find its way back: the id does.
  const slideNames = new Map(slides.map(({ id, name }) => [id as string, named.get(name) === 1 ? name : id]));
  const classNames = new Map(listClasses(database).map(({ id, name }) => [id, name]));
  for (const row of database.prepare('SELECT * FROM labels ORDER BY rowid').iterate()) {
    const [slide, x, y] = [String(row['slide_id']), Number(row['x']), Number(row['y'])];
    yield [
      slideNames.get(slide) ?? slide,
      x,
      y,
      classNames.get(String(row['class_id'])) ?? '',
      String(row['reader']),
      String(row['source']),
      Number(row['kept']),
      lookup?.find(slide, x, y) ?? null,
    ];
  }
}
