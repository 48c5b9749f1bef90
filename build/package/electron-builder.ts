/**
 * electron-builder's settings. The app archive holds the shell only; the core, its packages and its Node.js lie beside it in
 * resources/core, because a plain Node.js cannot read from an archive.
 */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Configuration } from 'electron-builder';
import { fuses, testFuses } from '../../electron/fuses.ts';
import type { Target } from './target.ts';

/** A host that can exist nowhere. */
const noFeed = 'https://updates.invalid/';

export interface PackageOptions {
  readonly target: Target;
  /** Folder or zip with the Electron distribution of the target; null: electron-builder fetches it. */
  readonly electronDist: string | null;
  readonly electronVersion: string;
  /** Folders made before: the shell's bundle with its package.json, and the staged core. */
  readonly app: string;
  readonly core: string;
  readonly out: string;
  /** Can be driven by Playwright; never given to anybody. Its name and its id say so. */
  readonly isTestBuild: boolean;
  /** Where newer versions are looked for when a person turns updates on; null: nowhere. */
  readonly updateUrl: string | null;
}

export function electronBuilderConfiguration(options: PackageOptions): Configuration {
  return {
    appId: options.isTestBuild ? 'org.trefoil.test' : 'org.trefoil.app',
    productName: options.isTestBuild ? 'Trefoil test build' : 'Trefoil',
    copyright: 'Apache-2.0',
    electronVersion: options.electronVersion,
    ...(options.electronDist === null ? {} : { electronDist: options.electronDist }),
    directories: { app: options.app, output: options.out, buildResources: 'resources/packaging' },
    // The shell is one bundle; what electron-builder finds in the project's node_modules is the core's or a tool's.
    files: ['**/*', '!**/node_modules/**'],
    asar: true,
    // Nothing native is in the archive, so there is nothing to build again for Electron.
    npmRebuild: false,
    electronFuses: options.isTestBuild ? testFuses : fuses,
    electronLanguages: ['en', 'de'],
    // As it was laid out, to the last file: electron-builder's own copying leaves node_modules away.
    afterPack: async ({ appOutDir, packager }) => {
      const resources = packager.getResourcesDir(appOutDir);
      cpSync(options.core, join(resources, 'core'), { recursive: true });
      // Electron's example app, which it would start when ours is missing.
      rmSync(join(resources, 'default_app.asar'), { force: true });
    },
    fileAssociations: [
      {
        ext: 'trefoil',
        name: 'Trefoil project',
        description: 'Trefoil project',
        role: 'Editor',
        mimeType: 'application/x-trefoil',
      },
    ],
    // Makes the lists of versions (latest*.yml) and app-update.yml, without which nothing can be installed later. The address
    // there is not asked by itself: a person names the feed in the settings.
    publish: options.isTestBuild ? null : { provider: 'generic', url: options.updateUrl ?? noFeed },
    linux: {
      target: ['AppImage', 'deb', 'tar.gz'],
      executableName: 'trefoil',
      category: 'Science',
      synopsis: 'Tissue maps from few labels',
      maintainer: 'Trefoil',
      icon: 'resources/packaging/icon.png',
    },
    deb: { depends: ['libgtk-3-0', 'libnss3', 'libasound2', 'libgbm1', 'libvulkan1'] },
    win: { target: ['nsis'], icon: 'resources/packaging/icon.png' },
    // For one person without administrator's rights, as hospital computers have it; the folder can be chosen.
    nsis: {
      oneClick: false,
      perMachine: false,
      allowToChangeInstallationDirectory: true,
      deleteAppDataOnUninstall: false,
    },
    mac: {
      // An update is installed from the zip.
      target: ['dmg', 'zip'],
      category: 'public.app-category.medical',
      icon: 'resources/packaging/icon.png',
      hardenedRuntime: true,
      gatekeeperAssess: false,
      entitlements: 'resources/packaging/entitlements.mac.plist',
      entitlementsInherit: 'resources/packaging/entitlements.mac.plist',
      // Ours and Dawn's, signed with the app.
      binaries: ['Contents/Resources/core/runtime/node'],
    },
  };
}
