/** The persistent tensors of a network in a plan, by parameter and norm name. Both plans (training, evaluation) share them. */
import type { NetworkDefinition } from '../../port.ts';
import type { Precision } from '../kernel-program.ts';
import { layOutParameters, type ParameterArena } from './parameter-arena.ts';
import { partOf, type StepPlan, type Tensor } from './step-plan.ts';

export class NetworkTensors {
  readonly arena: ParameterArena;
  /** float32 weights. */
  readonly master: Tensor;
  /** What the products read: the 16-bit copy, or the weights themselves. */
  readonly copy: Tensor;
  readonly running: Tensor;

  constructor(plan: StepPlan, network: NetworkDefinition, precision: Precision) {
    this.arena = layOutParameters(network);
    this.master = plan.tensor('weights', this.arena.totalElements, 'f32', 'weights', true);
    this.copy =
      precision === 'f32' ? this.master : plan.tensor('weights f16', this.arena.totalElements, 'f16', 'weights', true);
    this.running = plan.tensor('running statistics', this.arena.runningElements, 'f32', 'weights', true);
  }

  /** The range of a parameter in the weights, their copy, or an arena of the same layout. */
  parameter(arena: Tensor, name: string): Tensor {
    const place = this.arena.parameters.get(name);
    if (place === undefined) throw new RangeError(`the network has no parameter ${name}`);
    return partOf(arena, `${arena.name}: ${name}`, place.firstElement, place.elements);
  }

  runningOf(norm: string): Tensor {
    const place = this.arena.norms.get(norm);
    if (place === undefined) throw new RangeError(`the network has no batch norm ${norm}`);
    return partOf(this.running, `running: ${norm}`, place.firstElement, 2 * place.channels);
  }
}
