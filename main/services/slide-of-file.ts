/** Which slide the annotations of a file belong to: the one asked for, the one the file names, or the one it is named after. */
import { basename } from 'node:path';
import { TrefoilError } from '#common/errors.ts';
import { distinctNames } from '#common/slide-names.ts';
import { findSlideByName, type SlideRow } from '../store/slide-rows.ts';

/**
 * `wanted` by name or id; else `stated` by the file itself; else the file's own name, as QuPath gives it; else the project's only
 * slide. Throws `not-found` for an unknown name, `invalid-input` when it is not clear.
 */
export function chooseSlide(
  slides: readonly SlideRow[],
  wanted: string | undefined,
  path: string,
  stated: string | null = null,
): SlideRow {
  if (wanted !== undefined) return namedSlide(slides, wanted);
  if (stated !== null) return namedSlide(slides, stated);
  // Our own exports end in .regions.geojson and .tiles.geojson.
  const plain = basename(path)
    .replace(/\.gz$/i, '')
    .replace(/\.(geo)?json$/i, '');
  for (const name of [plain, plain.replace(/\.(regions|tiles)$/, '')]) {
    const named = findSlideByName(slides, name);
    if (named !== null) return named;
  }
  if (slides.length === 1 && slides[0] !== undefined) return slides[0];
  throw new TrefoilError(
    'invalid-input',
    `It is not clear which slide the annotations in ${basename(path)} belong to.`,
    'Name the slide (on the command line: --slide), or name the file after it.',
  );
}

function namedSlide(slides: readonly SlideRow[], name: string): SlideRow {
  const shown = distinctNames(slides);
  const slide = slides.find(({ id }) => shown.get(id) === name) ?? findSlideByName(slides, name);
  if (slide !== null) return slide;
  throw new TrefoilError(
    'not-found',
    `The project has no slide "${name}".`,
    'Choose the slide yourself (on the command line: --slide); list the slides to see their names.',
  );
}
