/** The real entry with the real portable engine: killed while training, it ends with the same bytes; then it embeds. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RandomStream } from '#common/random.ts';
import { readEmbeddings } from '#main/engine/embeddings-file.ts';
import { EngineHost } from '#main/engine/process/engine-host.ts';
import type { EngineJobInput } from '#main/engine/process/job.ts';
import { settingsFor } from '#main/engine/recipe.ts';

const entry = fileURLToPath(new URL('../../../../../main/entries/engine.ts', import.meta.url));
const [sizePx, count] = [32, 24];
const cadence = { monitorEverySteps: 2, monitorTiles: 16, checkpointEverySteps: 2 };
const settings = settingsFor('quick', { viewPx: 32, batch: 8, epochs: 2, ...cadence });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trefoil-entry-'));
  const stream = RandomStream.of('pixels');
  await writeFile(
    join(folder, 'tiles.rgb'),
    Uint8Array.from({ length: count * sizePx * sizePx * 3 }, () => stream.nextInteger(256)),
  );
  const keys = Array.from({ length: count }, (_, tile) => [tile % 6, Math.floor(tile / 6)]);
  const shard = { slide: 's', path: join(folder, 'tiles.rgb'), firstIndex: 0, records: count, sha256: '', tiles: keys };
  await writeFile(join(folder, 'tiles.json'), JSON.stringify({ sizePx, count, shards: [shard] }));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const common = () => ({ tiles: join(folder, 'tiles.json'), seed: 1, settings, workers: 1 });

async function pretrain(name: string, kills: readonly number[]): Promise<{ loss: number | null; path: string }> {
  const runDir = join(folder, name);
  await mkdir(runDir);
  const left = [...kills];
  await using host = new EngineHost({ entry, restartDelaysMs: [1, 1, 1] });
  const result = await host.run(
    { kind: 'pretrain', ...common(), runDir, trainingTiles: null, neighbourStep: 1, labelled: null },
    {
      onEvent: (event) => {
        if (event.type !== 'training' || event.progress.step !== left[0]) return;
        left.shift();
        process.kill(host.pid!, 'SIGKILL');
      },
    },
  );
  expect(left).toEqual([]);
  return { loss: result.finalLoss, path: result.checkpoint };
}

it('ends with the same loss and checkpoint bytes after kill -9, and embeds the tiles from it', async () => {
  const whole = await pretrain('whole', []);
  const killed = await pretrain('killed', [1, 3, 5]);
  expect(killed.loss).toBe(whole.loss);
  expect((await readFile(killed.path)).equals(await readFile(whole.path))).toBe(true);

  await using host = new EngineHost({ entry });
  const output = join(folder, 'embeddings');
  const job: Extract<EngineJobInput, { kind: 'embed' }> = {
    kind: 'embed',
    ...common(),
    checkpoint: whole.path,
    indices: [3, 1],
    output,
  };
  expect(await host.run(job)).toEqual({ kind: 'embed', output, count: 2, dimension: 128 });
  const { data } = await readEmbeddings(output);
  expect(data).toHaveLength(256);
  expect(data.slice(0, 128)).not.toEqual(data.slice(128));
});
