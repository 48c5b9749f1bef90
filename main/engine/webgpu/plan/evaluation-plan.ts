/** Features of un-augmented views in evaluation mode as a static list of kernels; shares the weights of a training plan by name. */
import type { NetworkDefinition } from '../../port.ts';
import type { ProductFamily } from '../kernels/index.ts';
import type { Precision } from '../kernel-program.ts';
import { runBackbone } from './backbone.ts';
import { NetworkTensors } from './network-tensors.ts';
import { StepPlan, type Tensor } from './step-plan.ts';
import { planAugmentation, type PlannedViews } from './training-plan.ts';

export interface EvaluationPlanOptions {
  readonly network: NetworkDefinition;
  readonly images: number;
  readonly viewPx: number;
  readonly precision: Precision;
  readonly family: ProductFamily;
  readonly tilePx: number | null;
}

export interface EvaluationPlan {
  readonly plan: StepPlan;
  readonly input: PlannedViews;
  /** [images][features] */
  readonly features: Tensor;
}

export function planEvaluation(options: EvaluationPlanOptions): EvaluationPlan {
  const { network, images, viewPx, precision, family, tilePx } = options;
  const plan = new StepPlan();
  const tensors = new NetworkTensors(plan, network, precision);
  plan.begin('augment');
  const input: PlannedViews =
    tilePx === null
      ? {
          views: plan.tensor('plain views', images * viewPx * viewPx * 8, precision, 'activations', true),
          source: null,
        }
      : planAugmentation(plan, { views: images, tiles: images, tilePx, viewPx, precision }, 'plain');
  plan.begin('forward');
  const context = { plan, network: tensors, gradients: null, precision, family, images, groups: 1 };
  const views = { tensor: input.views, height: viewPx, width: viewPx, channels: 8, statistics: null };
  const { features } = runBackbone(context, network, views);
  return { plan, input, features };
}
