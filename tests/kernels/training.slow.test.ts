/** 2,000 steps of the WebGPU engine at constant memory: as many buffers as at the start, and no growing process. */
import { expect, test } from 'vitest';
import { requireAdapter } from './golden-network.ts';
import { countBuffers, create, trainSteps } from './tiny-training.ts';

test('2,000 steps leave as many buffers as the first ones and the process no larger', async (context) => {
  await requireAdapter(context, 'f16');
  const buffers = countBuffers();
  try {
    const engine = await create('f16');
    // The allocator and the compiler settle in the first steps.
    await trainSteps(engine, 0, 200);
    const [live, bytes] = [buffers.live(), process.memoryUsage().rss];
    await trainSteps(engine, 200, 2000);
    expect(buffers.live()).toBe(live);
    // A leak of 32 KiB a step would be twice this.
    expect(process.memoryUsage().rss - bytes).toBeLessThan(32 * 2 ** 20);
    await engine.dispose();
    expect(buffers.live()).toBe(0);
  } finally {
    buffers.restore();
  }
});
