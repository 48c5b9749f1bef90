import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where the system keeps a user's configuration; `environment` is process.env. */
export function configurationFolder(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const home = homedir();
  if (platform === 'win32') return join(environment['APPDATA'] ?? join(home, 'AppData', 'Roaming'), 'Trefoil');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Trefoil');
  const chosen = environment['XDG_CONFIG_HOME'];
  // The XDG rules say that a relative path is to be ignored.
  return join(chosen?.startsWith('/') === true ? chosen : join(home, '.config'), 'trefoil');
}
