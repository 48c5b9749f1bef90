/**
 * A process of its own around the OpenSlide library, one for each open slide: its calls block, and a defect in its C code
 * must cost one slide and not the core. Answers requests one after the other; ends when its parent goes.
 */
import type { Answers, OpenedSlide, OpenSlideAnswer, OpenSlideFailure, OpenSlideRequest } from './messages.ts';
import { maximumAssociatedPixels, maximumRequestPixels } from './messages.ts';
import { loadOpenSlide, type OpenSlideLibrary, type SlideHandle } from './openslide-library.ts';

const maximumProfileBytes = 8 * 1024 * 1024;
const maximumLevels = 64;

/** Where pixel sizes stand. No other property leaves this process: they can hold names and dates. */
const harmlessProperties = [
  'openslide.mpp-x',
  'openslide.mpp-y',
  'openslide.objective-power',
  'aperio.MPP',
  'tiff.XResolution',
  'tiff.YResolution',
  'tiff.ResolutionUnit',
];

class Failure extends Error {
  readonly reason: OpenSlideFailure['reason'];
  constructor(reason: OpenSlideFailure['reason'], text: string) {
    super(text);
    this.reason = reason;
  }
}

class OpenSlideHost {
  #library: OpenSlideLibrary | null = null;
  #slide: SlideHandle | null = null;
  #path = '';

  answer(request: OpenSlideRequest): Answers[keyof Answers] {
    switch (request.kind) {
      case 'version':
        return this.#load(request.libraries).version();
      case 'open':
        return this.#open(request.libraries, request.path);
      case 'read': {
        const { level, x, y, width, height } = request;
        if (width * height > maximumRequestPixels) throw new Failure('damaged', 'the region is too large');
        return this.#pixels(width, height, (library, slide, into) =>
          library.readRegion(slide, into, x, y, level, width, height),
        );
      }
      case 'associated': {
        const { library, slide } = this.#opened();
        const { width, height } = library.associatedSize(slide, request.name);
        if (!(width > 0 && height > 0 && width * height <= maximumAssociatedPixels)) {
          throw new Failure('damaged', `its ${request.name} is ${width} x ${height} px`);
        }
        return this.#pixels(width, height, (_library, _slide, into) =>
          library.readAssociated(slide, request.name, into),
        );
      }
      case 'profile': {
        const { library, slide } = this.#opened();
        const bytes = library.profileBytes(slide);
        if (bytes === 0 || bytes > maximumProfileBytes) return null;
        const profile = Buffer.alloc(bytes);
        library.readProfile(slide, profile);
        this.#check();
        return profile;
      }
    }
  }

  #load(libraries: readonly string[]): OpenSlideLibrary {
    this.#library ??= loadOpenSlide(libraries);
    if (!this.#library) throw new Failure('missing', 'OpenSlide is not installed');
    return this.#library;
  }

  #open(libraries: readonly string[], path: string): OpenedSlide {
    const library = this.#load(libraries);
    const vendor = library.detectVendor(path);
    if (vendor === null) throw new Failure('refused', 'OpenSlide does not know this format');
    this.#path = path;
    this.#slide = library.open(path);
    const slide = this.#check();
    const levels = Array.from({ length: Math.min(maximumLevels, library.levelCount(slide)) }, (_, level) => ({
      ...library.levelSize(slide, level),
      downsample: library.levelDownsample(slide, level),
    }));
    const associated = library.associatedNames(slide).map((name) => ({ name, ...library.associatedSize(slide, name) }));
    const properties = harmlessProperties.flatMap((name) => {
      const value = library.property(slide, name);
      return value === null ? [] : [[name, value.slice(0, 100)]];
    });
    const profileBytes = library.profileBytes(slide);
    this.#check();
    return {
      version: library.version(),
      vendor,
      levels,
      associated,
      properties: Object.fromEntries(properties) as Record<string, string>,
      profileBytes: profileBytes <= maximumProfileBytes ? profileBytes : 0,
    };
  }

  #opened(): { library: OpenSlideLibrary; slide: SlideHandle } {
    if (!this.#library || this.#slide === null) throw new Failure('damaged', 'the slide is not open');
    return { library: this.#library, slide: this.#slide };
  }

  #pixels(
    width: number,
    height: number,
    read: (library: OpenSlideLibrary, slide: SlideHandle, into: Buffer) => void,
  ): Uint8Array {
    const { library, slide } = this.#opened();
    const pixels = Buffer.alloc(width * height * 4);
    read(library, slide, pixels);
    this.#check();
    return onWhite(new Uint32Array(pixels.buffer, pixels.byteOffset, width * height));
  }

  /** An error is for ever in OpenSlide: the slide is closed and opened again, so that its other parts can still be read. */
  #check(): SlideHandle {
    const library = this.#library;
    if (!library || this.#slide === null) throw new Failure('damaged', 'OpenSlide could not open it');
    const text = library.error(this.#slide);
    if (text === null) return this.#slide;
    library.close(this.#slide);
    this.#slide = library.open(this.#path);
    throw new Failure('damaged', text.slice(0, 300));
  }
}

/**
 * Premultiplied ARGB on white as RGB. A premultiplied colour is c x a / 255 already, so laid on white it is that plus 255 - a:
 * no division, no rounding.
 */
function onWhite(argb: Uint32Array): Uint8Array {
  const rgb = new Uint8Array(argb.length * 3);
  for (let at = 0; at < argb.length; at++) {
    const pixel = argb[at] as number;
    const white = 255 - (pixel >>> 24);
    rgb[at * 3] = Math.min(255, ((pixel >>> 16) & 255) + white);
    rgb[at * 3 + 1] = Math.min(255, ((pixel >>> 8) & 255) + white);
    rgb[at * 3 + 2] = Math.min(255, (pixel & 255) + white);
  }
  return rgb;
}

const host = new OpenSlideHost();
process.on('message', ({ id, request }: { id: number; request: OpenSlideRequest }) => {
  let answer: OpenSlideAnswer;
  try {
    answer = { id, value: host.answer(request) };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    answer = { id, failure: { reason: error instanceof Failure ? error.reason : 'damaged', text } };
  }
  process.send?.(answer);
});
process.on('disconnect', () => process.exit(0));
