import { describe, expect, it } from 'vitest';
import { toCsv } from '#main/exports/csv.ts';

describe('CSV', () => {
  it('quotes what needs it and keeps other alphabets', () => {
    expect(toCsv(['slide', 'n'], [['Probe, "Ä" 組織', 3]])).toBe('slide,n\n"Probe, ""Ä"" 組織",3\n');
  });

  it.each(['=1+1', '+1', '-cmd', '@sum', '\tx'])('defuses %j, which a spreadsheet would run', (text) => {
    expect(toCsv(['a'], [[text]])).toBe(`a\n'${text}\n`);
  });

  it('leaves negative numbers alone and writes what is not a number as nothing', () => {
    expect(toCsv(['a', 'b', 'c'], [[-1.5, NaN, null]])).toBe('a,b,c\n-1.5,,\n');
  });
});
