/** Rows of the classifiers and predictions tables as typed values. */
import type { DatabaseSync } from 'node:sqlite';
import { slideLikeness, type SlideLikeness } from '#common/contract/trust.ts';
import type { ClassifierId } from '#common/domain/identifiers.ts';
import { TrefoilError } from '#common/errors.ts';
import { inTransaction } from './database.ts';

export interface ClassifierRow<Summary> {
  readonly id: ClassifierId;
  readonly createdAt: string;
  readonly run: string;
  /** Relative to the project folder. */
  readonly file: string;
  readonly summary: Summary;
}

export interface SlidePrediction {
  readonly slide: string;
  /** Class index per tile. */
  readonly prediction: ArrayLike<number>;
  /** [tiles, classes] row-major. */
  readonly probabilities: ArrayLike<number>;
  /** [tiles], how much the folds disagree, 0 to 1; null for a map of an earlier Trefoil. */
  readonly disagreement: ArrayLike<number> | null;
  /** [tiles], from the training slides, 1 being their limit; null where that is not known. */
  readonly distance: ArrayLike<number> | null;
  readonly likeness: SlideLikeness | null;
}

export function saveClassifier<Summary>(database: DatabaseSync, row: ClassifierRow<Summary>): void {
  database
    .prepare('INSERT INTO classifiers (id, created_at, run_id, file, summary) VALUES (?, ?, ?, ?, ?)')
    .run(row.id, row.createdAt, row.run, row.file, JSON.stringify(row.summary));
}

/** The one named, or the one made last. */
export function latestClassifier<Summary>(database: DatabaseSync, id?: string): ClassifierRow<Summary> {
  const row =
    id === undefined
      ? database.prepare('SELECT * FROM classifiers ORDER BY created_at DESC, rowid DESC LIMIT 1').get()
      : database.prepare('SELECT * FROM classifiers WHERE id = ?').get(id);
  if (row === undefined) {
    throw new TrefoilError(
      'not-found',
      id === undefined ? 'The project has no classifier yet.' : `The project has no classifier "${id}".`,
      'Train one: trefoil finetune PROJECT.',
    );
  }
  return fromRow(row);
}

/** Newest first. */
export function listClassifiers<Summary>(database: DatabaseSync): ClassifierRow<Summary>[] {
  return database
    .prepare('SELECT * FROM classifiers ORDER BY created_at DESC, rowid DESC')
    .all()
    .map((row) => fromRow<Summary>(row));
}

function fromRow<Summary>(row: Record<string, unknown>): ClassifierRow<Summary> {
  return {
    id: String(row['id']) as ClassifierId,
    createdAt: String(row['created_at']),
    run: String(row['run_id']),
    file: String(row['file']),
    summary: JSON.parse(String(row['summary'])) as Summary,
  };
}

/** The run with the classifiers that stand on it and their predictions. */
export function deleteRun(database: DatabaseSync, run: string): void {
  inTransaction(database, () => {
    // Predictions go with their classifier.
    database.prepare('DELETE FROM classifiers WHERE run_id = ?').run(run);
    database.prepare('DELETE FROM runs WHERE id = ?').run(run);
  });
}

/** Replaces what this classifier predicted before. */
export function savePredictions(
  database: DatabaseSync,
  classifier: string,
  tileSet: string,
  predictions: readonly SlidePrediction[],
): void {
  inTransaction(database, () => {
    database.prepare('DELETE FROM predictions WHERE classifier_id = ?').run(classifier);
    const insert = database.prepare(
      // A tile set may hold tiles of a slide that was removed from the project since.
      `INSERT INTO predictions (classifier_id, slide_id, tile_set_id, classes, probabilities, disagreement, distance, likeness)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE EXISTS (SELECT 1 FROM slides WHERE id = ?2)`,
    );
    const floats = (values: ArrayLike<number> | null): Uint8Array | null =>
      values === null ? null : new Uint8Array(Float32Array.from(values).buffer);
    for (const { slide, prediction, probabilities, disagreement, distance, likeness } of predictions) {
      const classes = new Uint8Array(Uint16Array.from(prediction).buffer);
      const about = likeness === null ? null : JSON.stringify(likeness);
      insert.run(
        classifier,
        slide,
        tileSet,
        classes,
        floats(probabilities),
        floats(disagreement),
        floats(distance),
        about,
      );
    }
  });
}

/** Slide by slide, with the tile set the predictions belong to; null when this classifier was not applied yet. */
export function loadPredictions(
  database: DatabaseSync,
  classifier: string,
): { readonly tileSet: string; readonly slides: SlidePrediction[] } | null {
  const rows = database.prepare('SELECT * FROM predictions WHERE classifier_id = ?').all(classifier);
  const first = rows[0];
  if (first === undefined) return null;
  return {
    tileSet: String(first['tile_set_id']),
    slides: rows.map(predictionOf),
  };
}

/** What a classifier predicted for one slide, and for which tile set; null when it was not applied to it. */
export function findSlidePrediction(
  database: DatabaseSync,
  classifier: string,
  slide: string,
): (SlidePrediction & { readonly tileSet: string }) | null {
  const row = database
    .prepare('SELECT * FROM predictions WHERE classifier_id = ? AND slide_id = ?')
    .get(classifier, slide);
  if (row === undefined) return null;
  return { ...predictionOf(row), tileSet: String(row['tile_set_id']) };
}

function predictionOf(row: Record<string, unknown>): SlidePrediction {
  const floats = (value: unknown): Float32Array | null => (value === null ? null : new Float32Array(copyOf(value)));
  return {
    slide: String(row['slide_id']),
    prediction: new Uint16Array(copyOf(row['classes'])),
    probabilities: new Float32Array(copyOf(row['probabilities'])),
    disagreement: floats(row['disagreement']),
    distance: floats(row['distance']),
    likeness: likenessIn(row),
  };
}

/** Project files are input from outside: what cannot be read counts as not known. */
function likenessIn(row: Record<string, unknown>): SlideLikeness | null {
  if (row['likeness'] === null) return null;
  const parsed = slideLikeness.safeParse(JSON.parse(String(row['likeness'])));
  return parsed.success ? parsed.data : null;
}

/** Per slide that a classifier was applied to; reads no prediction. */
export function slideLikenesses(database: DatabaseSync, classifier: string): Map<string, SlideLikeness> {
  const rows = database
    .prepare('SELECT slide_id, likeness FROM predictions WHERE classifier_id = ? AND likeness IS NOT NULL')
    .all(classifier);
  return new Map(
    rows.flatMap((row) => {
      const likeness = likenessIn(row);
      return likeness === null ? [] : [[String(row['slide_id']), likeness] as const];
    }),
  );
}

/** Slides a classifier was applied to, with the tile set; cheap, reads no prediction. */
export function classifiedSlides(database: DatabaseSync, classifier: string): Map<string, string> {
  const rows = database
    .prepare('SELECT slide_id, tile_set_id FROM predictions WHERE classifier_id = ?')
    .all(classifier);
  return new Map(rows.map((row) => [String(row['slide_id']), String(row['tile_set_id'])]));
}

/** What a classifier's maps say about their own answers; none for those of an earlier Trefoil. */
export function doubtsOf(
  database: DatabaseSync,
  classifier: string,
): { readonly hasDisagreement: boolean; readonly hasDistance: boolean } {
  const row = database
    .prepare('SELECT COUNT(disagreement) AS a, COUNT(distance) AS b FROM predictions WHERE classifier_id = ?')
    .get(classifier);
  return { hasDisagreement: Number(row?.['a']) > 0, hasDistance: Number(row?.['b']) > 0 };
}

/** A blob's bytes in a buffer of their own, so that they are aligned. */
function copyOf(value: unknown): ArrayBuffer {
  if (!(value instanceof Uint8Array)) throw new Error('a prediction is not a blob');
  return value.slice().buffer as ArrayBuffer;
}
