/** Which engine is taken, and what is said about it. */
import { expect, test } from 'vitest';
import { engineChoice } from '#common/domain/engine-choice.ts';
import { TrefoilError } from '#common/errors.ts';
import { networks, type EngineOptions, type TrainingEngine } from '#main/engine/port.ts';
import { selectEngine, type EngineFactories } from '#main/engine/select-engine.ts';

const options: EngineOptions = {
  network: networks['resnet18-narrow'],
  method: 'simtriplet',
  batch: 4,
  views: {
    viewPx: 64,
    trainingViews: () => Promise.reject(new Error('no views here')),
    plainViews: () => Promise.reject(new Error('no views here')),
    close: () => Promise.resolve(),
  },
  seed: 1,
  momentum: 0.9,
  weightDecay: 1e-4,
};

function engine(name: string): TrainingEngine {
  return {
    describe: () => ({ engine: name, backend: name, reason: `${name} is there.`, precision: 'float32', versions: {} }),
    plan: () => ({
      weightBytes: 1,
      optimiserBytes: 1,
      activationBytes: 1,
      workspaceBytes: 1,
      totalBytes: 4,
      fits: null,
      advice: null,
    }),
    trainStep: () => Promise.resolve({ loss: -1, zStd: null, skipped: false }),
    embed: () => Promise.resolve(Float32Array.of(7)),
    state: () => Promise.resolve(new Map()),
    load: () => Promise.resolve(),
    dispose: () => Promise.resolve(),
  };
}

function machine(webgpu: 'gpu' | 'software only' | 'too small'): EngineFactories {
  return {
    tfjs: () => Promise.resolve(engine('tfjs')),
    webgpu: (_options, { allowSoftware }) => {
      if (webgpu === 'too small') return Promise.reject(new TrefoilError('out-of-memory', 'Too large.', 'Smaller.'));
      if (webgpu === 'software only' && !allowSoftware) {
        return Promise.reject(
          new TrefoilError('engine-unavailable', 'The only adapter is a software one.', 'Use tfjs.'),
        );
      }
      return Promise.resolve(engine('webgpu'));
    },
  };
}

test('auto takes the GPU where there is one', async () => {
  const chosen = await selectEngine(options, engineChoice.parse({}), machine('gpu'));
  expect(chosen.describe().engine).toBe('webgpu');
});

test('auto never takes a software adapter, not even an allowed one, and says why', async () => {
  const choice = engineChoice.parse({ allowSoftware: true });
  const chosen = await selectEngine(options, choice, machine('software only'));
  expect(chosen.describe()).toMatchObject({
    engine: 'tfjs',
    reason: 'The only adapter is a software one. tfjs is there.',
  });
  expect(await chosen.embed([0])).toEqual(Float32Array.of(7));
});

test('webgpu asked for is webgpu or an error with a next step', async () => {
  const choice = engineChoice.parse({ engine: 'webgpu' });
  await expect(selectEngine(options, choice, machine('software only'))).rejects.toMatchObject({
    code: 'engine-unavailable',
    hint: 'Use tfjs.',
  });
  const allowed = await selectEngine(options, { ...choice, allowSoftware: true }, machine('software only'));
  expect(allowed.describe().engine).toBe('webgpu');
});

test('a step that does not fit the GPU is not quietly moved to the processor', async () => {
  await expect(selectEngine(options, engineChoice.parse({}), machine('too small'))).rejects.toMatchObject({
    code: 'out-of-memory',
  });
});

test('tfjs asked for is tfjs, whatever the machine has', async () => {
  const chosen = await selectEngine(options, engineChoice.parse({ engine: 'tfjs' }), machine('gpu'));
  expect(chosen.describe().engine).toBe('tfjs');
});
