/** Switches in Electron's binary, set when the app is packed: what must not be possible even with the files in hand. */
import type { Configuration } from 'electron-builder';

export const fuses: NonNullable<Configuration['electronFuses']> = {
  // The binary must not serve as a general Node.js.
  runAsNode: false,
  enableNodeOptionsEnvironmentVariable: false,
  enableNodeCliInspectArguments: false,
  enableCookieEncryption: true,
  enableEmbeddedAsarIntegrityValidation: true,
  onlyLoadAppFromAsar: true,
  loadBrowserProcessSpecificV8Snapshot: false,
  grantFileProtocolExtraPrivileges: false,
  resetAdHocDarwinSignature: true,
};

/** Playwright drives Electron through its inspector: only for the build that is tested and never shipped. */
export const testFuses: typeof fuses = { ...fuses, enableNodeCliInspectArguments: true };
