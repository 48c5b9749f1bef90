/** Runs one job with a person's own encoder in a process of its own. A model that brings the process down is an expected failure. */
import type { StageContext } from '#common/stage.ts';
import { TrefoilError } from '#common/errors.ts';
import { EngineHost } from '../../engine/process/engine-host.ts';
import type { EncodeJob, InspectEncoderJob, ResultOf } from '../../engine/process/job.ts';
import { engineEntry } from '../engine-process.ts';

export async function runEncoder<Job extends InspectEncoderJob | EncodeJob>(
  job: Job,
  context: StageContext,
): Promise<ResultOf<Job>> {
  // A model that crashes once crashes again: no second attempt.
  await using host = new EngineHost({ entry: engineEntry, restartDelaysMs: [] });
  try {
    return await host.run(job, {
      signal: context.signal,
      onEvent: (event) => {
        if (event.type === 'embedding')
          context.onProgress?.({ stage: 'Computing embeddings', done: event.done, total: event.total });
      },
    });
  } catch (error) {
    if (!(error instanceof TrefoilError) || error.code !== 'engine-lost') throw error;
    const reason = String(error.details['reason'] ?? '');
    throw new TrefoilError(
      'engine-lost',
      `${job.name} brought its process down: ${reason}. Nothing else is lost.`,
      'Use a smaller encoder or a computer with more memory; when the memory suffices, the model is unsound.',
      error.details,
      error,
    );
  }
}
