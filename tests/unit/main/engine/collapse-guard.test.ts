import { describe, expect, it } from 'vitest';
import {
  currentVerdict,
  initialGuardState,
  observe,
  type GuardContext,
  type Observation,
  type Verdict,
} from '#main/engine/collapse-guard.ts';

const context: GuardContext = { method: 'simtriplet', projection: 2048 };
const healthy = 1 / Math.sqrt(2048);

function watch(observations: readonly Observation[]): { verdicts: Verdict[]; last: Verdict } {
  let state = initialGuardState;
  const verdicts: Verdict[] = [];
  for (const observation of observations) {
    // Through JSON, as a checkpoint keeps it.
    const next = observe(JSON.parse(JSON.stringify(state)) as typeof state, observation, context);
    state = next.state;
    if (next.verdict !== null) verdicts.push(next.verdict);
  }
  return { verdicts, last: currentVerdict(state, context) };
}

interface EpochShape {
  readonly loss: number;
  readonly zStd: number;
  readonly rank: number;
  readonly knn?: number;
  readonly embeddingStd?: number;
}

/** A baseline and epochs of ten steps, two of them monitored. */
function runOf(baseline: { rank: number; knn?: number }, epochs: readonly EpochShape[]): Observation[] {
  const epoch = (completedEpochs: number, shape: EpochShape | null, rank: number, knn?: number): Observation => ({
    type: 'epoch',
    completedEpochs,
    step: completedEpochs * 10,
    loss: shape?.loss ?? null,
    effectiveRank: rank,
    embeddingStd: shape?.embeddingStd ?? 0.01,
    knnAccuracy: knn ?? null,
  });
  return [
    epoch(0, null, baseline.rank, baseline.knn),
    ...epochs.flatMap((shape, i): Observation[] => [
      { type: 'step', step: i * 10 + 5, loss: shape.loss, zStd: shape.zStd },
      { type: 'step', step: i * 10 + 10, loss: shape.loss, zStd: shape.zStd },
      epoch(i + 1, shape, shape.rank, shape.knn),
    ]),
  ];
}

describe('collapse guard', () => {
  describe('of a run that unlearns, as measured on the demo fields', () => {
    // Loss, std of z, effective rank and kNN after each epoch of resnet18-narrow (projection 256) on 3,061 tiles of 60 fields.
    const measured = [
      [-0.06, 0.0617, 91.6, 0.703],
      [-0.71, 0.0557, 53.1, 0.695],
      [-1.27, 0.0472, 33.9, 0.693],
      [-1.42, 0.044, 38.2, 0.642],
      [-1.47, 0.0442, 31.6, 0.603],
      [-1.49, 0.0424, 35.3, 0.587],
    ];
    const verdictAt = (spread: number) => {
      const epochs = measured.map(([loss = 0, zStd = 0, rank = 0, knn = 0]) => ({
        loss,
        zStd: zStd * spread,
        rank,
        knn,
      }));
      let state = initialGuardState;
      for (const observation of runOf({ rank: 55.8, knn: 0.558 }, epochs)) {
        state = observe(state, observation, { method: 'simtriplet', projection: 256 }).state;
      }
      return state.verdict;
    };

    it('names the fall from its own best, although kNN is still above the untrained network', () => {
      expect(verdictAt(1)).toMatchObject({
        level: 'watch',
        signs: ['neighbours-falling'],
        sentence: expect.stringMatching(/worse \(60 %\) than earlier in this run \(70 %\)/),
        advice: expect.arrayContaining(['Train fewer epochs: this run was better earlier.']),
      });
    });

    it('calls it collapsing once the spread is low as well', () => {
      expect(verdictAt(0.9)).toMatchObject({ level: 'collapsing', signs: ['z-spread-low', 'neighbours-falling'] });
    });
  });

  it('does not call one weak epoch of kNN a fall', () => {
    const shapes = [0.7, 0.6, 0.69, 0.62, 0.7].map((knn) => ({ loss: -1, zStd: healthy, rank: 30, knn }));
    expect(watch(runOf({ rank: 30, knn: 0.55 }, shapes)).verdicts).toEqual([]);
  });

  it('says nothing on a healthy run, dips and all', () => {
    const shapes = Array.from({ length: 12 }, (_, i) => ({
      loss: -0.2 - 0.12 * i,
      zStd: healthy * (i === 2 ? 0.6 : 0.9 + 0.02 * (i % 5)),
      rank: 30 + i - (i < 3 ? 8 : 0),
      knn: 0.55 + 0.01 * i,
    }));
    const { verdicts, last } = watch(runOf({ rank: 30, knn: 0.56 }, shapes));
    expect(verdicts).toEqual([]);
    expect(last.level).toBe('healthy');
  });

  it('catches the published collapse within the first epochs: good loss, falling spread and rank, kNN below the baseline', () => {
    const shapes = [
      { loss: -1.1, zStd: 0.018, rank: 24, knn: 0.78 },
      { loss: -1.6, zStd: 0.0135, rank: 15, knn: 0.74 },
      { loss: -1.8, zStd: 0.0095, rank: 11, knn: 0.71 },
      { loss: -1.86, zStd: 0.0076, rank: 8, knn: 0.69 },
    ];
    const { verdicts, last } = watch(runOf({ rank: 30, knn: 0.8 }, shapes));
    expect(verdicts[0]?.evidence['step']).toBeLessThanOrEqual(30);
    expect(last.level).toBe('collapsing');
    expect(last.signs).toContain('z-spread-low');
    expect(last.sentence).toMatch(/collapsing.*spread/);
    expect(last.advice.join(' ')).toMatch(/SimSiam.*tiles/s);
    expect(verdicts.length).toBeLessThanOrEqual(2);
  });

  it('names the kNN and the rank when they give the collapse away before the spread does', () => {
    const shapes = [
      { loss: -1.2, zStd: healthy * 0.95, rank: 22, knn: 0.76 },
      { loss: -1.7, zStd: healthy * 0.9, rank: 11, knn: 0.7 },
    ];
    const { last } = watch(runOf({ rank: 30, knn: 0.8 }, shapes));
    expect(last.level).toBe('collapsing');
    expect(last.sentence).toContain('from 30.0 before training to 11.0');
    expect(last.sentence).toContain('neighbours recognise the labelled tiles worse (70 %) than before training (80 %)');
    expect(last.sentence).toContain('although the loss looks excellent (85 % of perfect)');
  });

  it('calls lost spread a collapse after three measurements, and says so once', () => {
    const steps = Array.from(
      { length: 20 },
      (_, i) => ({ type: 'step', step: i + 1, loss: -1.99, zStd: 1e-4 }) as const,
    );
    const { verdicts } = watch(steps);
    expect(verdicts.map(({ level }) => level)).toEqual(['collapsed']);
    expect(verdicts[0]?.evidence['step']).toBe(3);
  });

  it('calls equal features and a lost rank a collapse', () => {
    const equal = watch(runOf({ rank: 30 }, [{ loss: -1, zStd: healthy, rank: 0, embeddingStd: 0 }]));
    expect(equal.last).toMatchObject({ level: 'collapsed', signs: ['features-equal'] });
    const lost = watch(runOf({ rank: 30 }, [{ loss: -1, zStd: healthy, rank: 1.2 }]));
    expect(lost.last).toMatchObject({ level: 'collapsed', signs: ['rank-lost'] });
  });

  it('names one grey tile repeated as the cause, at once and once', () => {
    const diversity = { tiles: 64, distinctTiles: 1, betweenTileStd: 0, withinTileStd: 0 };
    const { verdicts } = watch([
      { type: 'input', diversity },
      ...runOf({ rank: 0 }, [{ loss: -2, zStd: 0, rank: 0, embeddingStd: 0 }]),
    ]);
    expect(verdicts).toHaveLength(1);
    expect(verdicts[0]?.sentence).toBe(
      'The tiles all look exactly the same, so there is nothing to learn from: the input has no variance.',
    );
    expect(verdicts[0]?.advice[0]).toContain('Look at the tiles');
  });

  it('tells divergence from collapse, and tells nothing after it', () => {
    const { verdicts } = watch([
      { type: 'step', step: 1, loss: -0.1, zStd: healthy },
      { type: 'step', step: 2, loss: Number.NaN, zStd: null },
      { type: 'step', step: 3, loss: Number.NaN, zStd: null },
    ]);
    expect(verdicts.map(({ level }) => level)).toEqual(['diverged']);
    expect(verdicts[0]?.advice[0]).toContain('learning rate');
    expect(watch([{ type: 'step', step: 1, loss: -1, zStd: Number.NaN }]).last.level).toBe('diverged');
  });

  it('does not raise the alarm over kNN alone until it is worse twice in a row', () => {
    const once = { loss: -1, zStd: healthy, rank: 30, knn: 0.7 };
    const fine = { ...once, knn: 0.8 };
    expect(watch(runOf({ rank: 30, knn: 0.8 }, [once, fine, once, fine])).verdicts).toEqual([]);
    expect(watch(runOf({ rank: 30, knn: 0.8 }, [once, once])).last.level).toBe('watch');
  });

  it('takes a warning back once, when the signs have been gone for a while', () => {
    const low = { loss: -1, zStd: healthy * 0.6, rank: 30 };
    const good = { loss: -1, zStd: healthy, rank: 30 };
    const { verdicts } = watch(runOf({ rank: 30 }, [low, low, good, good, good, good, good, good]));
    expect(verdicts.map(({ level }) => level)).toEqual(['watch', 'healthy']);
  });

  it('knows a SimSiam loss of -1 as perfect', () => {
    const simsiam = { method: 'simsiam', projection: 2048 } as const;
    let state = initialGuardState;
    for (let step = 1; step <= 3; step += 1) {
      state = observe(state, { type: 'step', step, loss: -0.95, zStd: healthy * 0.6 }, simsiam).state;
    }
    expect(state.level).toBe('collapsing');
    expect(state.verdict?.advice.join(' ')).not.toContain('SimSiam');
  });
});
