/**
 * The Electron the specs can run in: ELECTRON_PATH (Electron itself, or the app packed with its test fuses), else the one npm
 * has fetched for the project. Nothing is downloaded. Says in words what is missing.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface FoundElectron {
  readonly executable: string;
  /** Our packed app; otherwise Electron itself, which is told where the shell's bundle lies. */
  readonly isPackaged: boolean;
}

export interface ElectronQuestion {
  readonly environment: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  /** Of the npm package. */
  readonly packageFolder: string;
}

/** A text: why it cannot run here. */
export function findElectron({
  environment,
  platform,
  isRoot,
  packageFolder,
}: ElectronQuestion): FoundElectron | string {
  const chosen = environment['ELECTRON_PATH'] ?? '';
  const executable = chosen === '' ? fetched(packageFolder) : chosen;
  if (executable === null) return 'no Electron is here (set ELECTRON_PATH, or let npm fetch it)';
  if (!existsSync(executable)) return `ELECTRON_PATH names no file: ${executable}`;
  if (platform === 'win32')
    return 'the driver of the desktop app runs on Linux and macOS; on Windows see docs/release.md';
  if (isRoot) return 'Electron keeps its sandbox on, which does not start as root';
  const hasScreen = environment['DISPLAY'] !== undefined || environment['WAYLAND_DISPLAY'] !== undefined;
  if (platform === 'linux' && !hasScreen) return 'there is no screen for Electron (run under xvfb-run)';
  const archives = [join(dirname(executable), 'resources'), join(dirname(executable), '..', 'Resources')];
  return { executable, isPackaged: archives.some((folder) => existsSync(join(folder, 'app.asar'))) };
}

/** Electron's package writes path.txt when it has its binary. */
function fetched(packageFolder: string): string | null {
  const told = join(packageFolder, 'path.txt');
  if (!existsSync(told)) return null;
  const executable = join(packageFolder, 'dist', readFileSync(told, 'utf8').trim());
  return existsSync(executable) ? executable : null;
}
