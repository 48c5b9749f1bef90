/** electron-updater for one feed. It verifies: the hash always, the publisher's signature on Windows and macOS. */
import { autoUpdater } from 'electron-updater';
import { FolderFeed, folderFeedUrl } from './folder-feed.ts';
import type { UpdateFeed, Updater } from './updates.ts';

/** electron-updater's own, put back when the feed is an address again. */
let ownExecutor: unknown = null;

export function openUpdater(feed: UpdateFeed, log: (line: string) => void): Updater {
  autoUpdater.logger = {
    info: (line: unknown) => log(`update: ${String(line)}`),
    warn: (line: unknown) => log(`update: ${String(line)}`),
    error: (line: unknown) => log(`update: ${String(line)}`),
  };
  autoUpdater.autoDownload = false;
  autoUpdater.autoInstallOnAppQuit = true;
  autoUpdater.allowDowngrade = false;
  // A whole verified file is simpler to trust than one put together of parts; web installers are not verified.
  autoUpdater.disableDifferentialDownload = true;
  autoUpdater.disableWebInstaller = true;
  const inner = autoUpdater as unknown as { httpExecutor: unknown };
  ownExecutor ??= inner.httpExecutor;
  // Before the feed is set: the feed takes the executor along.
  inner.httpExecutor = feed.kind === 'folder' ? new FolderFeed(feed.path) : ownExecutor;
  autoUpdater.setFeedURL({
    provider: 'generic',
    url: feed.kind === 'folder' ? folderFeedUrl : feed.address,
    useMultipleRangeRequest: false,
  });
  return autoUpdater;
}
