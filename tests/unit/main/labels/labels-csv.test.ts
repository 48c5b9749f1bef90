import { describe, expect, it } from 'vitest';
import { parseLabelsCsv } from '#main/labels/labels-csv.ts';

const row = { slide: 'A 1.svs', x: 10.5, y: 20, class: 'Tumor', reader: '' };

describe('a labels CSV', () => {
  it.each([
    ['commas', 'slide,x,y,class\nA 1.svs,10.5,20,Tumor\n'],
    ['semicolons and a decimal comma', 'slide;x;y;class\nA 1.svs;10,5;20;Tumor'],
    ['a byte order mark and CRLF', '\ufeffslide,x,y,class\r\nA 1.svs,10.5,20,Tumor\r\n'],
    ['quotes and other column order', 'class,y,x,slide\n"Tumor",20,10.5,"A 1.svs"\n'],
    ['blank lines and upper case', 'Slide,X,Y,Class\nA 1.svs,10.5,20,Tumor\n\n\n'],
  ])('with %s is read', (_, text) => {
    expect(parseLabelsCsv(text, 'labels.csv')).toEqual({ rows: [{ line: 2, ...row }], problems: [] });
  });

  it('keeps the reader, and quotes and line breaks inside quotes', () => {
    const { rows } = parseLabelsCsv('slide,x,y,class,reader\n"a""b",1,2,"two\nlines",Dr. Kovács\nc,3,4,x,\n', 'f');
    expect(rows).toEqual([
      { line: 2, slide: 'a"b', x: 1, y: 2, class: 'two\nlines', reader: 'Dr. Kovács' },
      { line: 4, slide: 'c', x: 3, y: 4, class: 'x', reader: '' },
    ]);
  });

  it('lists rows with an error by line and uses the others', () => {
    const text = 'slide,x,y,class\n,1,2,a\ns,one,2,a\ns,1,,a\ns,1,2,\ns,1,2,a\n';
    expect(parseLabelsCsv(text, 'f')).toEqual({
      rows: [{ line: 6, slide: 's', x: 1, y: 2, class: 'a', reader: '' }],
      problems: [
        { line: 2, reason: 'no slide' },
        { line: 3, reason: 'x or y is not a number' },
        { line: 4, reason: 'x or y is not a number' },
        { line: 5, reason: 'no class' },
      ],
    });
  });

  it.each([
    ['', /no column slide, x, y, class/],
    ['slide,x,class\n', /no column y/],
    ['slide,x,y,class\n"never closed,1,2,a\n', /line 2 .* never closed/],
  ])('that is broken is refused with what is wrong', (text, message) => {
    expect(() => parseLabelsCsv(text, 'labels.csv')).toThrow(
      expect.objectContaining({ code: 'file-invalid', message: expect.stringMatching(message) }),
    );
  });
});
