/** The collapse guard's verdicts in plain words: one sentence, and what helps. No rule is decided here. */
import type { CollapseSign, GuardContext, Verdict, VerdictLevel } from './collapse-guard.ts';

type Evidence = Readonly<Record<string, number>>;

/** `signs` in order of importance; the first that has a sentence names the cause. */
export function wordVerdict(
  level: VerdictLevel,
  signs: readonly CollapseSign[],
  evidence: Evidence,
  context: GuardContext,
): Verdict {
  return {
    level,
    signs,
    evidence,
    sentence: sentenceFor(level, signs, evidence),
    advice: adviceFor(level, signs, context),
  };
}

function sentenceFor(level: VerdictLevel, signs: readonly CollapseSign[], evidence: Evidence): string {
  if (level === 'healthy') return 'The features stay spread out: no sign of collapse.';
  const has = (sign: CollapseSign): boolean => signs.includes(sign);
  if (level === 'diverged') {
    return has('loss-not-finite')
      ? 'The loss is no longer a number: training has diverged and cannot go on from here.'
      : 'The features are no longer numbers: training has diverged and cannot go on from here.';
  }
  if (has('input-constant')) {
    const distinct = evidence['distinctTiles'] === 1 ? 'all look exactly the same' : 'hardly differ from one another';
    return `The tiles ${distinct}, so there is nothing to learn from: the input has no variance.`;
  }
  const findings = [
    has('features-equal') ? 'every tile gets the same features' : null,
    has('z-spread-lost') || has('z-spread-low')
      ? `the projections' spread fell to ${percent(evidence['zStdShareOfHealthy'])} of its healthy value`
      : null,
    has('rank-lost') || has('rank-low')
      ? `the effective rank of the features fell from ${oneDecimal(evidence['effectiveRankBefore'])} before training to ${oneDecimal(evidence['effectiveRank'])}`
      : null,
    has('neighbours-worse')
      ? `neighbours recognise the labelled tiles worse (${percent(evidence['knnAccuracy'])}) than before training (${percent(evidence['knnAccuracyBefore'])})`
      : null,
    has('neighbours-falling')
      ? `neighbours recognise the labelled tiles worse (${percent(evidence['knnAccuracy'])}) than earlier in this run (${percent(evidence['knnAccuracyBest'])})`
      : null,
    has('not-learning') ? 'the loss has not improved over several epochs' : null,
  ].filter((text) => text !== null);
  const loss = evidence['lossShareOfPerfect'] ?? 0;
  const despite = loss > 0.8 ? `, although the loss looks excellent (${percent(loss)} of perfect)` : '';
  return `${openings[level]}: ${findings.join(', ')}${despite}.`;
}

const openings: Readonly<Record<'watch' | 'collapsing' | 'collapsed', string>> = {
  watch: 'Worth watching',
  collapsing: 'The features are collapsing',
  collapsed: 'The features have collapsed',
};

function adviceFor(level: VerdictLevel, signs: readonly CollapseSign[], context: GuardContext): readonly string[] {
  if (level === 'healthy') return [];
  if (signs.includes('input-constant')) {
    return [
      'Look at the tiles: check the regions, the tissue settings and whether the slide is blank or was read wrongly.',
    ];
  }
  if (level === 'diverged') {
    return ['Start again with a learning rate ten times smaller.', 'Give the warm-up more epochs.'];
  }
  const earlier = signs.includes('neighbours-falling') ? ['Train fewer epochs: this run was better earlier.'] : [];
  if (level === 'watch') {
    return [
      ...(earlier.length > 0 ? earlier : ['Let it run on; a passing dip early in training is normal.']),
      'Compare with the baselines before trusting the features.',
    ];
  }
  return [
    ...(context.method === 'simtriplet'
      ? [
          'Train VICReg on the same triplets: its loss keeps the features apart.',
          'Train SimSiam, or give the neighbour less weight: both lean less on neighbours looking alike.',
        ]
      : context.method === 'simsiam'
        ? ['Train VICReg on the same tiles: its loss keeps the features apart.']
        : []),
    ...earlier,
    'Add tiles, best from more slides and patients.',
    'Use a smaller learning rate or a longer warm-up.',
    'Stop here, or go on and compare with the baselines: do not use these features unchecked.',
  ];
}

function percent(share: number | undefined): string {
  return share === undefined ? 'an unknown share' : `${Math.round(share * 100)} %`;
}

function oneDecimal(value: number | undefined): string {
  return value === undefined ? 'unknown' : value.toFixed(1);
}
