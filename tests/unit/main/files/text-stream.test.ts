import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { writeTextStream } from '#main/files/text-stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'trefoil-text-stream-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const pieces = Array.from({ length: 5000 }, (_, index) => `piece ${index} äöü €;\n`.repeat(20));

describe('text in pieces', () => {
  it('is on disk as it would be in one', async () => {
    const path = join(folder, 'plain.txt');
    expect(await writeTextStream(path, pieces)).toBe(statSync(path).size);
    expect(readFileSync(path, 'utf8')).toBe(pieces.join(''));
  });

  it('comes out of gunzip unchanged, with the same bytes every time', async () => {
    const [one, two] = [join(folder, 'one.gz'), join(folder, 'two.gz')];
    await writeTextStream(one, pieces, { gzip: true });
    await writeTextStream(two, pieces, { gzip: true });
    expect(gunzipSync(readFileSync(one)).toString('utf8')).toBe(pieces.join(''));
    expect(readFileSync(two).equals(readFileSync(one))).toBe(true);
    expect(statSync(one).size).toBeLessThan(0.2 * pieces.join('').length);
  });

  it.each([false, true])('leaves the old file alone when it is cancelled in the middle (gzip %s)', async (gzip) => {
    const path = join(folder, `cancelled-${gzip}`);
    writeFileSync(path, 'old');
    const controller = new AbortController();
    const stopping = function* (): Generator<string> {
      for (const [index, piece] of pieces.entries()) {
        if (index === 3000) controller.abort();
        yield piece;
      }
    };
    await expect(writeTextStream(path, stopping(), { gzip, signal: controller.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(existsSync(`${path}.partial`)).toBe(false);
  });

  it.each([false, true])('passes on what its source throws (gzip %s)', async (gzip) => {
    const broken = function* (): Generator<string> {
      yield 'x'.repeat(1_000_000);
      throw new RangeError('broken');
    };
    await expect(writeTextStream(join(folder, 'broken'), broken(), { gzip })).rejects.toThrow('broken');
    expect(existsSync(join(folder, 'broken'))).toBe(false);
  });

  // 24 MB of objects would not hold the 81 MB of text; buffers lie outside that bound, so the whole process is looked at too.
  it.each(['.geojson', '.geojson.gz'])('of 300,000 tiles needs no more memory than that of 20,000 (%s)', (ending) => {
    const few = writeTiles(20_000, ending);
    const many = writeTiles(300_000, ending);
    const text = (ending.endsWith('gz') ? gunzipSync(many.bytes) : many.bytes).toString('latin1');
    expect(text.length).toBeGreaterThan(70_000_000);
    expect(text.split('\n')).toHaveLength(300_000 + 3);
    expect(many.peakMb - few.peakMb).toBeLessThan(60);
  });
});

function writeTiles(count: number, ending: string): { bytes: Buffer; peakMb: number } {
  const path = join(folder, `tiles${ending}`);
  const script = `
    import { tileDetections } from '#main/exports/geojson.ts';
    import { writeTextStream } from '#main/files/text-stream.ts';
    function* tiles() {
      for (let at = 0; at < ${count}; at += 1) {
        const [column, row] = [at % 1000, Math.floor(at / 1000)];
        const place = { column, row, x: column * 256, y: row * 256, width: 256, height: 256 };
        yield { ...place, classIndex: at % 2, probabilities: [0.25, 0.75] };
      }
    }
    const classes = [{ name: 'A', colour: '#0072b2' }, { name: 'B', colour: '#e69f00' }];
    await writeTextStream(${JSON.stringify(path)}, tileDetections(tiles(), classes), { gzip: ${ending.endsWith('gz')} });
    console.log(process.resourceUsage().maxRSS);
  `;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--max-old-space-size=24', '--input-type=module-typescript', '-e', script],
    { encoding: 'utf8' },
  );
  expect(`${status} ${stderr}`).toMatch(/^0 /);
  const bytes = readFileSync(path);
  rmSync(path);
  return { bytes, peakMb: Number(stdout) / 1024 };
}
