/**
 * Stands in for electron-updater's HTTP executor when the feed is a folder: Electron's network requests know no files. Reads
 * by name from that folder only, and checks the hash of what it copies as the original does.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A host that can exist nowhere: these addresses never leave this file. */
export const folderFeedUrl = 'https://folder.invalid/';

/** The list of a version is a page of text. */
const mostListBytes = 1024 * 1024;

export class FolderFeed {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The list (latest.yml). */
  async request(options: { readonly path?: string | null }): Promise<string> {
    const path = this.pathOf(options.path ?? '');
    if (statSync(path).size > mostListBytes)
      throw withCode('The list is too large.', 'ERR_UPDATER_INVALID_UPDATE_INFO');
    return readFile(path, 'utf8');
  }

  /** The installer; throws ERR_CHECKSUM_MISMATCH when it is not the one the list names. */
  async download(url: URL, destination: string, { sha512 }: { readonly sha512?: string | null }): Promise<string> {
    if (sha512 === undefined || sha512 === null) throw withCode('The list names no hash.', 'ERR_UPDATER_NO_CHECKSUM');
    const hash = createHash('sha512');
    const digest = new Transform({
      transform: (chunk: Buffer, _encoding, next) => {
        hash.update(chunk);
        next(null, chunk);
      },
    });
    await pipeline(createReadStream(this.pathOf(url.pathname)), digest, createWriteStream(destination));
    if (hash.digest('base64') !== sha512)
      throw withCode('The hash is not the one of the list.', 'ERR_CHECKSUM_MISMATCH');
    return destination;
  }

  /** Only the last part counts: a list cannot lead out of the folder. */
  private pathOf(urlPath: string): string {
    const name = posix.basename(decodeURIComponent(urlPath.split('?')[0] ?? ''));
    if (name === '' || name === '..' || /[\\:\0]/.test(name)) {
      throw withCode('The list names no file of the folder.', 'ERR_UPDATER_INVALID_UPDATE_INFO');
    }
    return join(this.folder, name);
  }
}

function withCode(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}
