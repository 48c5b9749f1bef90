import { describe, expect, it } from 'vitest';
import {
  aptOptions,
  backportsSources,
  debianRelease,
  sourceInDeb822,
  sourceInList,
} from '../../../build/install-software-gpu.js';

const deb822 = `# Modernised by the installer
Types: deb
URIs: http://security.example.org/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/security.gpg

Types: deb
Enabled: no
URIs: http://disabled.example.org/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://sources.example.org/debian
Suites: bookworm
Components: main

Types: deb deb-src
# a comment between fields
URIs: http://mirror.example.org/debian/ http://second.example.org/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`;

describe('software GPU for the tests', () => {
  it('tells Debian and its version from other systems', () => {
    const bookworm = 'PRETTY_NAME="Debian GNU/Linux 12"\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian\n';
    expect(debianRelease(bookworm)).toEqual({ version: 12, codename: 'bookworm' });
    expect(debianRelease('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nVERSION_CODENAME=noble\n')).toBeNull();
    expect(debianRelease('ID=debian\nVERSION_CODENAME=sid\n')).toBeNull();
    expect(debianRelease('')).toBeNull();
  });

  it("finds the machine's own mirror and key, not disabled, security or source stanzas", () => {
    expect(sourceInDeb822(deb822, 'bookworm')).toEqual({
      uri: 'http://mirror.example.org/debian/',
      signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
    });
    expect(sourceInDeb822(deb822, 'trixie')).toBeNull();
    expect(sourceInDeb822(deb822.replaceAll('\n', '\r\n'), 'bookworm')?.uri).toBe('http://mirror.example.org/debian/');
  });

  it('keeps a key that stands in the file itself', () => {
    const key = '\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDME\n -----END PGP PUBLIC KEY BLOCK-----';
    const text = `Types: deb\nURIs: http://mirror.example.org/debian\nSuites: bookworm\nComponents: main\nSigned-By:${key}\n`;
    const source = sourceInDeb822(text, 'bookworm');
    expect(source?.signedBy).toBe(key);
    expect(backportsSources(source!, 'bookworm')).toContain(`Signed-By: ${key}\n`);
  });

  it('reads the one-line style', () => {
    const text = [
      '# deb http://commented.example.org/debian bookworm main',
      'deb-src http://sources.example.org/debian bookworm main',
      'deb http://security.example.org/debian-security bookworm-security main',
      'deb [arch=amd64 signed-by=/usr/share/keyrings/own.gpg] https://mirror.example.org/debian bookworm main contrib # own',
    ].join('\n');
    expect(sourceInList(text, 'bookworm')).toEqual({
      uri: 'https://mirror.example.org/debian',
      signedBy: '/usr/share/keyrings/own.gpg',
    });
    expect(sourceInList('deb http://mirror.example.org/debian bookworm main', 'bookworm')?.signedBy).toBeNull();
    expect(sourceInList('deb http://mirror.example.org/debian bookworm contrib', 'bookworm')).toBeNull();
    expect(sourceInList('', 'bookworm')).toBeNull();
  });

  it('writes a source with the backports that reads back as the same source', () => {
    const source = { uri: 'http://mirror.example.org/debian', signedBy: '/usr/share/keyrings/own.gpg' };
    const text = backportsSources(source, 'bookworm');
    expect(text).toBe(
      'Types: deb\nURIs: http://mirror.example.org/debian\nSuites: bookworm bookworm-backports\nComponents: main\nSigned-By: /usr/share/keyrings/own.gpg\n',
    );
    expect(sourceInDeb822(text, 'bookworm-backports')).toEqual(source);
    expect(backportsSources({ ...source, signedBy: null }, 'bookworm')).not.toContain('Signed-By');
  });

  it('keeps apt out of the sources, lists and cache of the machine', () => {
    const options = aptOptions('/tmp/apart');
    expect(options).toEqual(
      expect.arrayContaining([
        '-oDir::Etc::SourceList=/dev/null',
        '-oDir::Etc::SourceParts=/tmp/apart/sources',
        '-oDir::State::Lists=/tmp/apart/lists',
        '-oDir::Cache=/tmp/apart/cache',
      ]),
    );
  });
});
