/**
 * What a person prefers (theme, language) and which projects were opened last: one small JSON file in the user's configuration
 * folder. A missing or damaged file means the defaults; nothing of value is kept there. Without a folder it lasts as long as
 * the process, which is what tests and the command line want.
 */
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { appSettings, type AppSettings } from '#common/contract/app.ts';
import { writeFileAtomically } from '../files/atomic-file.ts';

const keptProjects = 20;
const recentProject = z.object({ directory: z.string(), name: z.string(), openedAt: z.string() });
export type RecentProject = z.output<typeof recentProject>;

const preferencesFile = z.object({
  settings: appSettings.catch(() => appSettings.parse({})).prefault({}),
  recentProjects: z.array(recentProject).catch([]).default([]),
});

export class Preferences {
  private readonly path: string | null;
  private readonly folder: string | null;
  private content: z.output<typeof preferencesFile>;
  private lastWrite: Promise<void> = Promise.resolve();

  constructor(folder: string | null) {
    this.folder = folder;
    this.path = folder === null ? null : join(folder, 'preferences.json');
    this.content = preferencesFile.parse(readJson(this.path));
  }

  get settings(): AppSettings {
    return this.content.settings;
  }

  /** Last opened first. */
  get recentProjects(): readonly RecentProject[] {
    return this.content.recentProjects;
  }

  async setSettings(change: Partial<AppSettings>): Promise<AppSettings> {
    this.content = { ...this.content, settings: { ...this.content.settings, ...change } };
    await this.save();
    return this.content.settings;
  }

  async remember(project: RecentProject): Promise<void> {
    const others = this.content.recentProjects.filter(({ directory }) => directory !== project.directory);
    this.content = { ...this.content, recentProjects: [project, ...others].slice(0, keptProjects) };
    await this.save();
  }

  async forget(directory: string): Promise<void> {
    const others = this.content.recentProjects.filter((project) => project.directory !== directory);
    this.content = { ...this.content, recentProjects: others };
    await this.save();
  }

  /** One write after the other: two at once would use the same temporary file. */
  private save(): Promise<void> {
    const { path, folder } = this;
    if (path === null || folder === null) return Promise.resolve();
    const write = async (): Promise<void> => {
      await mkdir(folder, { recursive: true });
      await writeFileAtomically(path, Buffer.from(`${JSON.stringify(this.content, null, 2)}\n`));
    };
    const result = this.lastWrite.then(write);
    this.lastWrite = result.catch(() => undefined);
    return result;
  }
}

function readJson(path: string | null): object {
  if (path === null) return {};
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    // Missing or damaged: the defaults.
    return {};
  }
}
