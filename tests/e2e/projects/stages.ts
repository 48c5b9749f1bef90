/**
 * The stages of a project that specs start from, and fresh copies of them. They are kept in .cache, named after all that
 * decides them, so that only the first run after a change of the core makes them.
 */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fingerprintOf } from '../../../build/build-page.js';
import type { PlantedKind } from './planted-cells.ts';

/** Beside the project. Spaces, umlauts and CJK, so that every path of every spec has them. */
export const slidesFolder = 'Schnitte für 组织';
/** Of the stage with this name. */
export const unlikeSlide = 'Strange colours.jpg';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * empty: no slide · slides: six fields · tiles: extracted · trained: a run, labels, a classifier, maps · unlike: all tiles
 * labelled, and a slide that is unlike the others. alignment and scale have
 * all of it too, on painted slides (planted-cells.ts).
 */
export type Stage = 'empty' | 'slides' | 'tiles' | 'trained' | 'unlike' | PlantedKind;

export interface Workplace {
  /** Everything of this spec; the page may use files in it. */
  readonly folder: string;
  readonly project: string;
  /** The slides' own folder, beside the project. */
  readonly slides: string;
}

/** The same for the whole run, also when the core is edited meanwhile: worked out once, workers inherit it. */
export function stagesFolder(): string {
  const decisive = ['main', 'resources/demo', 'tests/e2e/projects', 'tests/support', 'package-lock.json'];
  process.env['TREFOIL_E2E_STAGES'] ??= join(root, '.cache', 'e2e', fingerprintOf(root, decisive).slice(0, 16));
  return process.env['TREFOIL_E2E_STAGES'];
}

/** A copy of a stage in a new folder. */
export function copyStage(stage: Stage, folder: string): Workplace {
  cpSync(join(stagesFolder(), stage), folder, { recursive: true });
  const slides = join(folder, slidesFolder);
  mkdirSync(slides, { recursive: true });
  return { folder, project: join(folder, 'project'), slides };
}
