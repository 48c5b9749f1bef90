import { describe, expect, test } from 'vitest';
import { electronBuilderConfiguration } from '../../../../build/package/electron-builder.ts';
import { refusedWithDriven } from '../../../../build/package/driven-build.ts';
import { fuses, testFuses } from '../../../../electron/fuses.ts';

const driven = { isDriven: true, isDirectory: true, updateUrl: undefined, environment: {} };
const configuration = (isTestBuild: boolean) =>
  electronBuilderConfiguration({
    target: { os: 'linux', cpu: 'x64' },
    electronDist: null,
    electronVersion: '1.0.0',
    app: 'app',
    core: 'core',
    out: 'out',
    isTestBuild,
    updateUrl: null,
  });

describe('the build that can be driven', () => {
  test('is made unpacked, unsigned and without updates', () => {
    expect(refusedWithDriven(driven)).toBeNull();
  });

  test.each([
    ['installers', { isDirectory: false }, '--dir'],
    ['an address for updates', { updateUrl: 'https://example.org' }, '--update-url'],
    ['a certificate', { environment: { CSC_LINK: 'file.p12' } }, 'CSC_LINK'],
    ['an account for notarisation', { environment: { APPLE_ID: 'a@example.org' } }, 'APPLE_ID'],
  ])('refuses %s', (_what, change, named) => {
    expect(refusedWithDriven({ ...driven, ...change })).toContain(named);
    expect(refusedWithDriven({ ...driven, ...change, isDriven: false })).toBeNull();
  });

  test('has a name of its own, and only it can be driven', () => {
    expect(configuration(true)).toMatchObject({ productName: 'Trefoil test build', electronFuses: testFuses });
    expect(configuration(false)).toMatchObject({ productName: 'Trefoil', electronFuses: fuses });
  });
});
