/** Rows of the slides table as typed values. */
import type { DatabaseSync } from 'node:sqlite';
import type { SlideId } from '#common/domain/identifiers.ts';
import type { SlideInfo } from '#common/domain/slide.ts';
import { defaultTissueSettings, type TissueSettings } from '#common/domain/tile.ts';
import { TrefoilError } from '#common/errors.ts';
import type { Row } from './command-log.ts';

export interface SlideRow {
  readonly id: SlideId;
  readonly position: number;
  readonly name: string;
  /** Relative to the project folder. */
  readonly path: string;
  readonly fingerprint: string;
  readonly specimen: string;
  readonly patient: string;
  readonly mppByHand: number | null;
  /** How tissue is found on this slide alone; null: as on every other. */
  readonly tissue: TissueSettings | null;
  readonly info: SlideInfo;
}

export function listSlides(database: DatabaseSync): SlideRow[] {
  return database.prepare('SELECT * FROM slides ORDER BY position').all().map(fromRow);
}

export function findSlide(database: DatabaseSync, id: string): SlideRow {
  const row = database.prepare('SELECT * FROM slides WHERE id = ?').get(id);
  if (row === undefined) {
    throw new TrefoilError('not-found', `The project has no slide "${id}".`, 'List the slides to see their ids.');
  }
  return fromRow(row);
}

/** By id or by name; a name that two slides share is refused with their ids. */
export function findSlideByName(slides: readonly SlideRow[], nameOrId: string): SlideRow | null {
  const exact = slides.find((slide) => slide.id === nameOrId);
  if (exact !== undefined) return exact;
  const named = slides.filter((slide) => slide.name === nameOrId || withoutExtension(slide.name) === nameOrId);
  if (named.length > 1) {
    throw new TrefoilError(
      'invalid-input',
      `"${nameOrId}" is the name of ${named.length} slides.`,
      `Use the slide's id instead: ${named.map((slide) => slide.id).join(', ')}.`,
    );
  }
  return named[0] ?? null;
}

export function toRow(slide: SlideRow): Row {
  return {
    id: slide.id,
    position: slide.position,
    name: slide.name,
    path: slide.path,
    fingerprint: slide.fingerprint,
    specimen: slide.specimen,
    patient: slide.patient,
    mpp_by_hand: slide.mppByHand,
    tissue: slide.tissue === null ? null : JSON.stringify(slide.tissue),
    info: JSON.stringify(slide.info),
  };
}

function fromRow(row: Record<string, unknown>): SlideRow {
  return {
    id: String(row['id']) as SlideId,
    position: Number(row['position']),
    name: String(row['name']),
    path: String(row['path']),
    fingerprint: String(row['fingerprint']),
    specimen: String(row['specimen']),
    patient: String(row['patient']),
    mppByHand: row['mpp_by_hand'] === null ? null : Number(row['mpp_by_hand']),
    tissue:
      row['tissue'] === null
        ? null
        : { ...defaultTissueSettings, ...(JSON.parse(String(row['tissue'])) as TissueSettings) },
    info: JSON.parse(String(row['info'])) as SlideInfo,
  };
}

function withoutExtension(name: string): string {
  return name.replace(/\.[^.]+$/, '');
}
