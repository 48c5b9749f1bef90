/** Starts the engine's process for one job of a project and translates its events into progress. */
import { fileURLToPath } from 'node:url';
import type { EngineDescription } from '../engine/port.ts';
import { EngineHost } from '../engine/process/engine-host.ts';
import type { EngineJobInput, ResultOf } from '../engine/process/job.ts';
import type { StageContext } from '#common/stage.ts';
import type { EngineEvent } from '../engine/process/messages.ts';

export const engineEntry = fileURLToPath(new URL('../entries/engine.ts', import.meta.url));

export interface EngineRun<Result> {
  readonly result: Result;
  readonly description: EngineDescription | null;
}

/** Takes effect after the current step; see EngineHost. */
export interface PausableEngine {
  pause(): void;
  resume(): void;
}

/** Runs the job to its end in a process of its own; a crash restarts it from the last checkpoint. */
export async function runInEngine<Job extends EngineJobInput>(
  job: Job,
  context: StageContext,
  onEvent?: (event: EngineEvent) => void,
  onStart?: (engine: PausableEngine) => void,
): Promise<EngineRun<ResultOf<Job>>> {
  let description: EngineDescription | null = null;
  await using host = new EngineHost({ entry: engineEntry });
  onStart?.(host);
  const result = await host.run(job, {
    signal: context.signal,
    onRestart: (crash) => {
      context.onMessage?.(
        `The engine's process stopped (${crash}). It starts again from the last checkpoint; nothing else is lost.`,
      );
    },
    onEvent: (event) => {
      if (event.type === 'engine') {
        description = event.description;
        const { engine, backend, precision, reason } = event.description;
        if (job.kind === 'pretrain') context.onMessage?.(`Engine: ${engine} (${backend}, ${precision}). ${reason}`);
      }
      onEvent?.(event);
      if (event.type === 'verdict') context.onMessage?.([event.verdict.sentence, ...event.verdict.advice].join(' '));
      if (event.type === 'embedding') {
        context.onProgress?.({ stage: 'Computing embeddings', done: event.done, total: event.total });
      } else if (event.type === 'supervised') {
        context.onProgress?.({ stage: 'Training from scratch', done: event.done, total: event.total });
      } else if (event.type === 'training') {
        context.onProgress?.({
          stage: 'Pretraining',
          done: event.progress.step,
          total: event.progress.totalSteps,
          note: describeTraining(event.progress),
        });
      }
    },
  });
  return { result, description };
}

type Training = Extract<EngineEvent, { type: 'training' }>['progress'];

/** "epoch 3 of 10, loss -1.42, std 0.061, rank 23, kNN 0.71, 412 images/s" */
function describeTraining(progress: Training): string {
  const parts = [`epoch ${Math.min(progress.epoch, progress.epochs)} of ${progress.epochs}`];
  const add = (name: string, value: number | null, digits: number): void => {
    if (value !== null) parts.push(`${name} ${value.toFixed(digits)}`);
  };
  add('loss', progress.loss, 3);
  add('std', progress.zStd, 4);
  add('effective rank', progress.effectiveRank, 1);
  add('kNN', progress.knnAccuracy, 3);
  if (progress.tripletsPerSecond !== null) parts.push(`${Math.round(progress.tripletsPerSecond * 3)} images/s`);
  return parts.join(', ');
}
