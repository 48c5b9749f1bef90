// Finds the Chromium that the end-to-end tests and the screenshots run in. None is downloaded: Debian's own, or whatever
// browser of the family is installed. Plain JavaScript, because prepare.js runs before the shipped Node.js is known.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Commands by which a fitting browser goes, the preferred first. */
const browserCommands = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * Path of the browser, or null. CHROME_PATH, when set, is the only one considered.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {string | null}
 */
export function findBrowser(environment) {
  const chosen = environment['CHROME_PATH'];
  if (chosen !== undefined && chosen !== '') return isExecutable(chosen) ? chosen : null;
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const command of browserCommands) {
    for (const folder of folders) {
      const path = join(folder, process.platform === 'win32' ? `${command}.exe` : command);
      if (isExecutable(path)) return path;
    }
  }
  return null;
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
