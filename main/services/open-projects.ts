/**
 * The projects this process has open: folder, database, lock. Services ask here by id and never see a path from a caller.
 */
import type { DatabaseSync } from 'node:sqlite';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { projectKinds, type CoreEvent, type ProjectKind } from '#common/contract/events.ts';
import { TrefoilError } from '#common/errors.ts';
import { SlideDrives } from '../slides/slide-drives.ts';
import { executeCommand, type RowChange } from '../store/command-log.ts';
import { openDatabase } from '../store/database.ts';
import { lockProject } from '../store/project-lock.ts';
import { plainSlideReading, type SlideReading } from './slide-reading.ts';

export interface OpenProject {
  readonly id: string;
  readonly name: string;
  readonly directory: string;
  readonly database: DatabaseSync;
  /** Cache and decoder of all slides; one for the whole process. */
  readonly slideReading: SlideReading;
  /** The drives the slides lie on; one for the whole process. */
  readonly drives: SlideDrives;
  /** Logs and applies a person's change and answers the command's number; null when there is no change. */
  change(what: string, source: 'person' | 'suggestion' | 'import', changes: readonly RowChange[]): number | null;
}

/** What a person double-clicks: systems open files with an app, and a project is a folder. Nobody reads what is in it. */
export const doorFile = 'project.trefoil';
const doorText = 'This folder is a Trefoil project. Open this file with Trefoil to open the project.\n';
const folders = ['tiles', 'runs', 'embeddings', 'exports'] as const;

export class OpenProjects {
  private readonly open = new Map<string, { project: OpenProject; unlock: () => void }>();
  private readonly listeners = new Set<(event: CoreEvent) => void>();
  private readonly holds = new Map<string, Set<{ readonly what: string }>>();
  /** Made by a job and not yet for a person. */
  private readonly unfinished = new Set<string>();
  private readonly now: () => Date;
  readonly drives = new SlideDrives();

  private readonly slideReading: SlideReading;

  constructor(now: () => Date = () => new Date(), slideReading: SlideReading = plainSlideReading()) {
    this.now = now;
    this.slideReading = slideReading;
  }

  /** Makes a new project in a folder that is missing or empty. */
  createProject(directory: string): OpenProject {
    const path = resolve(directory);
    if (existsSync(path) && (!statSync(path).isDirectory() || readdirSync(path).length > 0)) {
      throw new TrefoilError(
        'already-exists',
        `${path} exists and is not an empty folder.`,
        'Choose a new or empty folder for the project, or open the project that is there.',
      );
    }
    for (const name of ['', ...folders]) make(path, () => mkdirSync(join(path, name), { recursive: true }));
    make(path, () => writeFileSync(join(path, doorFile), doorText));
    return this.openFolder(path);
  }

  /** Opens an existing project; one already open in this process is returned as it is. */
  openProject(directory: string): OpenProject {
    const path = resolve(directory);
    const known = this.open.get(projectId(path));
    if (known !== undefined) return known.project;
    if (!existsSync(join(path, 'project.sqlite'))) {
      throw new TrefoilError(
        'file-not-found',
        `${path} is not a Trefoil project (it has no project.sqlite).`,
        'Check the folder, or create a project there with "trefoil project create".',
      );
    }
    return this.openFolder(path);
  }

  get(id: string): OpenProject {
    const known = this.open.get(id);
    if (known === undefined) {
      throw new TrefoilError('not-found', 'This project is not open.', 'Open the project first.');
    }
    return known.project;
  }

  /** In the order they were opened, without those a job is still making. */
  all(): OpenProject[] {
    return [...this.open.values()].map(({ project }) => project).filter(({ id }) => !this.unfinished.has(id));
  }

  /** Until the answered function is called, no page is offered the project: it is half made. */
  hideUnfinished(id: string): () => void {
    this.unfinished.add(id);
    return () => void this.unfinished.delete(id);
  }

  /** Everything the core tells its pages goes through here. Returns the function that ends the subscription. */
  subscribe(listener: (event: CoreEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(event: CoreEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  /** Tells every page what of a project has changed. `project.change` does so by itself. */
  notify(project: string, kinds: readonly ProjectKind[]): void {
    if (kinds.length > 0) this.emit({ type: 'project-changed', project, kinds: [...kinds] });
  }

  /** Keeps a project from being closed while a job works in it; `what` says so in words. Returns the release. */
  hold(id: string, what: string): () => void {
    const holds = this.holds.get(id) ?? new Set();
    const held = { what };
    this.holds.set(id, holds.add(held));
    return () => void holds.delete(held);
  }

  /** What works in it, in words; null when nothing does. */
  heldBy(id: string): string | null {
    const [job] = this.holds.get(id) ?? [];
    return job?.what ?? null;
  }

  /** Throws 'project-busy' while a job works in it. */
  closeProject(id: string): void {
    const known = this.open.get(id);
    if (known === undefined) return;
    const job = this.heldBy(id);
    if (job !== null) {
      throw new TrefoilError(
        'project-busy',
        `${known.project.name} cannot be closed: a job is running (${job}).`,
        'Wait until the job is finished or cancel it, then close the project.',
      );
    }
    this.open.delete(id);
    this.unfinished.delete(id);
    this.emit({ type: 'project-closed', project: id });
    known.project.database.close();
    known.unlock();
  }

  closeAll(): void {
    this.holds.clear();
    for (const id of [...this.open.keys()]) this.closeProject(id);
  }

  private openFolder(path: string): OpenProject {
    const unlock = lockProject(path);
    try {
      const database = openDatabase(join(path, 'project.sqlite'));
      const project: OpenProject = {
        id: projectId(path),
        name: basename(path),
        directory: path,
        database,
        slideReading: this.slideReading,
        drives: this.drives,
        change: (what, source, changes) => {
          const at = this.now().toISOString();
          const command = executeCommand(database, { what, source, changes, at, who: userName() });
          if (changes.length > 0) this.notify(project.id, [...new Set(changes.map(kindOf)), 'history']);
          return command;
        },
      };
      this.open.set(project.id, { project, unlock });
      return project;
    } catch (error) {
      unlock();
      throw error;
    }
  }
}

/** Tables without a kind of their own hold what is shown with the labels (tiles marked unsure or skipped). */
function kindOf({ table }: RowChange): ProjectKind {
  if (table === 'project_settings') return 'slides';
  if (table === 'reading_sessions') return 'readings';
  return projectKinds.find((kind) => kind === table) ?? 'labels';
}

/** Stable for one folder, so that the same project has the same id after a restart. */
function projectId(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 16);
}

/** In a project's folder. */
function make(path: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw new TrefoilError(
      'file-unreadable',
      `The folder ${path} could not be made (${(error as Error).message}).`,
      'Choose a folder you may write to.',
      {},
      error,
    );
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // Some systems have no name for the running user; the log then says so.
    return 'unknown';
  }
}

/** Short random id for a row. */
export function newId(kind: string): string {
  return `${kind}-${randomUUID().slice(0, 13)}`;
}
