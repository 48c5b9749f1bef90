/**
 * A pretraining run from its first step or its last checkpoint to its end: the seeded order of every epoch, rates, monitors,
 * verdicts, metrics.jsonl, checkpoints, pause and cancellation. It knows no project, process or pixel.
 *
 * Exact resume: everything that decides the future is (engine state, step, seed), so killing it at any moment and running it
 * again gives the same final weights, byte for byte. Lines past the checkpoint are cut from metrics.jsonl before they are
 * replayed. An epoch runs full batches only: the few triplets left over are counted, and return with the next epoch's shuffle.
 */
import { join } from 'node:path';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import type { PretrainSettings } from '#common/domain/pretrain.ts';
import { runHash, type CheckpointPosition } from './checkpoint.ts';
import type { CheckpointStore } from './checkpoint-store.ts';
import {
  currentVerdict,
  initialGuardState,
  observe,
  type GuardContext,
  type Observation,
  type Verdict,
} from './collapse-guard.ts';
import { measureEpoch, monitorSample, type EpochMeasurements, type LabelledTiles } from './epoch-monitors.ts';
import { MetricsLog } from './metrics-log.ts';
import type { InputDiversity } from './monitors/input-diversity.ts';
import type { PauseSwitch } from './pause-switch.ts';
import type { TrainingEngine, TrainStepResult, TripletIndices } from './port.ts';
import { networks } from './port.ts';
import { learningRateAt, planSchedule, type Schedule } from './schedule.ts';

/** `neighbours[i]` belongs to `order[i]`; it equals order[i] for a tile without a neighbour. */
export interface EpochTriplets {
  readonly order: ArrayLike<number>;
  readonly neighbours: ArrayLike<number>;
}

export interface TrainingRun {
  readonly runDir: string;
  readonly settings: PretrainSettings;
  readonly seed: number;
  /** Tiles that are trained on; every epoch's order is a permutation of them. */
  readonly tiles: readonly number[];
  /** Fingerprint of tiles and neighbours: a checkpoint of other data is refused. */
  readonly dataFingerprint: string;
  readonly labelled: LabelledTiles | null;
}

export interface TrainingDependencies {
  /** Freshly created with the run's seed; the caller disposes of it. */
  readonly engine: TrainingEngine;
  /** Pure function of the epoch (0-based). */
  readonly triplets: (epoch: number) => EpochTriplets;
  readonly checkpoints: CheckpointStore;
  readonly inspectInput?: ((tiles: readonly number[]) => Promise<InputDiversity>) | undefined;
  /** Told the next step's triplets while a step runs; only speed depends on it. */
  readonly prefetch?: ((triplets: readonly TripletIndices[], epoch: number) => void) | undefined;
  readonly nowMs: () => number;
  /** Waits after each step for as long as the step took, so that the computer stays usable; only speed depends on it. */
  readonly rest?: ((milliseconds: number) => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly pause?: PauseSwitch | undefined;
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
  readonly onVerdict?: ((verdict: Verdict, step: number) => void) | undefined;
  readonly onCheckpoint?: ((path: string, step: number) => void) | undefined;
}

export interface TrainingProgress {
  /** Completed steps of totalSteps. */
  readonly step: number;
  readonly totalSteps: number;
  /** Epoch in work, counted from 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly stepInEpoch: number;
  readonly stepsPerEpoch: number;
  readonly loss: number | null;
  readonly zStd: number | null;
  readonly learningRate: number;
  readonly effectiveRank: number | null;
  readonly embeddingStd: number | null;
  readonly knnAccuracy: number | null;
  readonly tripletsPerSecond: number | null;
  readonly secondsLeft: number | null;
}

export interface TrainingResult {
  readonly steps: number;
  readonly finalLoss: number | null;
  readonly zStd: number | null;
  readonly effectiveRank: number | null;
  readonly knnAccuracy: number | null;
  readonly tripletsPerSecond: number | null;
  readonly leftOverTripletsPerEpoch: number;
  readonly skippedSteps: number;
  readonly verdict: Verdict;
  readonly checkpoint: string;
}

/**
 * Throws invalid-input (fewer tiles than one batch), training-diverged, cancelled (after writing a checkpoint), disk-full,
 * checkpoint-invalid, and what the engine throws.
 */
export async function train(run: TrainingRun, dependencies: TrainingDependencies): Promise<TrainingResult> {
  const { settings, tiles } = run;
  const schedule = planSchedule(settings, tiles.length);
  if (schedule.stepsPerEpoch === 0) {
    throw new TrefoilError(
      'invalid-input',
      `There are ${tiles.length} tiles to train on, fewer than one batch of ${settings.batch}.`,
      'Choose a smaller batch, or make more tiles.',
      { tiles: tiles.length, batch: settings.batch },
    );
  }
  const hash = runHash({ settings, seed: run.seed, tiles: tiles.length, data: run.dataFingerprint });
  const found = await dependencies.checkpoints.newest(hash);
  if (found !== null) await dependencies.engine.load(found.checkpoint.state);
  const start = found?.checkpoint.position ?? firstPosition(hash, run.seed);
  const metrics = await MetricsLog.open(join(run.runDir, 'metrics.jsonl'), found === null ? null : start.step);
  try {
    const session = new TrainingSession(run, dependencies, schedule, metrics, start);
    if (found === null) await session.begin();
    else {
      const fellBack = found.damaged.length > 0;
      await metrics.append({ type: 'resumed', step: start.step, epoch: start.epoch, fellBack });
    }
    return await session.runToEnd(found?.path ?? null);
  } finally {
    await metrics.close();
  }
}

function firstPosition(settingsHash: string, seed: number): CheckpointPosition {
  return {
    settingsHash,
    seed,
    step: 0,
    epoch: 0,
    stepInEpoch: 0,
    lossSum: 0,
    zStdSum: 0,
    zStdCount: 0,
    skippedSteps: 0,
    lastLoss: null,
    lastZStd: null,
    measured: null,
    lossScale: null,
    guard: initialGuardState,
  };
}

interface AskedStep {
  readonly result: Promise<TrainStepResult>;
  readonly learningRate: number;
  readonly monitor: boolean;
}

class TrainingSession {
  private readonly run: TrainingRun;
  private readonly outside: TrainingDependencies;
  private readonly schedule: Schedule;
  private readonly metrics: MetricsLog;
  private readonly guardContext: GuardContext;
  private readonly sample: readonly number[];
  private position: CheckpointPosition;
  private epochTriplets: { readonly epoch: number; readonly triplets: EpochTriplets } | null = null;
  /** Steps asked for and not completed, in order. */
  private readonly inFlight: AskedStep[] = [];
  private savedStep: number;
  private savedAtMs: number;
  /** Of this process: steps and milliseconds spent in them, the base of rate and time left. */
  private ownSteps = 0;
  private ownMs = 0;

  constructor(
    run: TrainingRun,
    outside: TrainingDependencies,
    schedule: Schedule,
    metrics: MetricsLog,
    position: CheckpointPosition,
  ) {
    this.run = run;
    this.outside = outside;
    this.schedule = schedule;
    this.metrics = metrics;
    this.position = position;
    this.savedStep = position.step;
    this.savedAtMs = outside.nowMs();
    const { method, neighbourWeight, network } = run.settings;
    this.guardContext = { method, neighbourWeight, projection: networks[network].projection };
    this.sample = monitorSample(run.tiles, run.settings.monitorTiles, run.seed);
  }

  /** Before the first step: look at the input, measure the untrained network, and keep the start for a resume. */
  async begin(): Promise<void> {
    throwIfCancelled(this.outside.signal);
    if (this.outside.inspectInput !== undefined) {
      await this.watch({ type: 'input', diversity: await this.outside.inspectInput(this.sample) });
    }
    await this.measure(null, 0);
    await this.save();
  }

  async runToEnd(resumedFrom: string | null): Promise<TrainingResult> {
    const { signal, pause } = this.outside;
    let path = resumedFrom;
    let epochEnded = false;
    try {
      while (this.position.step < this.schedule.totalSteps) {
        const isDue = this.checkpointIsDue(epochEnded);
        const isHeld = isDue || pause?.paused === true || signal?.aborted === true;
        // What was asked for is finished first: a checkpoint holds the position its weights belong to.
        if (isHeld && this.inFlight.length === 0) {
          if (isDue) path = await this.save();
          else path = (await this.saveIfNew()) ?? path;
          throwIfCancelled(signal);
          if (pause?.paused === true) await pause.wait(signal);
          epochEnded = false;
          continue;
        }
        if (!isHeld) this.askAhead();
        await this.completeStep();
        epochEnded = this.position.stepInEpoch === this.schedule.stepsPerEpoch;
        if (epochEnded) await this.endEpoch();
      }
    } finally {
      // After a failure the others end too, before the engine is disposed of; their failures are the same one.
      await Promise.allSettled(this.inFlight.map(({ result }) => result));
    }
    if (this.checkpointIsDue(epochEnded)) path = await this.save();
    path = (await this.saveIfNew()) ?? path;
    const { position } = this;
    return {
      steps: position.step,
      finalLoss: position.lastLoss,
      zStd: position.lastZStd,
      effectiveRank: position.measured?.effectiveRank ?? null,
      knnAccuracy: position.measured?.knnAccuracy ?? null,
      tripletsPerSecond: this.rate(),
      leftOverTripletsPerEpoch: this.schedule.leftOverTriplets,
      skippedSteps: position.skippedSteps,
      verdict: currentVerdict(position.guard, this.guardContext),
      checkpoint: path ?? '',
    };
  }

  /** Asks for steps until as many are under way as the engine takes; never across an epoch's end, where monitors come between. */
  private askAhead(): void {
    const { settings } = this.run;
    const { epoch, stepInEpoch } = this.position;
    const { engine } = this.outside;
    while (
      this.inFlight.length < (this.outside.rest === undefined ? (engine.stepsInFlight ?? 1) : 1) &&
      stepInEpoch + this.inFlight.length < this.schedule.stepsPerEpoch
    ) {
      const ahead = stepInEpoch + this.inFlight.length;
      const step = this.position.step + this.inFlight.length;
      const learningRate = learningRateAt(this.schedule, step);
      const monitor = (step + 1) % settings.monitorEverySteps === 0 || ahead + 1 === this.schedule.stepsPerEpoch;
      const isAtBase = (this.run.settings.predictorRate ?? 'base') === 'base';
      const predictorLearningRate = isAtBase ? this.schedule.scaledRate : learningRate;
      const triplets = this.batchAt(epoch, ahead);
      const result = engine.trainStep({ triplets, epoch, learningRate, predictorLearningRate, monitor });
      // Awaited in order by completeStep; until then a failure is not unheard of.
      result.catch(() => undefined);
      this.inFlight.push({ result, learningRate, monitor });
      this.prefetchAfter(epoch, ahead);
    }
  }

  private async completeStep(): Promise<void> {
    const asked = this.inFlight[0];
    if (asked === undefined) throw new Error('no step is under way');
    const { learningRate, monitor } = asked;
    const { step, epoch, stepInEpoch } = this.position;
    const startedAtMs = this.outside.nowMs();
    const result = await asked.result;
    this.inFlight.shift();
    await this.outside.rest?.(this.outside.nowMs() - startedAtMs);
    this.ownMs += this.outside.nowMs() - startedAtMs;
    this.ownSteps += 1;
    const { loss, zStd, skipped } = result;
    const { position } = this;
    this.position = {
      ...position,
      step: step + 1,
      stepInEpoch: stepInEpoch + 1,
      lossSum: position.lossSum + loss,
      zStdSum: position.zStdSum + (zStd ?? 0),
      zStdCount: position.zStdCount + (zStd === null ? 0 : 1),
      skippedSteps: position.skippedSteps + (skipped ? 1 : 0),
      lastLoss: loss,
      lastZStd: zStd ?? position.lastZStd,
    };
    if (monitor || !Number.isFinite(loss)) {
      const line = { type: 'step', step: step + 1, epoch: epoch + 1, loss, zStd, learningRate, skipped } as const;
      await this.metrics.append({ ...line, tripletsPerSecond: this.rate() });
      await this.watch({ type: 'step', step: step + 1, loss, zStd });
    }
    this.report(loss, learningRate);
  }

  private async endEpoch(): Promise<void> {
    const { position, schedule } = this;
    const loss = position.lossSum / schedule.stepsPerEpoch;
    this.position = { ...position, epoch: position.epoch + 1, stepInEpoch: 0, lossSum: 0, zStdSum: 0, zStdCount: 0 };
    await this.measure(loss, position.zStdCount === 0 ? null : position.zStdSum / position.zStdCount);
  }

  private async measure(loss: number | null, zStd: number | null): Promise<void> {
    const { run, position, outside } = this;
    const measured: EpochMeasurements = await measureEpoch(
      outside.engine,
      this.sample,
      run.labelled,
      run.settings.batch,
    );
    this.position = { ...position, measured };
    await this.metrics.append({
      type: 'epoch',
      step: position.step,
      epoch: position.epoch,
      loss,
      zStd: position.epoch === 0 ? null : zStd,
      ...measured,
      leftOverTriplets: this.schedule.leftOverTriplets,
      skippedSteps: position.skippedSteps,
      tripletsPerSecond: this.rate(),
    });
    const { effectiveRank, embeddingStd, knnAccuracy } = measured;
    const epoch = { completedEpochs: position.epoch, step: position.step };
    await this.watch({ type: 'epoch', ...epoch, loss, effectiveRank, embeddingStd, knnAccuracy });
  }

  /** Tells the guard; a verdict is written and passed on. A loss that is no number ends the run, nothing else does. */
  private async watch(observation: Observation): Promise<void> {
    const { state, verdict } = observe(this.position.guard, observation, this.guardContext);
    this.position = { ...this.position, guard: state };
    if (verdict === null) return;
    const { step, epoch } = this.position;
    const plain = {
      ...verdict,
      signs: [...verdict.signs],
      advice: [...verdict.advice],
      evidence: { ...verdict.evidence },
    };
    await this.metrics.append({ type: 'verdict', step, epoch, verdict: plain });
    this.outside.onVerdict?.(verdict, step);
    if (verdict.level === 'diverged') {
      throw new TrefoilError('training-diverged', verdict.sentence, verdict.advice.join(' '), { step });
    }
  }

  private batchAt(epoch: number, stepInEpoch: number): TripletIndices[] {
    if (this.epochTriplets?.epoch !== epoch) {
      this.epochTriplets = { epoch, triplets: this.outside.triplets(epoch) };
    }
    const { order, neighbours } = this.epochTriplets.triplets;
    const { batch } = this.run.settings;
    return Array.from({ length: batch }, (_, i) => {
      const tile = order[stepInEpoch * batch + i];
      if (tile === undefined) throw new RangeError(`epoch ${epoch} has no triplet ${stepInEpoch * batch + i}`);
      return { tile, neighbour: neighbours[stepInEpoch * batch + i] ?? tile };
    });
  }

  private prefetchAfter(epoch: number, stepInEpoch: number): void {
    // Not across an epoch's end: the monitors come in between, and the next order is not needed yet.
    if (stepInEpoch + 1 < this.schedule.stepsPerEpoch) {
      this.outside.prefetch?.(this.batchAt(epoch, stepInEpoch + 1), epoch);
    }
  }

  private checkpointIsDue(epochEnded: boolean): boolean {
    const { settings } = this.run;
    const { step, epoch } = this.position;
    return (
      (epochEnded && epoch % settings.checkpointEveryEpochs === 0) ||
      step - this.savedStep >= settings.checkpointEverySteps ||
      this.outside.nowMs() - this.savedAtMs >= settings.checkpointEveryMinutes * 60_000
    );
  }

  private async saveIfNew(): Promise<string | null> {
    return this.position.step === this.savedStep ? null : this.save();
  }

  private async save(): Promise<string> {
    const state = await this.outside.engine.state();
    const path = await this.outside.checkpoints.save({ position: this.position, state });
    this.savedStep = this.position.step;
    this.savedAtMs = this.outside.nowMs();
    this.outside.onCheckpoint?.(path, this.position.step);
    return path;
  }

  private rate(): number | null {
    return this.ownMs > 0 ? (this.ownSteps * this.run.settings.batch * 1000) / this.ownMs : null;
  }

  private report(loss: number, learningRate: number): void {
    const { position, schedule } = this;
    const rate = this.rate();
    this.outside.onProgress?.({
      step: position.step,
      totalSteps: schedule.totalSteps,
      epoch: position.epoch + 1,
      epochs: this.run.settings.epochs,
      stepInEpoch: position.stepInEpoch,
      stepsPerEpoch: schedule.stepsPerEpoch,
      loss: Number.isFinite(loss) ? loss : null,
      zStd: position.lastZStd,
      learningRate,
      effectiveRank: position.measured?.effectiveRank ?? null,
      embeddingStd: position.measured?.embeddingStd ?? null,
      knnAccuracy: position.measured?.knnAccuracy ?? null,
      tripletsPerSecond: rate,
      secondsLeft: rate === null ? null : ((schedule.totalSteps - position.step) * this.run.settings.batch) / rate,
    });
  }
}
