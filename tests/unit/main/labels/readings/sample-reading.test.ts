/** The blind sample and the file it travels as. */
import { describe, expect, it } from 'vitest';
import { parseReadingFile } from '#main/labels/readings/reading-csv.ts';
import { sampleReading } from '#main/labels/readings/sample-reading.ts';

/** 100 tiles of class 0 on two slides, 10 of class 1 on five, 3 of class 2 on one. */
const classOf = [...new Array<number>(100).fill(0), ...new Array<number>(10).fill(1), 2, 2, 2];
const slideOf = classOf.map((label, row) => (label === 0 ? `a${row % 2}` : label === 1 ? `b${row % 5}` : 'c'));
const perClass = (rows: number[]): number[] => [0, 1, 2].map((k) => rows.filter((row) => classOf[row] === k).length);

describe('the sample of a second reading', () => {
  it.each([1, 2, 3])('holds the classes in equal numbers, and fills up from the others (seed %i)', (seed) => {
    expect(perClass(sampleReading(classOf, slideOf, 9, seed))).toEqual([3, 3, 3]);
    expect(perClass(sampleReading(classOf, slideOf, 15, seed))).toEqual([6, 6, 3]);
    expect(perClass(sampleReading(classOf, slideOf, 30, seed))).toEqual([17, 10, 3]);
    expect(sampleReading(classOf, slideOf, 500, seed)).toHaveLength(113);
  });

  it('takes the slides of a class in turn', () => {
    const rows = sampleReading(classOf, slideOf, 15, 1).filter((row) => classOf[row] === 1);
    expect(new Set(rows.map((row) => slideOf[row])).size).toBe(5);
  });

  it('comes in an order that does not go by class, the same for the same seed only', () => {
    const rows = sampleReading(classOf, slideOf, 30, 4);
    const order = rows.map((row) => classOf[row]);
    expect(order).not.toEqual([...order].sort());
    expect(sampleReading(classOf, slideOf, 30, 4)).toEqual(rows);
    expect(sampleReading(classOf, slideOf, 30, 5)).not.toEqual(rows);
  });
});

describe('the file of a reading', () => {
  const head = 'reading,slide,x,y,class,reader\n';
  it('is read as spreadsheets write it', () => {
    const file = parseReadingFile(
      '\ufeffreading;slide;x;y;class;reader\r\nr1;a.svs;10,5;3;;Ada\r\nr1;b.svs;1;2;?;Ada\r\n',
      'f',
    );
    expect(file).toEqual({
      session: 'r1',
      reader: 'Ada',
      rows: [
        { line: 2, slide: 'a.svs', x: 10.5, y: 3, class: '' },
        { line: 3, slide: 'b.svs', x: 1, y: 2, class: '?' },
      ],
      problems: [],
    });
  });
  it('lists rows with an error', () => {
    const file = parseReadingFile(`${head}r1,,1,2,A,Ada\nr1,a,x,2,A,Ada\nr1,a,1,2,A,Ada\n`, 'f');
    expect(file.rows).toHaveLength(1);
    expect(file.problems).toEqual([
      { line: 2, reason: 'no slide' },
      { line: 3, reason: 'x or y is not a number' },
    ]);
  });
  it.each([
    ['a missing column', 'reading,slide,x,y,class\nr1,a,1,2,A\n'],
    ['two readings', `${head}r1,a,1,2,A,Ada\nr2,a,1,2,A,Ada\n`],
    ['no reader', `${head}r1,a,1,2,A,\n`],
    ['no row', head],
  ])('is refused with %s', (_, text) => {
    expect(() => parseReadingFile(text, 'f')).toThrow(expect.objectContaining({ code: 'file-invalid' }) as Error);
  });
});
