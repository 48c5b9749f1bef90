/** The report: complete, self-contained, and safe whatever people called their slides and classes. */
import { describe, expect, it } from 'vitest';
import type { EvaluationSummary } from '#common/contract/classifier.ts';
import { methodCard } from '#main/exports/method-card.ts';
import { reportHtml, type ReportInput } from '#main/exports/report-html.ts';

const hostile = `<img src=x onerror="alert(1)">'&`;

function input(name: string): ReportInput {
  const figure = { value: 0.8, low: 0.7, high: 0.9, intervalNote: null };
  const bare = { value: 0.5, low: null, high: null, intervalNote: 'no interval: 1 group' };
  const evaluation: EvaluationSummary = {
    classifier: 'classifier-1',
    run: 'run-1',
    createdAt: '2026-01-01',
    seed: 1,
    fraction: null,
    trainingLabels: 10,
    evaluatedTiles: 20,
    groupLevel: 'image',
    groupReason: `Held out by image (${name}).`,
    folds: 3,
    classes: [{ name, colour: '#0072b2', trainingLabels: 10 }],
    rows: [
      { features: 'SimTriplet', balancedAccuracy: figure, macroF1: figure, accuracy: 0.81 },
      { features: 'Random weights', balancedAccuracy: bare, macroF1: bare, accuracy: 0.5 },
    ],
    confusion: [[20]],
    perClass: [{ name, precision: 1, recall: 1, f1: 1, support: 20 }],
    test: { slides: [name], tiles: 4, rows: [] },
    sentences: [name],
  };
  const area = { tiles: 5, areaMm2: 0.125, percent: 62.5 };
  const areas = {
    slide: 's',
    name,
    mpp: 0.5,
    mppSource: 'by-hand',
    classes: [{ name, colour: '#0072b2', ...area }],
    unclassified: { ...area, percent: 37.5 },
    noTissue: { tiles: 3, areaMm2: 0.075, reasons: {} },
    regions: [{ region: 'r', name: `left ${name}`, classes: [{ ...area, areaMm2: 0.0625 }], unclassified: area }],
  };
  return {
    project: name,
    card: methodCard({ createdAt: '2026-01-01', versions: { Trefoil: name }, settings: { name }, evaluation }),
    classes: [{ name, colour: 'red;background:url(http://x)', letter: 'A' }],
    slides: [areas],
    total: areas,
    pictures: [{ slide: name, thumbnail: null, map: 'data:image/png;base64,AAAA', caption: name }],
    pixelSizes: [
      {
        slide: name,
        mpp: {
          source: 'by-hand',
          x: 0.5,
          y: 0.5,
          field: null,
          claims: [{ field: name, x: 0.25, y: 0.25 }],
          contradictions: [{ field: name, x: 0.25, y: 0.25 }],
          objectiveMpp: null,
          setAt: '2026-05-04T10:00:00.000Z',
          overridden: { source: 'file', x: 0.25, y: 0.25, field: name },
        },
      },
    ],
    notes: [name],
  };
}

describe('the report', () => {
  it('shows figures with intervals beside the baseline, areas, and that it is for research only', () => {
    const html = reportHtml(input('Tumour'));
    expect(html).toContain('For research use only');
    expect(html).toContain('0.800 (0.700 to 0.900)');
    expect(html).toContain('0.5 um/px, set by hand on 2026-05-04 instead of 0.25 (Tumour)');
    expect(html).toContain('The file also states 0.25 um/px (Tumour), which contradicts 0.5.');
    expect(html).toContain('0.500 (no interval: 1 group)');
    expect(html).toContain('0.125 mm² (62.5 %)');
    expect(html).toContain('Tumour, region left Tumour</td><td>0.063 mm² (62.5 %)');
    expect(html).toContain('0.5000 (by-hand)');
    expect(html).toContain('never seen by the folds');
    expect(html).toContain('src="data:image/png;base64,AAAA"');
  });

  it('lets no name become markup, no script in and nothing load from elsewhere', () => {
    const html = reportHtml(input(hostile));
    expect(html).not.toContain('<img src=x');
    expect(html).not.toMatch(/<script|http:\/\/x|\son\w+="/);
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;&amp;');
    expect(html).toContain(`default-src 'none'`);
  });
});
