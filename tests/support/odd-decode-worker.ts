/** Stands in for the decode pool's worker: the first stored byte says how it behaves. */
import { parentPort } from 'node:worker_threads';
import type { CodedTile } from '#main/slides/codecs/coded-tile.ts';

export const behaviour = { answer: 0, hang: 1, exit: 2, throwOutside: 3 } as const;

parentPort?.on('message', ({ planes }: CodedTile) => {
  const [how, value] = planes[0] ?? [];
  if (how === behaviour.hang) for (;;);
  if (how === behaviour.exit) process.exit(1);
  if (how === behaviour.throwOutside) throw new Error('a defect');
  parentPort?.postMessage({ pixels: Uint8Array.of(value ?? 0) });
});
