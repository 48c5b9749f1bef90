/** Files a person might add: real ones that ship with Trefoil, and broken ones made of them. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Workplace } from './stages.ts';

const resources = fileURLToPath(new URL('../../../resources/demo/', import.meta.url));

export const files = {
  /** A real scan of 2 megapixels with its pixel size. */
  wholeSlide: 'CMU-1-Small-Region.svs',
  /** A field of the demo that is in no stage; it does not say how large a pixel is. */
  field: 'osteosarcoma/Viable___Case-4-C21-25306-21689_120.jpg',
} as const;

/** Beside the project's slides, under a name of its own. */
export function putFile(workplace: Workplace, name: string, source: string): void {
  copyFileSync(join(resources, source), join(workplace.slides, name));
}

/** The whole slide as after a broken copy: cut off in the middle of its pixels. */
export function putTruncatedSlide(workplace: Workplace, name: string): void {
  const bytes = readFileSync(join(resources, files.wholeSlide));
  writeFileSync(join(workplace.slides, name), bytes.subarray(0, Math.floor(bytes.length / 2)));
}
