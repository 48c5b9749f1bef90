/**
 * A numerical self-test any engine can run: one whole training step of a reference network against what PyTorch computed in
 * float64 (tests/golden/network-resnet18-64.json; a unit test holds the numbers here equal to that file).
 */
import { goldenImages, goldenParameters } from './reference-tensors.ts';
import { networks, type CreateEngine, type NamedTensor, type NetworkDefinition, type ViewSource } from './port.ts';

/** Loss of the first step, and the norm of the first convolution's weights after it. */
export const reference = { loss: -0.026083987725411487, stemNormAfter: 2.592711585956119 } as const;
export const referenceNetwork: NetworkDefinition = { ...networks.resnet18, projection: 256, predictionHidden: 64 };
const batch = 8;
const viewPx = 64;
const rate = 0.05;

export interface SelfTestResult {
  readonly passed: boolean;
  /** What was compared and how far apart it was, for a person. */
  readonly text: string;
}

export async function runSelfTest(createEngine: CreateEngine): Promise<SelfTestResult> {
  const views: ViewSource = {
    viewPx,
    trainingViews: () => Promise.resolve([imagesOf(1), imagesOf(2), imagesOf(3)]),
    plainViews: () => Promise.resolve(imagesOf(1)),
    close: () => Promise.resolve(),
  };
  const engine = await createEngine({
    network: referenceNetwork,
    method: 'simtriplet',
    batch,
    views,
    seed: 0,
    momentum: 0.9,
    weightDecay: 1e-4,
  });
  try {
    const parameters = goldenParameters(referenceNetwork);
    const start = new Map<string, NamedTensor>(await engine.state());
    for (const [name, data] of parameters) start.set(name, { shape: start.get(name)?.shape ?? [data.length], data });
    await engine.load(start);
    const triplets = Array.from({ length: batch }, (_, tile) => ({ tile, neighbour: tile }));
    const { loss } = await engine.trainStep({
      triplets,
      epoch: 0,
      learningRate: rate,
      predictorLearningRate: rate,
      monitor: false,
    });
    const stem = (await engine.state()).get('backbone.conv1.weight');
    return judge(loss, stem === undefined ? NaN : Math.hypot(...stem.data), engine.describe().precision);
  } finally {
    await engine.dispose();
  }
}

/** float32: 1e-4 relative; mixed precision: 5e-3 absolute (tests/golden/README.md). */
function judge(loss: number, stemNorm: number, precision: 'float32' | 'mixed-float16'): SelfTestResult {
  const lossError = Math.abs(loss - reference.loss);
  const normError = Math.abs(stemNorm / reference.stemNormAfter - 1);
  const lossLimit = precision === 'float32' ? 1e-4 * Math.abs(reference.loss) : 5e-3;
  const normLimit = precision === 'float32' ? 1e-3 : 1e-2;
  return {
    // Written so that NaN fails.
    passed: lossError <= lossLimit && normError <= normLimit,
    text: `one training step of ResNet-18 against PyTorch in float64: loss off by ${lossError.toExponential(1)} (limit ${lossLimit.toExponential(1)}), updated weights by ${normError.toExponential(1)} (limit ${normLimit.toExponential(1)})`,
  };
}

function imagesOf(view: number): Float32Array {
  return goldenImages(`resnet18-64/x${view}`, batch, viewPx);
}
