/**
 * Names, shapes and start values of every parameter and buffer of a network, shared by all engines. Names and layouts are
 * PyTorch's (conv OIHW, linear [out, in]); the order is that of PyTorch's named_parameters. Holds no arithmetic of a step.
 */
import { RandomStream } from '#common/random.ts';
import type { NamedTensor, NetworkDefinition } from './port.ts';

/** Momentum of a parameter in an engine's state: this, then the parameter's name. */
export const momentumPrefix = 'momentum.';

/**
 * Loss scale of a mixed-precision engine and its counters: scale, good steps in a row, skips in a row, skips in all. Only such
 * engines write it, and every engine accepts a state with or without it.
 */
export const lossScalerName = 'loss_scaler';

export type ParameterKind = 'convolution' | 'norm-weight' | 'norm-bias' | 'linear-weight' | 'linear-bias';

export interface ParameterSpecification {
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: ParameterKind;
  /** Inputs of one output value; a linear layer's start range follows from it. */
  readonly fanIn: number;
}

export interface BufferSpecification {
  readonly name: string;
  readonly shape: readonly number[];
  readonly start: 0 | 1;
}

/** One convolution with the batch norm that follows it. Kernels are square. */
export interface ConvolutionLayer {
  readonly name: string;
  readonly norm: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/** A residual block: the convolutions in order and, where the shape changes, the shortcut's 1x1 convolution. */
export interface BlockLayers {
  readonly convolutions: readonly ConvolutionLayer[];
  readonly shortcut: ConvolutionLayer | null;
}

export interface BackboneLayers {
  readonly stem: ConvolutionLayer;
  readonly blocks: readonly BlockLayers[];
}

/** One linear layer of an MLP; `norm` names the batch norm behind it. */
export interface LinearLayer {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly norm: string | null;
  readonly relu: boolean;
}

function convolution(
  prefix: string,
  index: number,
  inputs: number,
  outputs: number,
  kernel: number,
  stride: number,
): ConvolutionLayer {
  return {
    name: `${prefix}conv${String(index)}`,
    norm: `${prefix}bn${String(index)}`,
    inputs,
    outputs,
    kernel,
    stride,
    padding: (kernel - 1) / 2,
  };
}

/** torchvision's ResNet: stride in the 3x3 convolution of a bottleneck (v1.5), 1x1 shortcut where the shape changes. */
export function backboneLayers(network: NetworkDefinition): BackboneLayers {
  const expansion = network.bottleneck ? 4 : 1;
  const blocks: BlockLayers[] = [];
  let inputs = network.width;
  network.blocks.forEach((count, stage) => {
    const planes = network.width * 2 ** stage;
    for (let index = 0; index < count; index += 1) {
      const prefix = `backbone.layer${String(stage + 1)}.${String(index)}.`;
      const stride = stage > 0 && index === 0 ? 2 : 1;
      const outputs = planes * expansion;
      const convolutions = network.bottleneck
        ? [
            convolution(prefix, 1, inputs, planes, 1, 1),
            convolution(prefix, 2, planes, planes, 3, stride),
            convolution(prefix, 3, planes, outputs, 1, 1),
          ]
        : [convolution(prefix, 1, inputs, planes, 3, stride), convolution(prefix, 2, planes, planes, 3, 1)];
      const shortcut =
        stride === 1 && inputs === outputs
          ? null
          : {
              name: `${prefix}downsample.0`,
              norm: `${prefix}downsample.1`,
              inputs,
              outputs,
              kernel: 1,
              stride,
              padding: 0,
            };
      blocks.push({ convolutions, shortcut });
      inputs = outputs;
    }
  });
  return { stem: convolution('backbone.', 1, 3, network.width, 7, 2), blocks };
}

/** The same backbone with one linear layer to classes behind it, padded as both engines like it. */
export function classifyingNetwork(network: NetworkDefinition, classes: number): NetworkDefinition {
  const projection = Math.ceil(classes / classPadding) * classPadding;
  return { ...network, name: `${network.name}, supervised`, classes, projection, predictionHidden: 0 };
}

/** Output channels come in blocks of so many. */
const classPadding = 8;

/** The projection MLP: three linear layers, batch norm after each, ReLU after the first two. Or the layer to classes. */
export function projectorLayers(network: NetworkDefinition): readonly LinearLayer[] {
  if (network.classes !== undefined) {
    return [{ name: 'head', inputs: network.features, outputs: network.projection, norm: null, relu: false }];
  }
  const width = network.projection;
  return [
    { name: 'projector.0', inputs: network.features, outputs: width, norm: 'projector.1', relu: true },
    { name: 'projector.3', inputs: width, outputs: width, norm: 'projector.4', relu: true },
    { name: 'projector.6', inputs: width, outputs: width, norm: 'projector.7', relu: false },
  ];
}

/** The prediction MLP: hidden layer with batch norm and ReLU, then a bare linear layer. */
export function predictorLayers(network: NetworkDefinition): readonly LinearLayer[] {
  if (network.classes !== undefined) return [];
  return [
    {
      name: 'predictor.0',
      inputs: network.projection,
      outputs: network.predictionHidden,
      norm: 'predictor.1',
      relu: true,
    },
    { name: 'predictor.3', inputs: network.predictionHidden, outputs: network.projection, norm: null, relu: false },
  ];
}

function convolutionsOf(network: NetworkDefinition): ConvolutionLayer[] {
  const { stem, blocks } = backboneLayers(network);
  return [
    stem,
    ...blocks.flatMap((block) => [...block.convolutions, ...(block.shortcut === null ? [] : [block.shortcut])]),
  ];
}

function normParameters(name: string, channels: number): ParameterSpecification[] {
  return [
    { name: `${name}.weight`, shape: [channels], kind: 'norm-weight', fanIn: 1 },
    { name: `${name}.bias`, shape: [channels], kind: 'norm-bias', fanIn: 1 },
  ];
}

/** Every trained tensor in PyTorch's order. */
export function parameterSpecifications(network: NetworkDefinition): ParameterSpecification[] {
  const specifications: ParameterSpecification[] = [];
  for (const layer of convolutionsOf(network)) {
    const fanIn = layer.inputs * layer.kernel ** 2;
    specifications.push(
      {
        name: `${layer.name}.weight`,
        shape: [layer.outputs, layer.inputs, layer.kernel, layer.kernel],
        kind: 'convolution',
        fanIn,
      },
      ...normParameters(layer.norm, layer.outputs),
    );
  }
  for (const layer of [...projectorLayers(network), ...predictorLayers(network)]) {
    specifications.push(
      {
        name: `${layer.name}.weight`,
        shape: [layer.outputs, layer.inputs],
        kind: 'linear-weight',
        fanIn: layer.inputs,
      },
      { name: `${layer.name}.bias`, shape: [layer.outputs], kind: 'linear-bias', fanIn: layer.inputs },
      ...(layer.norm === null ? [] : normParameters(layer.norm, layer.outputs)),
    );
  }
  return specifications;
}

/** Every batch-norm buffer: running mean, running variance, and the number of batches seen (a scalar, shape []). */
export function bufferSpecifications(network: NetworkDefinition): BufferSpecification[] {
  return parameterSpecifications(network)
    .filter((parameter) => parameter.kind === 'norm-weight')
    .flatMap((parameter) => {
      const norm = parameter.name.slice(0, -'.weight'.length);
      return [
        { name: `${norm}.running_mean`, shape: parameter.shape, start: 0 },
        { name: `${norm}.running_var`, shape: parameter.shape, start: 1 },
        { name: `${norm}.num_batches_tracked`, shape: [], start: 0 },
      ] as const;
    });
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/**
 * Start values as torchvision and PyTorch choose them: convolutions normal with variance 2 / fan-out (He et al. 2015),
 * batch norm 1 and 0, linear weights and biases uniform in +-1/sqrt(fan-in). Each tensor depends on (seed, its name) only.
 */
export function initialParameter(specification: ParameterSpecification, seed: number): NamedTensor {
  const data = new Float32Array(elementCount(specification.shape));
  const stream = RandomStream.of('initialise', seed, specification.name);
  switch (specification.kind) {
    case 'convolution': {
      const [outputs = 1, , height = 1, width = 1] = specification.shape;
      const deviation = Math.sqrt(2 / (outputs * height * width));
      for (let i = 0; i < data.length; i += 1) data[i] = deviation * stream.nextNormal();
      break;
    }
    case 'norm-weight':
      data.fill(1);
      break;
    case 'norm-bias':
      break;
    case 'linear-weight':
    case 'linear-bias': {
      const bound = 1 / Math.sqrt(specification.fanIn);
      for (let i = 0; i < data.length; i += 1) data[i] = stream.nextUniform(-bound, bound);
      break;
    }
    default: {
      const unknownKind: never = specification.kind;
      throw new Error(`Unknown parameter kind ${String(unknownKind)}`);
    }
  }
  return { shape: specification.shape, data };
}

export function initialBuffer(specification: BufferSpecification): NamedTensor {
  return {
    shape: specification.shape,
    data: new Float32Array(elementCount(specification.shape)).fill(specification.start),
  };
}

/** Every parameter with its start value, momentum 0, then every buffer. */
export function initialState(network: NetworkDefinition, seed: number): Map<string, NamedTensor> {
  const state = new Map<string, NamedTensor>();
  for (const specification of parameterSpecifications(network)) {
    state.set(specification.name, initialParameter(specification, seed));
    const data = new Float32Array(elementCount(specification.shape));
    state.set(`${momentumPrefix}${specification.name}`, { shape: specification.shape, data });
  }
  for (const specification of bufferSpecifications(network)) {
    state.set(specification.name, initialBuffer(specification));
  }
  return state;
}
