/**
 * OpenSlide's C functions (openslide.h, 3.4 and 4.0) through koffi, as far as Trefoil needs them. Every call blocks, and a
 * defect of the library ends the process: only openslide-process.ts may load this.
 */
import koffi, { type LibraryHandle } from 'koffi';

export type SlideHandle = unknown;

export interface OpenSlideLibrary {
  version(): string;
  detectVendor(path: string): string | null;
  open(path: string): SlideHandle | null;
  close(slide: SlideHandle): void;
  error(slide: SlideHandle): string | null;
  levelCount(slide: SlideHandle): number;
  levelSize(slide: SlideHandle, level: number): { width: number; height: number };
  levelDownsample(slide: SlideHandle, level: number): number;
  property(slide: SlideHandle, name: string): string | null;
  associatedNames(slide: SlideHandle): string[];
  associatedSize(slide: SlideHandle, name: string): { width: number; height: number };
  /** Premultiplied ARGB, 32 bits in this machine's order. */
  readRegion(
    slide: SlideHandle,
    into: Buffer,
    x: number,
    y: number,
    level: number,
    width: number,
    height: number,
  ): void;
  readAssociated(slide: SlideHandle, name: string, into: Buffer): void;
  /** 0 without a profile, and in version 3.4, which knows none. */
  profileBytes(slide: SlideHandle): number;
  readProfile(slide: SlideHandle, into: Buffer): void;
}

const maximumNames = 64;

/** The first that can be loaded; null when none can. */
export function loadOpenSlide(libraries: readonly string[]): OpenSlideLibrary | null {
  for (const path of libraries) {
    try {
      return bind(koffi.load(path));
    } catch {
      // Not there, for another processor, or no OpenSlide: the next place is tried.
    }
  }
  return null;
}

function bind(library: LibraryHandle): OpenSlideLibrary {
  const bound = (declaration: string): ((...values: unknown[]) => unknown) => library.func(declaration);
  const version = bound('const char *openslide_get_version()');
  const detectVendor = bound('const char *openslide_detect_vendor(const char *path)');
  const open = bound('void *openslide_open(const char *path)');
  const close = bound('void openslide_close(void *slide)');
  const error = bound('const char *openslide_get_error(void *slide)');
  const levelCount = bound('int32_t openslide_get_level_count(void *slide)');
  const levelSize = bound(
    'void openslide_get_level_dimensions(void *slide, int32_t level, _Out_ int64_t *width, _Out_ int64_t *height)',
  );
  const downsample = bound('double openslide_get_level_downsample(void *slide, int32_t level)');
  const property = bound('const char *openslide_get_property_value(void *slide, const char *name)');
  const names = bound('void *openslide_get_associated_image_names(void *slide)');
  const associatedSize = bound(
    'void openslide_get_associated_image_dimensions(void *slide, const char *name, _Out_ int64_t *width, _Out_ int64_t *height)',
  );
  const readRegion = bound(
    'void openslide_read_region(void *slide, void *into, int64_t x, int64_t y, int32_t level, int64_t width, int64_t height)',
  );
  const readAssociated = bound('void openslide_read_associated_image(void *slide, const char *name, void *into)');
  const profile = optional(() => ({
    size: bound('int64_t openslide_get_icc_profile_size(void *slide)'),
    read: bound('void openslide_read_icc_profile(void *slide, void *into)'),
  }));
  const sized = (call: (width: unknown[], height: unknown[]) => void): { width: number; height: number } => {
    const width: unknown[] = [-1];
    const height: unknown[] = [-1];
    call(width, height);
    return { width: Number(width[0]), height: Number(height[0]) };
  };
  return {
    version: () => String(version()),
    detectVendor: (path) => detectVendor(path) as string | null,
    open: (path) => open(path) as SlideHandle | null,
    close: (slide) => void close(slide),
    error: (slide) => error(slide) as string | null,
    levelCount: (slide) => Number(levelCount(slide)),
    levelSize: (slide, level) => sized((width, height) => void levelSize(slide, level, width, height)),
    levelDownsample: (slide, level) => Number(downsample(slide, level)),
    property: (slide, name) => property(slide, name) as string | null,
    associatedNames: (slide) => {
      const list = names(slide);
      const found: string[] = [];
      for (let index = 0; list !== null && index < maximumNames; index++) {
        const name = koffi.decode(list, index * koffi.sizeof('void *'), 'const char *') as string | null;
        if (name === null) break;
        found.push(name);
      }
      return found;
    },
    associatedSize: (slide, name) => sized((width, height) => void associatedSize(slide, name, width, height)),
    readRegion: (slide, into, x, y, level, width, height) => void readRegion(slide, into, x, y, level, width, height),
    readAssociated: (slide, name, into) => void readAssociated(slide, name, into),
    profileBytes: (slide) => Math.max(0, Number(profile?.size(slide) ?? 0)),
    readProfile: (slide, into) => void profile?.read(slide, into),
  };
}

function optional<T>(make: () => T): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}
