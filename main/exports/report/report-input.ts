/** What a report is made of; gathered in services/report-input.ts. */
import type { MapAreas } from '#common/contract/maps.ts';
import type { SlideLikeness } from '#common/contract/trust.ts';
import type { MppProvenance } from '#common/domain/mpp-provenance.ts';
import type { MethodCard } from '../method-card.ts';
import type { LegendItem, Picture } from './document.ts';

export interface ReportInput {
  readonly project: string;
  readonly card: MethodCard;
  readonly classes: readonly LegendItem[];
  readonly slides: readonly ReportSlide[];
  readonly total: Pick<MapAreas, 'classes' | 'unclassified' | 'noTissue'>;
  /** What the folds held out; empty for a classifier whose files are gone. */
  readonly folds: readonly ReportFold[];
  /** Of slides reserved for evaluation, in words. */
  readonly reserve: string;
  /** Finished second readings. */
  readonly readings: readonly { readonly reader: string; readonly sentences: readonly string[] }[];
  readonly pictures: readonly ReportPictures[];
  /** Of the files that the result stands on. */
  readonly checksums: readonly { readonly what: string; readonly sha256: string }[];
  readonly notes: readonly string[];
}

export interface ReportSlide {
  readonly name: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Of the scanner or file format. */
  readonly format: string;
  /** SHA-256 by which the slide is known again, see slides/slide-fingerprint.ts. */
  readonly fingerprint: string;
  readonly mpp: MppProvenance;
  readonly keptTiles: number;
  /** Cells of the grid that were not kept, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly role: 'training' | 'final test' | 'reserved' | 'mapped';
  readonly areas: MapAreas;
  /** Share of the kept tiles whose class is less sure than each of `unsureBelow`. */
  readonly unsureShares: readonly number[];
  readonly likeness: SlideLikeness | null;
  /** What the reader and the tile step had to say. */
  readonly remarks: readonly string[];
}

/** Probabilities below which a tile's class is counted as unsure. */
export const unsureBelow = [0.5, 0.7, 0.9] as const;

export interface ReportFold {
  readonly heldOut: readonly string[];
  readonly tiles: number;
  readonly correct: number;
}

export interface ReportPictures {
  readonly slide: string;
  readonly pictures: readonly Picture[];
  readonly caption: string;
}
