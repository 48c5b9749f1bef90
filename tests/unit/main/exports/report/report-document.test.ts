/** The report's content: complete, and honest where something is not known. */
import { describe, expect, it } from 'vitest';
import type { Block } from '#main/exports/report/document.ts';
import { reportDocument } from '#main/exports/report/report-document.ts';
import { reportInput } from '#tests/support/report-input.ts';

const textOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
      ? Object.values(value).map(textOf).join('\n')
      : '';
const tableOf = (blocks: readonly Block[], caption: string) => {
  const found = blocks.find((block) => block.kind === 'table' && block.caption.startsWith(caption));
  if (found?.kind !== 'table') throw new Error(`no table ${caption}`);
  return found;
};

describe('the report', () => {
  const input = reportInput('Tumour');
  const { blocks } = reportDocument(input);
  const text = textOf(blocks);

  it('shows figures with intervals beside the baseline', () => {
    expect(tableOf(blocks, 'Figures on held-out slides').rows).toEqual([
      ['SimTriplet', '0.800 (0.700 to 0.900)', '0.800 (0.700 to 0.900)', '0.810'],
      ['Random weights', '0.500 (no interval: 1 group)', '0.500 (no interval: 1 group)', '0.500'],
    ]);
  });

  it('shows areas in square millimetres and shares, of slides and of their regions', () => {
    expect(tableOf(blocks, 'Area of each class').rows).toEqual([
      ['All slides', '0.125\u00a0mm² (62.5\u00a0%)', '0.125\u00a0mm² (37.5\u00a0%)', '0.075\u00a0mm²'],
      ['Tumour', '0.125\u00a0mm² (62.5\u00a0%)', '0.125\u00a0mm² (37.5\u00a0%)', '0.075\u00a0mm²'],
      ['Tumour, region left Tumour', '0.063\u00a0mm² (62.5\u00a0%)', '0.125\u00a0mm² (62.5\u00a0%)', ''],
    ]);
  });

  it('says where pixel sizes come from', () => {
    expect(text).toContain('0.5 µm/px, set by hand on 2026-05-04 instead of 0.25 (Tumour)');
    expect(text).toContain('The file also states 0.25 µm/px (Tumour), which contradicts 0.5.');
    expect(text).toContain('The pixel size of 1 slide does not come from the file');
  });

  it('counts artefacts as shares of the tissue, which what is no tissue is not part of', () => {
    // 17 kept, 2 under pen, 1 blurred: 2 of 20 and 1 of 20.
    expect(tableOf(blocks, 'Tiles kept').rows).toEqual([['Tumour', '17', '10.0 %', '0.0 %', '0.0 %', '5.0 %']]);
  });

  it('shows what each fold held out, how sure the map is, and what abstaining buys', () => {
    expect(tableOf(blocks, 'Folds').rows).toEqual([['1', 'Tumour', '20', '80.0 %']]);
    expect(tableOf(blocks, 'Share of the classified tissue').rows).toEqual([['Tumour', '1.0 %', '12.5 %', '60.0 %']]);
    const rows = tableOf(blocks, 'Leaving doubtful tiles').rows;
    expect(rows[1]).toEqual(['50.0 %', '58.3 %', '0.850 (0.700 to 0.900)']);
    expect(rows.at(-1)).toEqual(['96.0 %', '20.0 %', 'no tile is so sure']);
  });

  it('names slides unlike the training slides first of all', () => {
    const short = blocks.find((block) => block.kind === 'list');
    expect(textOf(short)).toContain('Unlike the training slides, so that no figure here may hold: Tumour.');
    expect(tableOf(blocks, 'Likeness').rows).toEqual([['Tumour', '2.50', '42.0 %', 'UNLIKE the training slides']]);
  });

  it('gives versions, seeds and checksums, and the settings but for those of each slide', () => {
    expect(text).toContain('seed 1');
    expect(text).toContain('cd'.repeat(32));
    expect(tableOf(blocks, 'Versions').rows).toEqual([['Trefoil', 'Tumour']]);
    expect(text).not.toContain('per slide\n');
    expect(text).toContain('kappa 0.81 (0.70 to 0.90)');
  });

  it('says of everything that is not known that it is not known', () => {
    const { calibration: _c, abstention: _a, reference: _r, ...evaluation } = input.card.evaluation;
    const bare = reportDocument({
      ...input,
      card: { ...input.card, evaluation: { ...evaluation, test: null } },
      folds: [],
      readings: [],
      slides: input.slides.map((slide) => ({ ...slide, likeness: null })),
    });
    const words = textOf(bare.blocks);
    for (const sentence of [
      'Whether the probabilities are right as often as they say was not measured',
      'What leaving doubtful tiles unnamed buys was not measured',
      'Slides cannot be compared with the training slides.',
      'Whether a slide is unlike the training slides is not known',
      'What each fold held out is not known any more.',
      'No slides were kept apart for a final test.',
      'how far two readers agree is not known',
    ]) {
      expect(words).toContain(sentence);
    }
  });
});
