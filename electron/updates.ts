/**
 * Newer versions: looked for only where a person said, only when asked or switched on, and taken only after a question. Knows
 * the rules; what fetches and verifies is electron-updater (open-updater.ts).
 */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';
import {
  updateAddress,
  type UpdateOutcome,
  type UpdateRequest,
  type UpdateState,
} from '../main/common/contract/shell-updates.ts';

const updateSettings = z.object({
  feed: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('folder'), path: z.string().min(1).max(32_768) }),
      z.object({ kind: z.literal('address'), address: updateAddress }),
    ])
    .nullable(),
  checksAtStart: z.boolean(),
});
type UpdateSettings = z.output<typeof updateSettings>;
export type UpdateFeed = NonNullable<UpdateSettings['feed']>;

/** As much of electron-updater's AppUpdater as is used. */
export interface Updater {
  /** null where this installation cannot be updated (not packed, or unpacked from an archive). */
  checkForUpdates(): Promise<{
    readonly isUpdateAvailable: boolean;
    readonly updateInfo: { readonly version: string };
  } | null>;
  /** Verified, and installed when the app ends. */
  downloadUpdate(): Promise<unknown>;
}

export interface UpdatesOptions {
  readonly open: (feed: UpdateFeed) => Updater;
  readonly memory: { read(): string | null; write(text: string): void };
  readonly chooseFolder: () => Promise<string | null>;
  /** "Version ... is there. Download and install?" */
  readonly ask: (version: string) => Promise<boolean>;
  readonly log: (line: string) => void;
}

export class Updates {
  private readonly options: UpdatesOptions;
  private settings: UpdateSettings;
  private outcome: UpdateOutcome | null = null;
  private version: string | null = null;
  private checking: Promise<void> | null = null;

  constructor(options: UpdatesOptions) {
    this.options = options;
    this.settings = readSettings(options.memory.read());
  }

  /** Does nothing unless a person chose a feed and switched this on. */
  async atStart(): Promise<void> {
    if (this.settings.feed !== null && this.settings.checksAtStart) await this.check();
  }

  async answer(request: UpdateRequest): Promise<UpdateState> {
    switch (request.type) {
      case 'state':
        break;
      case 'turn-off':
        this.keep({ feed: null, checksAtStart: false });
        break;
      case 'choose-folder': {
        const path = await this.options.chooseFolder();
        if (path === null) break;
        if (isFolder(path)) this.keep({ ...this.settings, feed: { kind: 'folder', path } });
        else this.outcome = 'bad-folder';
        break;
      }
      case 'use-address': {
        const address = updateAddress.safeParse(request.address.trim());
        if (address.success) this.keep({ ...this.settings, feed: { kind: 'address', address: address.data } });
        else this.outcome = 'bad-address';
        break;
      }
      case 'check-at-start':
        this.keep({ ...this.settings, checksAtStart: request.isOn && this.settings.feed !== null });
        break;
      case 'check':
        await this.check();
        break;
    }
    return this.state();
  }

  private state(): UpdateState {
    const { feed, checksAtStart } = this.settings;
    const name = feed === null ? '' : feed.kind === 'folder' ? basename(feed.path) : feed.address;
    return {
      feed: feed === null ? null : { kind: feed.kind, name },
      checksAtStart,
      outcome: this.outcome,
      version: this.version,
    };
  }

  private keep(settings: UpdateSettings): void {
    this.settings = settings;
    this.outcome = null;
    this.version = null;
    this.options.memory.write(JSON.stringify(settings));
  }

  /** Two at once are one: a second question for the same version helps nobody. */
  private check(): Promise<void> {
    this.checking ??= this.checkOnce().finally(() => (this.checking = null));
    return this.checking;
  }

  private async checkOnce(): Promise<void> {
    const { feed } = this.settings;
    this.version = null;
    if (feed === null) {
      this.outcome = 'no-feed';
      return;
    }
    try {
      this.outcome = await this.look(this.options.open(feed));
    } catch (error) {
      this.outcome = outcomeOf(error);
      this.options.log(`update: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private async look(updater: Updater): Promise<UpdateOutcome> {
    const found = await updater.checkForUpdates();
    if (found === null) return 'not-updatable';
    if (!found.isUpdateAvailable) return 'current';
    this.version = found.updateInfo.version;
    if (!(await this.options.ask(this.version))) return 'declined';
    await updater.downloadUpdate();
    this.options.log(`update: ${this.version} is verified and installed at the end`);
    return 'ready';
  }
}

/** electron-updater's codes, Node.js's, and Chromium's "net::ERR_..." in the text. */
export function outcomeOf(error: unknown): UpdateOutcome {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  const text = `${typeof code === 'string' ? code : ''} ${typeof message === 'string' ? message : ''}`;
  if (/ERR_CHECKSUM_MISMATCH|INVALID_SIGNATURE|INVALID_UPDATE_INFO|NO_CHECKSUM|NO_FILES_PROVIDED/.test(text))
    return 'wrong-file';
  if (/ENOENT|EACCES|ENOTFOUND|ECONN|ETIMEDOUT|EHOSTUNREACH|net::ERR_|CHANNEL_FILE_NOT_FOUND|HTTP_ERROR/.test(text))
    return 'unreachable';
  return 'failed';
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A missing or damaged file means off. */
function readSettings(text: string | null): UpdateSettings {
  const off: UpdateSettings = { feed: null, checksAtStart: false };
  if (text === null) return off;
  try {
    const parsed = updateSettings.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : off;
  } catch {
    return off;
  }
}
