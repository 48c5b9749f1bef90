/** The XML reader: what scanners write is understood, what is broken or hostile is refused quickly. */
import { describe, expect, it } from 'vitest';
import { childAt, childrenOf, numberOf, parseXml } from '#main/slides/tiff/xml.ts';

describe('parseXml', () => {
  it('reads elements, attributes, text, CDATA and prefixes', () => {
    const root = parseXml(
      '\ufeff<?xml version="1.0"?>\n<!-- <a> --><n:a one="1 &lt; 2" two=\'"&#65;&#x42;"\'>text &amp; <b/>more<![CDATA[<c>]]><b x:k="7" /></n:a>\n',
    );
    expect(root).toMatchObject({ name: 'a', text: 'text & more<c>' });
    expect([...(root?.attributes ?? [])]).toEqual([
      ['one', '1 < 2'],
      ['two', '"AB"'],
    ]);
    expect(childrenOf(root!, 'b')).toHaveLength(2);
    expect(numberOf(root!.children[1]!, 'k')).toBe(7);
    expect(childAt(root!, 'b', 'c')).toBeNull();
  });

  it('leaves unknown entities as they are written', () => {
    expect(parseXml('<a>&unknown; &#0; &#x110000;</a>')?.text).toBe('&unknown; &#0; &#x110000;');
  });

  it.each([
    ['nothing', ''],
    ['no root', 'text'],
    ['an open element', '<a><b></b>'],
    ['a wrong end', '<a></b>'],
    ['two roots', '<a/><b/>'],
    ['text after the root', '<a/>x'],
    ['a document type', '<!DOCTYPE a><a/>'],
    ['entities', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
    ['an attribute without a value', '<a b></a>'],
    ['an attribute without quotes', '<a b=1></a>'],
    ['a tag in a tag', '<a <b/>></a>'],
    ['an open comment', '<a><!-- </a>'],
    ['an open CDATA', '<a><![CDATA[ </a>'],
    ['a tag without a name', '<a>< /></a>'],
    ['elements too deep', '<a>'.repeat(65) + '</a>'.repeat(65)],
    ['too many elements', `<a>${'<b/>'.repeat(500_001)}</a>`],
  ])('refuses %s', (_, text) => {
    expect(parseXml(text)).toBeNull();
  });

  it('reads a megabyte of one attribute and of open brackets', () => {
    const long = 'x'.repeat(1_000_000);
    expect(parseXml(`<a b="${long}"/>`)?.attributes.get('b')).toHaveLength(1_000_000);
    expect(parseXml(`<a ${' '.repeat(1_000_000)}<`)).toBeNull();
    expect(parseXml('<'.repeat(1_000_000))).toBeNull();
  });
});
