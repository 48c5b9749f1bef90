/** A report's input with everything in it, all names the same, for tests of its forms. */
import type { EvaluationSummary } from '#common/contract/classifier.ts';
import { methodCard } from '#main/exports/method-card.ts';
import type { ReportInput } from '#main/exports/report/report-input.ts';

/** A red and a blue pixel beside each other. */
export const tinyPng = Uint8Array.from(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGP4z8DAwPAfAAYBAQCNeJ8AAAAAAElFTkSuQmCC',
    'base64',
  ),
);

export function reportInput(name: string, slideCount = 1): ReportInput {
  const figure = { value: 0.8, low: 0.7, high: 0.9, intervalNote: null };
  const bare = { value: 0.5, low: null, high: null, intervalNote: 'no interval: 1 group' };
  const bins = (shift: number) =>
    Array.from({ length: 15 }, (_, i) => ({
      from: i / 15,
      to: (i + 1) / 15,
      tiles: i < 5 ? 0 : 4,
      confidence: i < 5 ? null : (i + 0.5) / 15,
      accuracy: i < 5 ? null : (i + 0.5) / 15 - shift,
    }));
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
    calibration: {
      temperature: 1.75,
      decision: 'fitted',
      tiles: 60,
      groups: 6,
      mistakes: 9,
      crossFitted: { lowest: 1.6, highest: 1.9 },
      errorBefore: { ...figure, value: 0.12, low: 0.08, high: 0.2 },
      errorAfter: { ...figure, value: 0.04, low: 0.02, high: 0.09 },
      improvement: { ...figure, value: 0.08, low: 0.01, high: 0.12 },
      logLossBefore: 0.9,
      logLossAfter: 0.6,
      binsBefore: bins(0.1),
      binsAfter: bins(0),
      sentence: 'The classifier was too sure of itself.',
    },
    abstention: {
      points: Array.from({ length: 50 }, (_, i) => ({
        confidence: i / 50,
        tiles: 60 - i,
        coverage: (60 - i) / 60,
        accuracy: i === 48 ? null : { ...figure, value: 0.8 + i / 500 },
      })),
      area: { ...figure, value: 0.11 },
      areaWithoutOrder: { ...figure, value: 0.2 },
    },
    reference: {
      groupLevel: 'image',
      groups: 6,
      slides: 6,
      isTelling: true,
      sentence: 'Compared with 6 training slides.',
    },
  };
  const area = { tiles: 5, areaMm2: 0.125, percent: 62.5 };
  const areas = {
    slide: 's',
    name,
    mpp: 0.5,
    mppSource: 'by-hand' as const,
    classes: [{ name, colour: '#0072b2', ...area }],
    unclassified: { ...area, percent: 37.5 },
    noTissue: { tiles: 3, areaMm2: 0.075, reasons: { pen: 2, blur: 1 } },
    regions: [{ region: 'r', name: `left ${name}`, classes: [{ ...area, areaMm2: 0.0625 }], unclassified: area }],
  };
  const slides = Array.from({ length: slideCount }, (_, index) => ({
    name: slideCount === 1 ? name : `${name} ${index + 1}`,
    widthPx: 40_000,
    heightPx: 30_000,
    format: 'aperio, JPEG',
    fingerprint: 'ab'.repeat(32),
    mpp: {
      source: 'by-hand' as const,
      x: 0.5,
      y: 0.5,
      field: null,
      claims: [{ field: name, x: 0.25, y: 0.25 }],
      contradictions: [{ field: name, x: 0.25, y: 0.25 }],
      objectiveMpp: null,
      setAt: '2026-05-04T10:00:00.000Z',
      overridden: { source: 'file' as const, x: 0.25, y: 0.25, field: name },
    },
    keptTiles: 17,
    dropped: { pen: 2, blur: 1, 'little-tissue': 40 },
    role: 'training' as const,
    areas,
    unsureShares: [0.01, 0.125, 0.6],
    likeness: {
      verdict: 'unlike' as const,
      score: 2.5,
      shareBeyond: 0.42,
      referenceSlides: 6,
      referenceGroups: 6,
      fartherSlides: 0,
      chance: 1 / 7,
      groupLevel: 'image' as const,
      sentence: `Unlike the training slides (${name}).`,
    },
    remarks: [`one page left out of ${name}`],
  }));
  return {
    project: name,
    card: methodCard({
      createdAt: '2026-01-01T08:30:00.000Z',
      versions: { Trefoil: name },
      settings: { name, slides: [{ hidden: 'per slide' }] },
      evaluation,
    }),
    classes: [{ name, colour: 'red;background:url(http://x)', letter: 'A' }],
    slides,
    total: areas,
    folds: [{ heldOut: [name], tiles: 20, correct: 16 }],
    reserve: 'No slide is reserved.',
    readings: [{ reader: name, sentences: ['kappa 0.81 (0.70 to 0.90)'] }],
    pictures: [
      {
        slide: name,
        pictures: [{ alternative: `Class map of ${name}`, type: 'image/png', bytes: tinyPng, isPixelated: true }],
        caption: name,
      },
    ],
    checksums: [{ what: 'Classifier', sha256: 'cd'.repeat(32) }],
    notes: [name],
  };
}
