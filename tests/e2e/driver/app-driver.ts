/**
 * How specs start the app and do to it what only happens from outside: a second window, the core killed and started again. Two
 * hosts carry the same page, so specs know this interface and no host; serve-driver.ts is the one in a browser.
 */
import type { Page } from '@playwright/test';
import type { CoreLine } from './core-line.ts';

/** As in the page's address. */
export type Place = 'slides' | 'regions' | 'pretrain' | 'label' | 'classifier' | 'map';

export interface LaunchOptions {
  /** Folder of a project to open at the start. */
  readonly project?: string;
  /** Where the first window begins; left out: Slides. */
  readonly place?: Place;
  /** Folders whose files the page may use. */
  readonly allowedFolders: readonly string[];
  /** Where this person's settings and recent projects are kept. */
  readonly configurationFolder: string;
  /** Runs the core as this user and group of the system instead of the test's own. */
  readonly userId?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface RunningApp {
  /** The first window, with the page loaded. */
  readonly page: Page;
  /** Another window on the same core and project. */
  newPage(place?: Place): Promise<Page>;
  /** A line of the spec's own, to see what the core really has. */
  core(): Promise<CoreLine>;
  /** The core's process, and by it the engine it started: see processes.ts. */
  readonly coreProcess: number;
  /** As a power cut would: the core and all it started, at once. */
  killCore(): Promise<void>;
  /** Pages that were open find it again. */
  restartCore(): Promise<void>;
  /** What the core wrote to its error output so far. */
  coreLog(): string;
  close(): Promise<void>;
}

export interface AppDriver {
  launch(options: LaunchOptions): Promise<RunningApp>;
}
