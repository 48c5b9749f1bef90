/** Where a person may add engines of their own: beside the settings, because the app's folder belongs to the installer. */
import { join } from 'node:path';
import { engineFolderVariable } from '../engine/tfjs/select-backend.ts';
import { configurationFolder } from './configuration-folder.ts';

/** For this process and the engine processes it starts; what is set already stays. */
export function useEngineFolder(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): void {
  environment[engineFolderVariable] ??= join(configurationFolder(environment, platform), 'engines');
}
