/**
 * The float32 kernels on a second software driver, SwiftShader, which comes with Debian's Chromium: what only one driver's
 * compiler accepts is found here. It has no 16-bit floats.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
const kernels = ['convolution', 'batch-norm', 'pooling', 'similarity-loss', 'optimiser', 'augmentation'];

test('every float32 kernel equals its reference on SwiftShader too', (context) => {
  if (!existsSync(driver)) context.skip('SwiftShader is not installed: apt-get install chromium');
  const root = resolve(import.meta.dirname, '../..');
  const files = kernels.map((name) => `tests/kernels/${name}.test.ts`);
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=json', ...files],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 2 ** 20,
      env: { ...process.env, VK_DRIVER_FILES: driver, TREFOIL_SLOW_TESTS: '' },
    },
  );
  const report = JSON.parse(stdout.slice(stdout.indexOf('{"num'))) as {
    numPassedTests: number;
    numFailedTests: number;
    testResults: { assertionResults: { fullName: string }[] }[];
  };
  const names = report.testResults.flatMap(({ assertionResults }) => assertionResults.map(({ fullName }) => fullName));
  expect(names.filter((name) => name.includes('SwiftShader')).length).toBeGreaterThan(100);
  expect(report.numFailedTests).toBe(0);
  expect(report.numPassedTests).toBeGreaterThan(100);
  expect(status).toBe(0);
});
