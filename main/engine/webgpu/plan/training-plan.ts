/**
 * One optimiser step as a static list of kernels: views (augmented here, or uploaded), backbone, projector, predictor, loss,
 * the way back, overflow test, update. With several micro-batches the first part is there once for each, over the same memory,
 * and their gradients are averaged; batch norm then sees a micro-batch at a time. Pure: no device is touched.
 */
import { predictorLayers, projectorLayers } from '../../network-parameters.ts';
import { usesPredictor, viewsOf, type Objective } from '#common/domain/objective.ts';
import type { NetworkDefinition } from '../../port.ts';
import { imageNetMean, imageNetStandardDeviation } from '#common/domain/view-parameters.ts';
import { runBackbone } from './backbone.ts';
import type { LayerContext } from './layers.ts';
import { runPerceptron } from './multilayer-perceptron.ts';
import { NetworkTensors } from './network-tensors.ts';
import { partOf, StepPlan, type Tensor } from './step-plan.ts';
import {
  accumulateGradients,
  augmentation,
  crossEntropy,
  decorrelationLoss,
  normalisedSpread,
  overflowTest,
  scalerUpdate,
  sgdUpdate,
  similarityLoss,
  stepResult,
  type Augmentation,
  type ProductFamily,
} from '../kernels/index.ts';
import type { Precision } from '../kernel-program.ts';

export interface TrainingPlanOptions extends Objective {
  readonly network: NetworkDefinition;
  /** Triplets of a step. */
  readonly batch: number;
  /** Divides `batch`. 1 unless memory is short. */
  readonly microBatches: number;
  readonly viewPx: number;
  readonly precision: Precision;
  readonly family: ProductFamily;
  /** Side of the tiles when augmentation runs on the GPU; null when views are uploaded. */
  readonly tilePx: number | null;
}

/** The images that one pass through the backbone is fed with. */
export interface PlannedViews {
  /** [views][viewPx][viewPx][8]: uploaded, or made by the augmentation. */
  readonly views: Tensor;
  /** Unique tiles, RGB bytes, and one record a view; null when views are uploaded. */
  readonly source: { readonly tiles: Tensor; readonly records: Tensor } | null;
}

/** What one micro-batch is fed with. */
export interface MicroBatchInput extends PlannedViews {
  /** f32 [micro-batch][2]: class and weight; null for a method without labels. */
  readonly targets: Tensor | null;
}

export interface TrainingPlan {
  readonly plan: StepPlan;
  readonly network: NetworkTensors;
  readonly inputs: readonly MicroBatchInput[];
  readonly gradients: Tensor;
  readonly momentum: Tensor;
  /** f32 [8]: learningRate, predictorLearningRate, momentum, weightDecay. */
  readonly settings: Tensor;
  /** f32 [8]: scale, good steps in a row, consecutive skips, total skips. */
  readonly scaler: Tensor;
  readonly overflow: Tensor;
  /** f32 [8]: loss, zStd, skipped, loss scale, consecutive skips. */
  readonly results: Tensor;
  /** Kept only for checks against a reference: the projections and predictions of the last micro-batch. */
  readonly projections: Tensor;
  /** Null for a method without prediction MLP. */
  readonly predictions: Tensor | null;
}

/** Elements of one dispatch over the weights: 64 MiB of float32, within every adapter's binding limit. */
const updateElements = 2 ** 24;
export const growthInterval = 2000;

export function planTraining(options: TrainingPlanOptions): TrainingPlan {
  const { network, method, neighbourWeight, precision, microBatches } = options;
  const objective: Objective = { method, neighbourWeight };
  const microBatch = options.batch / microBatches;
  if (!Number.isInteger(microBatch)) {
    throw new RangeError(`a batch of ${options.batch} does not split into ${microBatches} equal parts`);
  }
  const plan = new StepPlan();
  const tensors = new NetworkTensors(plan, network, precision);
  const { totalElements } = tensors.arena;
  const gradients = plan.tensor('gradients', totalElements, 'f32', 'optimiser', true);
  const parts = microBatches === 1 ? gradients : plan.tensor('part gradients', totalElements, 'f32', 'optimiser', true);
  const momentum = plan.tensor('momentum', totalElements, 'f32', 'optimiser', true);
  const settings = plan.tensor('settings', 8, 'f32', 'workspace', true);
  const scaler = plan.tensor('scaler', 8, 'f32', 'workspace', true);
  const overflow = plan.tensor('overflow', 4, 'f32', 'workspace', true);
  const results = plan.tensor('results', 8, 'f32', 'workspace', true);
  // A multiple of 64 rows keeps the parts aligned.
  const lossStride = Math.ceil(microBatch / 64) * 64;
  const rowLosses = plan.tensor('losses', microBatches * lossStride, 'f32', 'workspace', true);
  const spread = plan.tensor('spread', 4, 'f32', 'workspace', true);
  const groups = viewsOf(objective).length;
  const images = groups * microBatch;
  const context: LayerContext = {
    plan,
    network: tensors,
    gradients: parts,
    precision,
    family: options.family,
    images,
    groups,
  };
  const width = network.projection;
  const inputs: MicroBatchInput[] = [];
  let last: { projections: Tensor; predictions: Tensor | null } | null = null;
  for (let micro = 0; micro < microBatches; micro += 1) {
    plan.begin('augment');
    const views: PlannedViews = planViews(plan, options, images, micro);
    const targets =
      network.classes === undefined ? null : plan.tensor(`targets ${micro}`, 2 * microBatch, 'f32', 'workspace', true);
    inputs.push({ ...views, targets });
    plan.begin('forward');
    const { viewPx } = options;
    const image = { tensor: views.views, height: viewPx, width: viewPx, channels: 8, statistics: null };
    const backbone = runBackbone(context, network, image);
    const projector = runPerceptron(context, projectorLayers(network), backbone.features);
    const predictor = usesPredictor(method) ? runPerceptron(context, predictorLayers(network), projector.output) : null;
    const losses = partOf(rowLosses, 'losses', micro * lossStride, microBatch);
    const start = plan.tensor('loss gradient', images * width, precision, 'workspace');
    const shape = { objective, batch: microBatch, width, precision };
    if (targets !== null) {
      const program = crossEntropy({ ...shape, classes: network.classes ?? 0 });
      plan.run(program, projector.output, targets, scaler, start, losses);
    } else if (predictor !== null) {
      plan.run(similarityLoss(shape), predictor.output, projector.output, scaler, start, losses);
    } else planDecorrelation(plan, shape, projector.output, scaler, start, losses);
    if (micro === 0) planSpread(plan, shape, projector.output, spread);
    plan.begin('backward');
    backbone.backward(projector.backward(predictor === null ? start : predictor.backward(start)));
    if (microBatches > 1) {
      for (const [first, elements] of chunks(0, totalElements)) {
        const program = accumulateGradients({ elements, share: 1 / microBatches, isFirst: micro === 0 });
        plan.run(program, partOf(parts, 'part', first, elements), partOf(gradients, 'gradients', first, elements));
      }
    }
    last = { projections: projector.output, predictions: predictor?.output ?? null };
  }
  if (last === null) throw new RangeError('a step has at least one micro-batch');
  plan.begin('update');
  const { baseElements } = tensors.arena;
  for (const [first, elements] of chunks(0, totalElements)) {
    plan.run(overflowTest({ elements }), partOf(gradients, 'gradients', first, elements), overflow);
  }
  const ranges = [
    ...chunks(0, baseElements).map((range) => ({ range, group: 'base' as const })),
    ...(usesPredictor(method) ? chunks(baseElements, totalElements) : []).map((range) => ({
      range,
      group: 'predictor' as const,
    })),
  ];
  for (const { range, group } of ranges) {
    const [first, elements] = range;
    const slice = (tensor: Tensor): Tensor => partOf(tensor, tensor.name, first, elements);
    const copy = precision === 'f16' ? [slice(tensors.copy)] : [];
    const program = sgdUpdate({ elements, precision, group });
    plan.run(program, slice(gradients), slice(tensors.master), slice(momentum), settings, scaler, overflow, ...copy);
  }
  const rows = microBatches * lossStride;
  plan.run(stepResult({ rows, batch: options.batch, spread: true }), rowLosses, spread, scaler, overflow, results);
  const maximumScale = precision === 'f32' ? 1 : undefined;
  plan.run(scalerUpdate({ growthInterval, ...(maximumScale === undefined ? {} : { maximumScale }) }), scaler, overflow);
  return { plan, network: tensors, inputs, gradients, momentum, settings, scaler, overflow, results, ...last };
}

/** [first, count] ranges of at most `updateElements`. */
function chunks(from: number, to: number): [number, number][] {
  const ranges: [number, number][] = [];
  for (let first = from; first < to; first += updateElements)
    ranges.push([first, Math.min(updateElements, to - first)]);
  return ranges;
}

function planDecorrelation(
  plan: StepPlan,
  shape: Parameters<typeof decorrelationLoss>[0],
  projections: Tensor,
  scaler: Tensor,
  gradient: Tensor,
  rowLosses: Tensor,
): void {
  const { programs, elements } = decorrelationLoss(shape);
  const scratch = (name: string, count: number): Tensor => plan.tensor(name, count, 'f32', 'workspace');
  const named = {
    projections,
    scaler,
    gradient,
    rowLosses,
    moments: scratch('moments', elements.moments),
    products: scratch('row products', elements.products),
    columnLosses: scratch('column losses', elements.columnLosses),
  };
  for (const { program, uses } of programs) plan.run(program, ...uses.map((name) => named[name]));
}

function planSpread(plan: StepPlan, shape: Parameters<typeof normalisedSpread>[0], z: Tensor, result: Tensor): void {
  const { programs, workspaceElements } = normalisedSpread(shape);
  const workspace = plan.tensor('spread sums', workspaceElements, 'f32', 'workspace');
  const named = { projections: z, workspace, result };
  for (const { program, uses } of programs) plan.run(program, ...uses.map((name) => named[name]));
}

function planViews(plan: StepPlan, options: TrainingPlanOptions, images: number, micro: number): PlannedViews {
  const { viewPx, tilePx, precision, batch, microBatches } = options;
  if (tilePx === null) {
    const elements = images * viewPx * viewPx * 8;
    const views = plan.tensor(`views ${micro}`, elements, precision, 'activations', true);
    return { views, source: null };
  }
  // Two unique tiles a triplet at most.
  const tiles = (2 * batch) / microBatches;
  return planAugmentation(plan, { views: images, tiles, tilePx, viewPx, precision }, `${micro}`);
}

/** The kernels that turn tiles and records into views. */
export function planAugmentation(
  plan: StepPlan,
  shape: { views: number; tiles: number; tilePx: number; viewPx: number; precision: Precision },
  label: string,
): PlannedViews {
  const { programs, elements }: Augmentation = augmentation({
    ...shape,
    mean: imageNetMean,
    std: imageNetStandardDeviation,
  });
  const scratch = (name: string, count: number): Tensor => plan.tensor(name, count, 'f32', 'workspace');
  const named = {
    tiles: plan.tensor(`tiles ${label}`, elements.tiles, 'f32', 'workspace', true),
    records: plan.tensor(`records ${label}`, elements.records, 'f32', 'workspace', true),
    image: scratch('image', elements.image),
    blurred: scratch('blurred', elements.blurred),
    partials: scratch('grey partials', elements.partials),
    means: scratch('grey means', elements.means),
    output: plan.tensor('views', elements.output, shape.precision, 'activations'),
  };
  for (const { program, uses } of programs) plan.run(program, ...uses.map((name) => named[name]));
  return { views: named.output, source: { tiles: named.tiles, records: named.records } };
}
