import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fill } from '#main/engine/reference-tensors.ts';
import { reference, runSelfTest } from '#main/engine/self-test.ts';
import { createTfjsEngine } from '#main/engine/tfjs/create-engine.ts';

const golden = (name: string) => JSON.parse(readFileSync(new URL(`../../../golden/${name}`, import.meta.url), 'utf8'));

describe('the self-test', () => {
  it('holds the values PyTorch computed', () => {
    const { float64 } = golden('network-resnet18-64.json');
    expect(reference.loss).toBe(float64.losses[0]);
    expect(reference.stemNormAfter).toBe(float64.parametersAfter['backbone.conv1.weight'].norm);
  });

  it('builds the same reference tensors as the script that made the golden values', () => {
    const { fillCheck } = golden('versions.json');
    expect([...fill(fillCheck.name, fillCheck.first.length)]).toEqual(fillCheck.first);
  });

  it('passes on the portable engine', async () => {
    expect(await runSelfTest(createTfjsEngine)).toMatchObject({ passed: true });
  });

  it('fails on an engine that computes a wrong loss, updates nothing, or gives NaN', async () => {
    const tampered = (change: { loss?: (loss: number) => number; frozen?: boolean }) =>
      runSelfTest(async (options) => {
        const engine = await createTfjsEngine(options);
        const step = engine.trainStep.bind(engine);
        engine.trainStep = async (input) => {
          const before = await engine.state();
          const result = await step(input);
          if (change.frozen) await engine.load(before);
          return { ...result, loss: change.loss?.(result.loss) ?? result.loss };
        };
        return engine;
      });
    expect(await tampered({ loss: (loss) => loss * 1.001 })).toMatchObject({ passed: false });
    expect(await tampered({ loss: () => NaN })).toMatchObject({ passed: false });
    expect(await tampered({ frozen: true })).toMatchObject({ passed: false });
  });
});
