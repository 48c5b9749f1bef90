/** Worker thread of the decode pool: one coded tile in, its RGB pixels out, moved and not copied. Opens no file. */
import { parentPort } from 'node:worker_threads';
import { toErrorReport, type ErrorReport } from '#common/errors.ts';
import { UndecodableTile, type CodedTile } from '../codecs/coded-tile.ts';
import { createTileDecoder } from '../codecs/decode-coded-tile.ts';

export type DecodeReply =
  { readonly pixels: Uint8Array<ArrayBuffer> } | { readonly undecodable: string } | { readonly error: ErrorReport };

const port = parentPort;
if (port) {
  const { decode } = createTileDecoder();
  const answer = async (tile: CodedTile): Promise<void> => {
    let reply: DecodeReply;
    try {
      const decoded = await decode(tile);
      // A view of a larger buffer (WebAssembly memory, a pool) cannot be moved.
      const owns = decoded.buffer instanceof ArrayBuffer && decoded.byteLength === decoded.buffer.byteLength;
      reply = { pixels: owns ? (decoded as Uint8Array<ArrayBuffer>) : Uint8Array.from(decoded) };
    } catch (error) {
      reply = error instanceof UndecodableTile ? { undecodable: error.message } : { error: toErrorReport(error) };
    }
    port.postMessage(reply, 'pixels' in reply ? [reply.pixels.buffer] : []);
  };
  port.on('message', (tile: CodedTile) => void answer(tile));
}
