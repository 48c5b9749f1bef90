/** Small ONNX models written field by field, sound and unsound, for tests of own encoders. */
import { ProtobufWriter } from '#main/engine/onnx/protobuf-writer.ts';

type Attribute = number | readonly number[];
interface Node {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}
interface Weights {
  readonly name: string;
  readonly shape: readonly number[];
  /** Numbers, or the name of the file they lie in. */
  readonly values: Float32Array | string;
}

export interface SmallModel {
  readonly input: readonly (number | string)[];
  readonly outputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly nodes: readonly Node[];
  readonly weights?: readonly Weights[];
  readonly metadata?: Readonly<Record<string, string>>;
}

export function onnxModel({ input, outputs, nodes, weights = [], metadata = {} }: SmallModel): Uint8Array<ArrayBuffer> {
  const model = new ProtobufWriter();
  model.integer(1, 8).text(2, 'Test');
  model.message(7, (graph) => {
    for (const node of nodes) {
      graph.message(1, (item) => {
        for (const name of node.inputs) item.text(1, name);
        item.text(2, node.output).text(4, node.type);
        for (const [key, value] of Object.entries(node.attributes ?? {})) {
          item.message(5, (attribute) => {
            attribute.text(1, key);
            if (typeof value === 'number') attribute.integer(3, value).integer(20, 2);
            else {
              for (const number of value) attribute.integer(8, number);
              attribute.integer(20, 7);
            }
          });
        }
        if (node.domain !== undefined) item.text(7, node.domain);
      });
    }
    graph.text(2, 'graph');
    for (const { name, shape, values } of weights) {
      graph.message(5, (tensor) => {
        for (const size of shape) tensor.integer(1, size);
        tensor.integer(2, 1).text(8, name);
        if (typeof values !== 'string') tensor.bytes(9, new Uint8Array(values.buffer));
        else {
          tensor.message(13, (entry) => entry.text(1, 'location').text(2, values));
          tensor.integer(14, 1);
        }
      });
    }
    graph.message(11, (value) => writeValue(value, 'pixels', input));
    for (const [name, shape] of Object.entries(outputs)) graph.message(12, (value) => writeValue(value, name, shape));
  });
  model.message(8, (set) => set.text(1, '').integer(2, 17));
  for (const domain of new Set(nodes.flatMap((node) => (node.domain === undefined ? [] : [node.domain])))) {
    model.message(8, (set) => set.text(1, domain).integer(2, 1));
  }
  for (const [key, value] of Object.entries(metadata)) model.message(14, (item) => item.text(1, key).text(2, value));
  return model.finish();
}

/** Mean of each channel: its three features can be worked out by hand. `channelsLast` for NHWC. */
export function channelMeans(
  sidePx: number | string = 'side',
  batch: number | string = 'batch',
  channelsLast = false,
): Uint8Array<ArrayBuffer> {
  return onnxModel({
    input: channelsLast ? [batch, sidePx, sidePx, 3] : [batch, 3, sidePx, sidePx],
    outputs: { features: [batch, 3] },
    nodes: [
      {
        type: 'ReduceMean',
        inputs: ['pixels'],
        output: 'features',
        attributes: { axes: channelsLast ? [1, 2] : [2, 3], keepdims: 0 },
      },
    ],
  });
}

/** Tokens like a vision transformer's: the pixels of each channel as one token, [batch, 3, side * side]. */
export function channelTokens(sidePx: number): Uint8Array<ArrayBuffer> {
  return onnxModel({
    input: ['batch', 3, sidePx, sidePx],
    outputs: { tokens: ['batch', 3, sidePx * sidePx], flat: ['batch', 3 * sidePx * sidePx] },
    nodes: [
      { type: 'Reshape', inputs: ['pixels', 'shape'], output: 'tokens' },
      { type: 'Flatten', inputs: ['pixels'], output: 'flat' },
      { type: 'Shape', inputs: ['flat'], output: 'unused' },
      { type: 'Constant', inputs: [], output: 'shape', attributes: { value_ints: [0, 3, sidePx * sidePx] } },
    ].sort((a, b) => Number(b.type === 'Constant') - Number(a.type === 'Constant')),
  });
}

function writeValue(item: ProtobufWriter, name: string, shape: readonly (number | string)[]): void {
  item.text(1, name);
  item.message(2, (type) =>
    type.message(1, (tensor) => {
      tensor.integer(1, 1);
      tensor.message(2, (sizes) => {
        for (const size of shape)
          sizes.message(1, (axis) => (typeof size === 'number' ? axis.integer(1, size) : axis.text(2, size)));
      });
    }),
  );
}
