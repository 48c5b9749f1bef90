/**
 * Who may talk to the server. It listens on this machine only, but every web page a person visits can send requests to this
 * machine too, so three things are checked: the Host (a foreign name that resolves to 127.0.0.1 is refused), the Origin or
 * Sec-Fetch-Site (another site's page is refused) and a random token.
 *
 * The token comes once in the printed address and then lives in a cookie. Not in the address for good, because addresses
 * are kept in histories and bookmarks; not in a header, because pictures and WebSockets of a page cannot set one; HttpOnly,
 * so that no script can read it; SameSite=Strict, so that no other site's page can use it. A cookie does not know ports, so
 * it is named after the token: two servers on this machine do not overwrite each other's.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { TrefoilError } from '#common/errors.ts';

const hostNames = new Set(['127.0.0.1', 'localhost', '[::1]']);
export const minimumTokenLength = 32;

export class Access {
  private readonly token: string;
  readonly cookieName: string;

  constructor(token: string) {
    if (!/^[A-Za-z0-9_-]+$/.test(token) || token.length < minimumTokenLength) {
      throw new TrefoilError(
        'invalid-input',
        'The token is too short or has characters that are not letters, digits, - or _.',
        `Use at least ${minimumTokenLength} random letters and digits.`,
      );
    }
    this.token = token;
    this.cookieName = `trefoil-${digest(token).toString('hex').slice(0, 8)}`;
  }

  get cookie(): string {
    return `${this.cookieName}=${this.token}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** Throws 'not-allowed'. Any port: the server may be reached through a tunnel. */
  checkHost(host: string | null): void {
    if (host !== null && hostNames.has(host.replace(/:\d+$/, '').toLowerCase())) return;
    throw refused('This address is not one of this machine.', 'Open the address that Trefoil printed.');
  }

  /** `isRequired` where every browser says where it comes from: WebSockets. Throws 'not-allowed'. */
  checkOrigin(headers: Headers, isRequired: boolean): void {
    const origin = headers.get('origin');
    const site = headers.get('sec-fetch-site');
    const isForeign = origin === null ? isRequired : origin !== `http://${headers.get('host') ?? ''}`;
    const isForeignSite = site !== null && site !== 'same-origin' && site !== 'none';
    if (!isForeign && !isForeignSite) return;
    throw refused('Another site asked for this.', 'Open the address that Trefoil printed.');
  }

  isToken(text: string | null): boolean {
    // Digests have one length, which the comparison in constant time needs.
    return text !== null && timingSafeEqual(digest(text), digest(this.token));
  }

  /** Throws 'not-allowed' without the right cookie. */
  checkCookie(headers: Headers): void {
    const cookies = (headers.get('cookie') ?? '').split(';').map((text) => text.trim());
    const own = cookies.find((text) => text.startsWith(`${this.cookieName}=`));
    if (own !== undefined && this.isToken(own.slice(this.cookieName.length + 1))) return;
    throw refused(
      'This browser has not been let in.',
      'Open the address that Trefoil printed when it started, with its token.',
    );
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function refused(message: string, hint: string): TrefoilError {
  return new TrefoilError('not-allowed', message, hint);
}
