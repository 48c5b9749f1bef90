/**
 * A folder that looks like an unpacked Electron distribution for Linux to electron-builder, with nothing in it that runs. Where
 * Electron's own binary cannot be had, it proves what goes into the app and where, and that the fuses are set.
 */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPackage } from '@electron/asar';

/** Marks the fuse wire in Electron's binary; then its version, its length, and one character a fuse (@electron/fuses). */
const sentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
/** As in Electron 45: eight fuses, some on. */
const wireBefore = '10110001';

export async function writeStandInElectron(folder: string, version: string): Promise<void> {
  mkdirSync(join(folder, 'resources'), { recursive: true });
  mkdirSync(join(folder, 'locales'), { recursive: true });
  const script = '#!/bin/sh\necho "This stands in for Electron and cannot run." >&2\nexit 1\n';
  writeFileSync(
    join(folder, 'electron'),
    Buffer.concat([
      Buffer.from(`${script}# ${sentinel}`),
      Buffer.from([1, wireBefore.length]),
      Buffer.from(`${wireBefore}\n`),
    ]),
  );
  chmodSync(join(folder, 'electron'), 0o755);
  writeFileSync(join(folder, 'version'), version);
  writeFileSync(join(folder, 'LICENSE'), 'stand-in');
  writeFileSync(join(folder, 'LICENSES.chromium.html'), 'stand-in');
  const defaultApp = join(folder, 'default-app');
  mkdirSync(defaultApp);
  writeFileSync(join(defaultApp, 'main.js'), '');
  await createPackage(defaultApp, join(folder, 'resources', 'default_app.asar'));
  rmSync(defaultApp, { recursive: true });
  for (const locale of ['en-US', 'de', 'fr', 'zh-CN']) writeFileSync(join(folder, 'locales', `${locale}.pak`), locale);
}

/** One character a fuse in the order of @electron/fuses, '1' on and '0' off; null when the file has no wire. */
export function readFuseWire(binary: Buffer): string | null {
  const at = binary.indexOf(sentinel);
  if (at < 0) return null;
  const start = at + sentinel.length;
  const length = binary[start + 1] ?? 0;
  return binary.subarray(start + 2, start + 2 + length).toString('latin1');
}
