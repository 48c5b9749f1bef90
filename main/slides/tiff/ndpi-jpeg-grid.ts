/**
 * One NDPI level, a single JPEG of up to gigabytes, as a grid of tiles. Its restart markers cut it into runs of MCUs that
 * decode by themselves; some runs below each other make a tile, put together as a small JPEG of its own. Where the runs
 * begin stands in private tags (relative to the JPEG, checked before use); without them the JPEG is searched once.
 */
import type { CodedTile } from '../codecs/coded-tile.ts';
import type { SlideFile } from '../slide-file.ts';
import { findRestarts, readJpegStructure, smallJpeg, type JpegStructure } from './jpeg-restarts.ts';
import { unsupportedFormat } from './tiff-compression.ts';
import { damaged, tiffLimits } from './tiff-directory.ts';
import type { TileGrid } from './tile-grid.ts';
import type { TiffPage } from './tiff-page.ts';

const startsTag = 65_426;
const startsHighTag = 65_432;
/** Pixels of a tile made of runs; a level without restart markers is one tile, up to a larger bound. */
const tilePixels = 512 * 1024;
const maximumWholePixels = 20_000_000;

interface Runs {
  readonly across: number;
  readonly down: number;
  readonly width: number;
  readonly height: number;
}

/** Throws `file-invalid`, `file-truncated`, `file-unsupported`. */
export async function ndpiJpegGrid(file: SlideFile, page: TiffPage, vendor: string): Promise<TileGrid> {
  const start = page.offsets[0] ?? 0;
  const end = start + (page.byteCounts[0] ?? 0);
  const jpeg = await readJpegStructure(file, start, end);
  if (!jpeg) throw damaged(file, 'a level is no readable JPEG');
  const runs = runsOf(jpeg, page);
  const pixels = runs.width * runs.height;
  if (pixels > maximumWholePixels || runs.width > 65_535 || runs.height > 65_535) {
    throw unsupportedFormat(file.name, vendor, `a JPEG of ${page.width} x ${page.height} px without restart markers`);
  }
  const count = runs.across * runs.down;
  if (count > tiffLimits.valuesPerTag) throw damaged(file, `a level claims ${count} runs`);
  const runsDown = Math.max(1, Math.min(64, runs.down, Math.floor(tilePixels / pixels)));
  let starts: Promise<Float64Array> | null = null;
  let trusted = false;
  const search = (): Promise<Float64Array> => {
    trusted = true;
    return findRestarts(file, jpeg.scanStart, end, count);
  };
  const startsOf = async (): Promise<Float64Array> => {
    starts ??= recordedStarts(page, start, jpeg, end, count).then((recorded) => recorded ?? search());
    return starts;
  };
  /** Bytes of one run, without its marker. */
  const readRun = async (index: number): Promise<Buffer> => {
    // A run lies between two markers; tags that say otherwise are not believed again.
    const recorded = await startsOf();
    for (const run of [index, index + 1]) {
      if (trusted || run === 0 || run >= count) continue;
      if (!(await isRestart(file, (recorded[run] ?? 0) - 2)) && !trusted) starts = search();
    }
    const known = await startsOf();
    const from = known[index] ?? 0;
    const to = index + 1 < count ? (known[index + 1] ?? 0) - 2 : end;
    const byteCount = to - from;
    if (byteCount < 0 || byteCount > 2 * pixels * 3 + 65_536)
      throw damaged(file, `run ${index} of a level has ${byteCount} bytes`);
    return file.read(from, byteCount, `run ${index}`);
  };
  const samples = jpeg.components;
  return {
    width: page.width,
    height: page.height,
    tileWidth: runs.width,
    tileHeight: runs.height * runsDown,
    needsWindow: false,
    read: async (column, row): Promise<CodedTile> => {
      const first = row * runsDown;
      const parts: Buffer[] = [];
      for (let run = first; run < Math.min(runs.down, first + runsDown); run++) {
        parts.push(await readRun(run * runs.across + column));
      }
      const height = parts.length * runs.height;
      return {
        codec: 'jpeg',
        planes: [smallJpeg(jpeg, runs.width, height, parts)],
        width: runs.width,
        height,
        samples,
        bits: 8,
        sampleFormat: 'unsigned',
        littleEndian: true,
        meaning: samples === 1 ? 'grey' : page.photometric === 2 ? 'rgb' : 'ycbcr',
        predictor: 1,
        alpha: 'none',
        jpegTables: null,
        palette: null,
        window: null,
        chromaSubsampling: [1, 1],
      };
    },
    readStoredJpeg: async () => null,
    checkInFile: (what) => {
      if (end > file.byteLength) throw file.truncated(end, what);
    },
  };
}

/** How restart intervals lie in the picture; one run of everything when they do not fit its rows. */
function runsOf(jpeg: JpegStructure, page: TiffPage): Runs {
  const mcusAcross = Math.ceil(page.width / jpeg.mcuWidth);
  const mcusDown = Math.ceil(page.height / jpeg.mcuHeight);
  const { restartInterval: interval } = jpeg;
  if (interval > 0 && mcusAcross % interval === 0) {
    return { across: mcusAcross / interval, down: mcusDown, width: interval * jpeg.mcuWidth, height: jpeg.mcuHeight };
  }
  if (interval > 0 && interval % mcusAcross === 0 && interval / mcusAcross < mcusDown) {
    const rows = interval / mcusAcross;
    return {
      across: 1,
      down: Math.ceil(mcusDown / rows),
      width: mcusAcross * jpeg.mcuWidth,
      height: rows * jpeg.mcuHeight,
    };
  }
  return { across: 1, down: 1, width: page.width, height: page.height };
}

/** Positions in the file from the private tags; null when they are absent or cannot be true. */
async function recordedStarts(
  page: TiffPage,
  start: number,
  jpeg: JpegStructure,
  end: number,
  count: number,
): Promise<Float64Array | null> {
  if (count === 1) return Float64Array.of(jpeg.scanStart);
  const low = await page.directory.integers(startsTag);
  const high = await page.directory.integers(startsHighTag);
  if (low?.length !== count || (high && high.length !== count)) return null;
  const starts = low.map((value, index) => start + value + (high?.[index] ?? 0) * 2 ** 32);
  starts[0] = jpeg.scanStart;
  for (let index = 1; index < count; index++) {
    const here = starts[index] as number;
    if (!(here > (starts[index - 1] as number)) || here > end) return null;
  }
  return starts;
}

async function isRestart(file: SlideFile, at: number): Promise<boolean> {
  const marker = await file.read(at, 2, 'a restart marker');
  return marker[0] === 0xff && ((marker[1] as number) & 0xf8) === 0xd0;
}
