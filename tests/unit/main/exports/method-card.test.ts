import { describe, expect, it } from 'vitest';
import type { EvaluationSummary } from '#common/contract/classifier.ts';
import { methodCard, methodCardMarkdown } from '#main/exports/method-card.ts';

const figure = (value: number) => ({ value, low: value - 0.1, high: value + 0.1, intervalNote: null });
const evaluation: EvaluationSummary = {
  classifier: 'classifier-1',
  run: 'run-1',
  createdAt: '2026-01-01T00:00:00Z',
  seed: 7,
  fraction: 0.01,
  trainingLabels: 31,
  evaluatedTiles: 3000,
  groupLevel: 'specimen',
  groupReason: 'Held out by specimen.',
  folds: 25,
  classes: [{ name: 'Tumor | "x"', colour: '#0072b2', trainingLabels: 31 }],
  rows: [
    { features: 'SimTriplet', balancedAccuracy: figure(0.7), macroF1: figure(0.6), accuracy: 0.71 },
    {
      features: 'Random weights',
      balancedAccuracy: { ...figure(0.65), low: null, high: null },
      macroF1: figure(0.6),
      accuracy: 0.6,
    },
  ],
  confusion: [[1]],
  perClass: [],
  test: null,
  sentences: ['SimTriplet is not shown to be better than random weights here.'],
};
const card = methodCard({
  createdAt: evaluation.createdAt,
  versions: { Trefoil: '0.1.0' },
  settings: { name: '```' },
  evaluation,
});
const text = methodCardMarkdown(card);

describe('the method card', () => {
  it('says research use only before anything else', () => {
    expect(text.split('\n')[2]).toMatch(/^\*\*For research use only/);
    expect(card.notice).toMatch(/not for diagnosis/i);
  });

  it('shows every figure with its interval beside its baselines, and says when there is none', () => {
    expect(text).toContain('| SimTriplet | 0.700 (0.600 to 0.800) | 0.600 (0.500 to 0.700) | 0.710 |');
    expect(text).toContain('| Random weights | 0.650 (no interval) |');
    expect(text).toContain('- SimTriplet is not shown to be better than random weights here.');
  });

  it('names seed, versions and training labels per class', () => {
    expect(text).toContain('seed 7');
    expect(text).toContain('- Trefoil 0.1.0');
    expect(text).toContain(': 31');
  });

  it('keeps names from breaking tables, lists and the settings block', () => {
    expect(text).toContain('Tumor \\| "x"');
    expect(text.match(/```/g)).toHaveLength(2);
  });
});
