/**
 * A trained backbone as an ONNX model (onnx.ai, opset 17): normalised RGB images in, one feature vector each out, in evaluation
 * mode. Weights keep PyTorch's names and layouts. The projection and prediction MLPs are left out, as they are for the classifier.
 */
import { backboneLayers, type ConvolutionLayer } from '../network-parameters.ts';
import type { EngineState, NamedTensor, NetworkDefinition } from '../port.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

export const onnxInput = 'images';
export const onnxOutput = 'features';
export const onnxProbabilities = 'probabilities';

/** PyTorch's batch norm. */
const epsilon = 1e-5;
const elementTypes = { float32: 1 } as const;
/** Of AttributeProto. */
const attributeTypes = { float: 1, integers: 7 } as const;

type Attribute = number | readonly number[];

export interface EncoderModelInput {
  readonly network: NetworkDefinition;
  readonly state: EngineState;
  readonly viewPx: number;
  readonly producerVersion: string;
  /** Shown by other programs; keys and values are text. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Linear classifiers on the features: the output is then the mean of their softmaxes. */
  readonly head?: ClassifierHead;
}

export interface ClassifierHead {
  readonly classCount: number;
  /** `weights`: [features, classCount] row-major, for features as the encoder gives them; `bias`: one a class. */
  readonly members: readonly { readonly weights: Float32Array; readonly bias: Float32Array }[];
}

/**
 * Input `images`: float32 [batch, 3, viewPx, viewPx]; output `features`: float32 [batch, network.features], or with a head
 * `probabilities`: float32 [batch, classCount].
 */
export function encoderModel(input: EncoderModelInput): Uint8Array<ArrayBuffer> {
  const { network, state, viewPx } = input;
  const graph = new ProtobufWriter();
  const used: string[] = [];
  let value = onnxInput;
  const node = (
    type: string,
    name: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output = name,
  ): string => {
    graph.message(1, (item) => writeNode(item, type, name, inputs, output, attributes));
    return output;
  };
  const convolve = (from: string, layer: ConvolutionLayer): string => {
    const { name, norm, kernel, stride, padding } = layer;
    const product = node('Conv', `${name}/product`, [from, `${name}.weight`], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
    });
    const values = ['weight', 'bias', 'running_mean', 'running_var'].map((part) => `${norm}.${part}`);
    used.push(`${name}.weight`, ...values);
    return node('BatchNormalization', `${norm}/normalised`, [product, ...values], { epsilon });
  };
  const { stem, blocks } = backboneLayers(network);
  value = node('Relu', 'backbone/stem', [convolve(value, stem)]);
  value = node('MaxPool', 'backbone/pooled', [value], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  blocks.forEach(({ convolutions, shortcut }, index) => {
    const start = value;
    convolutions.forEach((layer, position) => {
      value = convolve(value, layer);
      if (position < convolutions.length - 1) value = node('Relu', `${layer.norm}/rectified`, [value]);
    });
    const beside = shortcut === null ? start : convolve(start, shortcut);
    value = node('Add', `backbone/block${index}/sum`, [value, beside]);
    value = node('Relu', `backbone/block${index}`, [value]);
  });
  value = node('GlobalAveragePool', 'backbone/averaged', [value]);
  node('Flatten', 'backbone/features', [value], {}, onnxOutput);
  const headTensors = input.head === undefined ? [] : addHead(node, input.head, network.features);
  graph.text(2, input.head === undefined ? 'encoder' : 'classifier');
  for (const name of used) {
    const tensor = state.get(name);
    if (tensor === undefined) throw new Error(`The encoder has no ${name}.`);
    graph.message(5, (item) => writeTensor(item, name, tensor));
  }
  for (const [name, tensor] of headTensors) graph.message(5, (item) => writeTensor(item, name, tensor));
  graph.message(11, (item) => writeValue(item, onnxInput, ['batch', 3, viewPx, viewPx]));
  const output = input.head === undefined ? onnxOutput : onnxProbabilities;
  const width = input.head?.classCount ?? network.features;
  graph.message(12, (item) => writeValue(item, output, ['batch', width]));

  const model = new ProtobufWriter();
  model.integer(1, 8).text(2, 'Trefoil').text(3, input.producerVersion);
  model.message(7, (inner) => inner.append(graph));
  model.message(8, (opset) => opset.text(1, '').integer(2, 17));
  for (const [key, text] of Object.entries(input.metadata))
    model.message(14, (item) => item.text(1, key).text(2, text));
  return model.finish();
}

type AddNode = (
  type: string,
  name: string,
  inputs: readonly string[],
  attributes?: Readonly<Record<string, Attribute>>,
  output?: string,
) => string;

/** Softmax of each member's logits, averaged. Returns the tensors the nodes name. */
function addHead(node: AddNode, { classCount, members }: ClassifierHead, features: number): [string, NamedTensor][] {
  const tensors: [string, NamedTensor][] = [];
  const sums = members.map(({ weights, bias }, index) => {
    const name = `head/${index}`;
    tensors.push([`${name}.weight`, { shape: [features, classCount], data: weights }]);
    tensors.push([`${name}.bias`, { shape: [classCount], data: bias }]);
    const product = node('MatMul', `${name}/product`, [onnxOutput, `${name}.weight`]);
    const logits = node('Add', `${name}/logits`, [product, `${name}.bias`]);
    return node('Softmax', `${name}/softmax`, [logits]);
  });
  tensors.push(['head/share', { shape: [1], data: Float32Array.of(1 / members.length) }]);
  const sum = node('Sum', 'head/sum', sums);
  node('Mul', 'head/mean', [sum, 'head/share'], {}, onnxProbabilities);
  return tensors;
}

function writeNode(
  item: ProtobufWriter,
  type: string,
  name: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, Attribute>>,
): void {
  for (const input of inputs) item.text(1, input);
  item.text(2, output).text(3, name).text(4, type);
  for (const [key, value] of Object.entries(attributes)) {
    item.message(5, (attribute) => {
      attribute.text(1, key);
      if (typeof value === 'number') attribute.float32(2, value).integer(20, attributeTypes.float);
      else {
        for (const number of value) attribute.integer(8, number);
        attribute.integer(20, attributeTypes.integers);
      }
    });
  }
}

function writeTensor(item: ProtobufWriter, name: string, { shape, data }: NamedTensor): void {
  for (const size of shape) item.integer(1, size);
  item.integer(2, elementTypes.float32).text(8, name);
  item.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** A name in place of a size stands for any. */
function writeValue(item: ProtobufWriter, name: string, shape: readonly (number | string)[]): void {
  item.text(1, name);
  item.message(2, (type) =>
    type.message(1, (tensor) => {
      tensor.integer(1, elementTypes.float32);
      tensor.message(2, (sizes) => {
        for (const size of shape) {
          sizes.message(1, (dimension) =>
            typeof size === 'number' ? dimension.integer(1, size) : dimension.text(2, size),
          );
        }
      });
    }),
  );
}
