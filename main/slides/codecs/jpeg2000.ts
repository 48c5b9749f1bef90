/**
 * JPEG 2000 through OpenJPEG compiled to WebAssembly (@cornerstonejs/codec-openjpeg). The header is checked against the
 * tile before the decoder sees it, the module's memory may grow only to what such a tile needs, and a module that threw
 * or grew large is dropped for a fresh one. Decoding runs on the calling thread: give it to a worker for speed.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { UndecodableTile, type CodedTile, type SampleMeaning } from './coded-tile.ts';
import { readJpeg2000Header, type Jpeg2000Header } from './jpeg2000-header.ts';
import { webAssembly, type WasmInstance } from './web-assembly.ts';

/** What is used of the package, which comes without types. */
interface OpenJpegDecoder {
  getEncodedBuffer(byteLength: number): Uint8Array;
  getDecodedBuffer(): Uint8ClampedArray;
  decode(): void;
  getFrameInfo(): { width: number; height: number; componentCount: number; bitsPerSample: number; isSigned: boolean };
  delete(): void;
}
interface OpenJpegModule {
  readonly HEAPU8: Uint8Array;
  readonly J2KDecoder: new () => OpenJpegDecoder;
}
type InstantiateWasm = (imports: object, done: (instance: WasmInstance, module: object) => void) => object;
type CreateModule = (options: {
  print(text: string): void;
  printErr(text: string): void;
  instantiateWasm: InstantiateWasm;
}) => Promise<OpenJpegModule>;

/** Memory of the module at rest, its code's stack and tables included. */
const restBytes = 64 * 1024 * 1024;
/** Measured 6 for 2048 x 2048 px in colour: 32 bits in the image, 8 in the result, wavelet buffers. Twice that is let. */
const bytesPerSample = 12;
const maximumHeapBytes = 768 * 1024 * 1024;
/** A module above this is dropped: WebAssembly memory never shrinks. */
const keptHeapBytes = 160 * 1024 * 1024;
/** Tiles inside one codestream: each costs kilobytes before any data is read. Slides use one. */
const maximumInnerTiles = 256;

export interface Jpeg2000Samples {
  /** Interleaved, 8 bits a sample, or two bytes (this machine's order) for deeper grey. */
  readonly bytes: Uint8Array;
  readonly components: number;
  readonly bits: 8 | 16;
  /** `rgb` where the stream's own YCbCr was already converted. */
  readonly meaning: SampleMeaning;
}

interface Loaded {
  readonly openJpeg: OpenJpegModule;
  /** Bytes the memory may grow to, set before each tile. */
  readonly limit: { heapBytes: number };
  readonly messages: string[];
}

export class Jpeg2000Decoder {
  #loading: Promise<Loaded> | null = null;

  /** Throws UndecodableTile. The bytes are not kept. */
  async decode(
    stored: Uint8Array,
    tile: Pick<CodedTile, 'width' | 'height' | 'meaning'>,
    samples: number,
  ): Promise<Jpeg2000Samples> {
    const header = readJpeg2000Header(stored);
    if (!header) throw new UndecodableTile('is no readable JPEG 2000');
    checkHeader(header, tile, samples);
    const needed = restBytes + header.width * header.height * samples * bytesPerSample + 2 * stored.length;
    if (needed > maximumHeapBytes) throw new UndecodableTile(`would take ${needed} bytes to decode`);
    this.#loading ??= load();
    const loading = this.#loading;
    const drop = (): void => {
      if (this.#loading === loading) this.#loading = null;
    };
    let loaded: Loaded;
    try {
      loaded = await loading;
    } catch (error) {
      drop();
      throw error;
    }
    const { openJpeg, limit, messages } = loaded;
    limit.heapBytes = needed;
    messages.length = 0;
    let bytes: Uint8Array;
    try {
      bytes = decodeWith(openJpeg, header, samples);
      // OpenJPEG gives what it has of a stream that is cut or broken; a tile half grey is no tile.
      if (messages.some((message) => message.includes('[ERROR]'))) {
        throw new UndecodableTile('cannot be decoded as JPEG 2000');
      }
    } catch (error) {
      if (error instanceof UndecodableTile) throw new UndecodableTile(error.message, { cause: messages.join(' ') });
      // Out of memory or a trap: the module's state is unknown from here on.
      drop();
      throw new UndecodableTile('cannot be decoded as JPEG 2000', { cause: error });
    } finally {
      if (openJpeg.HEAPU8.length > keptHeapBytes) drop();
    }
    const first = header.components[0];
    const subsampled = header.components.some((component) => component.stepX !== 1 || component.stepY !== 1);
    const stated = header.colourSpace === 18 && samples === 3 ? 'ycbcr' : tile.meaning;
    return {
      bytes,
      components: samples,
      bits: (first?.bits ?? 8) > 8 ? 16 : 8,
      // OpenJPEG's wrapper turns subsampled components into RGB itself.
      meaning: subsampled ? 'rgb' : stated,
    };
  }
}

function checkHeader(header: Jpeg2000Header, tile: { width: number; height: number }, samples: number): void {
  const { width, height, components } = header;
  const [first] = components;
  if (width !== tile.width || height !== tile.height || components.length !== samples || !first) {
    throw new UndecodableTile(`holds a ${width} x ${height} JPEG 2000 of ${components.length} components`);
  }
  const same = components.every((each) => each.bits === first.bits && each.signed === first.signed);
  // What the wrapper hands over whole: grey up to 16 bits, three components of 8.
  const depth = first.bits === 8 ? !first.signed : samples === 1 && first.bits > 8 && first.bits <= 16;
  if ((samples !== 1 && samples !== 3) || !same || !depth || header.hasPalette) {
    const bits = components.map((each) => each.bits).join('/');
    throw new UndecodableTile(`is a JPEG 2000 of ${bits} bits, which cannot be shown`);
  }
  if (header.offsetX !== 0 || header.offsetY !== 0) throw new UndecodableTile('is a JPEG 2000 with an offset');
  if (!(header.tiles >= 1 && header.tiles <= maximumInnerTiles)) {
    throw new UndecodableTile(`is a JPEG 2000 of ${header.tiles} tiles`);
  }
  // 4:4:4, 4:2:2 and 4:2:0; the wrapper reads past its buffers with anything else.
  const steps = components.map((each) => `${each.stepX}x${each.stepY}`).join(' ');
  if (!['1x1', '1x1 1x1 1x1', '1x1 2x1 2x1', '1x1 2x2 2x2'].includes(steps)) {
    throw new UndecodableTile(`is a JPEG 2000 with components sampled ${steps}`);
  }
}

function decodeWith(openJpeg: OpenJpegModule, header: Jpeg2000Header, samples: number): Uint8Array {
  const decoder = new openJpeg.J2KDecoder();
  try {
    decoder.getEncodedBuffer(header.codestream.length).set(header.codestream);
    decoder.decode();
    const bits = header.components[0]?.bits ?? 8;
    const decoded = decoder.getDecodedBuffer();
    // A stream that fails on the way leaves the buffer of this decoder empty.
    if (decoded.length !== header.width * header.height * samples * (bits > 8 ? 2 : 1)) {
      throw new UndecodableTile('cannot be decoded as JPEG 2000');
    }
    return new Uint8Array(decoded.buffer, decoded.byteOffset, decoded.length);
  } finally {
    decoder.delete();
  }
}

async function load(): Promise<Loaded> {
  const require = createRequire(import.meta.url);
  const create = require('@cornerstonejs/codec-openjpeg/decodewasmjs') as CreateModule;
  const { compile, Instance } = webAssembly();
  const wasm = await compile(await readFile(require.resolve('@cornerstonejs/codec-openjpeg/decodewasm')));
  const limit = { heapBytes: restBytes };
  const messages: string[] = [];
  const keep = (text: string): void => {
    if (messages.length < 8) messages.push(text);
  };
  const openJpeg = await create({
    print: keep,
    printErr: keep,
    instantiateWasm: (imports, done) => {
      const instance = new Instance(wasm, imports);
      boundMemory(instance, limit);
      done(instance, wasm);
      return instance.exports;
    },
  });
  return { openJpeg, limit, messages };
}

/** The module asks its memory to grow through this method; above the limit it is told that there is none. */
function boundMemory(instance: WasmInstance, limit: { readonly heapBytes: number }): void {
  const { Memory } = webAssembly();
  for (const exported of Object.values(instance.exports)) {
    if (!(exported instanceof Memory)) continue;
    const grow = exported.grow.bind(exported);
    exported.grow = (pages) => {
      if (exported.buffer.byteLength + pages * 65_536 > limit.heapBytes) throw new RangeError('out of memory');
      return grow(pages);
    };
  }
}
