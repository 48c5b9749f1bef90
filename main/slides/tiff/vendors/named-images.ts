/** Collects label, macro, thumbnail ... of a slide. One that cannot be decoded is left out with a note; names stay unique. */
import { TrefoilError } from '#common/errors.ts';
import type { SlideFile } from '../../slide-file.ts';
import { pageLevel, type TiffLevel } from '../tile-grid.ts';
import type { TiffPage } from '../tiff-page.ts';
import { leftOut } from './tiff-slide.ts';

export class NamedImages {
  readonly images: { name: string; level: TiffLevel }[] = [];
  readonly notes: string[] = [];

  has(name: string): boolean {
    return this.images.some((image) => image.name === name);
  }

  /** The first of a name is kept, later ones are ignored unless `numbered`. */
  add(name: string, makeLevel: () => TiffLevel, numbered = false): void {
    let unique = name;
    for (let count = 2; this.has(unique); count++) {
      if (!numbered) return;
      unique = `${name} ${count}`;
    }
    try {
      this.images.push({ name: unique, level: makeLevel() });
    } catch (error) {
      if (!(error instanceof TrefoilError)) throw error;
      this.notes.push(leftOut(`the ${unique}`, error));
    }
  }

  addPage(name: string, file: SlideFile, page: TiffPage, vendor: string): void {
    this.add(name, () => pageLevel(file, page, vendor));
  }
}
