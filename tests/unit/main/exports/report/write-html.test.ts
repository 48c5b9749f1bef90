/** The report as HTML: self-contained, structured for a screen reader, and safe whatever people called their slides and classes. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { reportDocument } from '#main/exports/report/report-document.ts';
import { reportHtml } from '#main/exports/report/write-html.ts';
import { reportInput } from '#tests/support/report-input.ts';

const hostile = `<img src=x onerror="alert(1)">'&`;
const html = (name: string): string => reportHtml(reportDocument(reportInput(name)));
const hasXmllint = spawnSync('xmllint', ['--version']).error === undefined;

describe('the report as HTML', () => {
  it('holds the notice, the figures and the pictures', () => {
    const text = html('Tumour');
    expect(text).toContain('For research use only');
    expect(text).toContain('0.800 (0.700 to 0.900)');
    expect(text).toMatch(/<img class="pixelated" src="data:image\/png;base64,iVBOR[^"]*" alt="Class map of Tumour">/);
  });

  it('has a language, one title, captions, header cells and names for its drawings', () => {
    const text = html('Tumour');
    expect(text).toContain('<html lang="en">');
    expect(text.match(/<h1>/g)).toHaveLength(1);
    const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
    expect(count(/<table>/g)).toBeGreaterThan(8);
    expect(count(/<caption>/g)).toBe(count(/<table>/g));
    expect(count(/<th scope="row"/g)).toBeGreaterThan(20);
    expect(count(/<img(?![^>]* alt="[^"])/g)).toBe(0);
    expect(text).toMatch(/role="img" aria-label="Reliability diagram. Stated 37 %, right 37 % of 4/);
  });

  it('lets no name become markup, no script in and nothing load from elsewhere', () => {
    const text = html(hostile);
    expect(text).not.toContain('<img src=x');
    expect(text).not.toMatch(/<script|http:\/\/x|\son\w+="/);
    expect(text).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;&amp;');
    expect(text).toContain(`default-src 'none'`);
  });

  it.skipIf(!hasXmllint)(`is read without complaint by libxml2${hasXmllint ? '' : ' (skipped: not installed)'}`, () => {
    const { stderr } = spawnSync('xmllint', ['--html', '--noout', '-'], { input: html(hostile), encoding: 'utf8' });
    // It knows HTML 4 only.
    const complaints = stderr
      .split('\n')
      .filter(
        (line) =>
          /^-:\d+: .*error/.test(line) &&
          !/Tag (main|figure|figcaption|svg|polyline|circle|text|footer) invalid/.test(line),
      );
    expect(complaints).toEqual([]);
  });
});
