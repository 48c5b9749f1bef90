/**
 * The few operations the network needs of TensorFlow.js: convolution and matrix product run on the backend; everything
 * element-wise is plain code over typed arrays. On wasm that code works in place on the backend's own memory, which is
 * quicker there than the backend's element-wise kernels; other backends read the values back and upload the result.
 * Every tensor made here is counted until released, so a step that fails leaves nothing behind.
 */
import type * as tensorflow from '@tensorflow/tfjs-core';

export type Tensor = tensorflow.Tensor;
export type TensorFlow = typeof tensorflow;

export interface ConvolutionGeometry {
  readonly stride: number;
  readonly dilation: number;
  /** Zero rows above and below (the same count of columns left and right). */
  readonly padding: readonly [before: number, after: number];
}

/** What the wasm backend offers beyond the common backend interface. */
interface HeapBackend {
  makeOutput(shape: number[], dtype: 'float32'): tensorflow.TensorInfo;
  typedArrayFromHeap(info: tensorflow.TensorInfo): Float32Array;
}

export class TensorDevice {
  private readonly tf: TensorFlow;
  private readonly heap: HeapBackend | null;
  private readonly live = new Set<Tensor>();

  /** `tf` is TensorFlow.js with its backend already chosen. */
  constructor(tf: TensorFlow) {
    this.tf = tf;
    this.heap = tf.getBackend() === 'wasm' ? (tf.backend() as unknown as HeapBackend) : null;
  }

  /** NHWC image, HWIO filter. */
  convolve(image: Tensor, filter: Tensor, geometry: ConvolutionGeometry): Tensor {
    const [before, after] = geometry.padding;
    const padding: [[number, number], [number, number], [number, number], [number, number]] = [
      [0, 0],
      [before, after],
      [before, after],
      [0, 0],
    ];
    return this.keep(
      this.tf.conv2d(
        image as tensorflow.Tensor4D,
        filter as tensorflow.Tensor4D,
        geometry.stride,
        padding,
        'NHWC',
        geometry.dilation,
      ),
    );
  }

  /** [rows, inner] x [inner, columns]. */
  multiply(left: Tensor, right: Tensor): Tensor {
    return this.keep(this.tf.matMul(left, right));
  }

  /** 3x3, stride 2, padding 1, NHWC. */
  maxPool(image: Tensor): Tensor {
    return this.keep(this.tf.maxPool(image as tensorflow.Tensor4D, 3, 2, 1));
  }

  add(left: Tensor, right: Tensor): Tensor {
    return this.keep(this.tf.add(left, right));
  }

  reshape(tensor: Tensor, shape: readonly number[]): Tensor {
    return this.keep(this.tf.reshape(tensor, [...shape]));
  }

  upload(data: Float32Array, shape: readonly number[]): Tensor {
    return this.fill([], shape, (_inputs, output) => {
      output.set(data);
    });
  }

  /**
   * A new tensor computed by plain code. `compute` gets the inputs' values and must write every element of the output;
   * the arrays are only valid during the call.
   */
  fill(
    inputs: readonly Tensor[],
    shape: readonly number[],
    compute: (inputs: readonly Float32Array[], output: Float32Array) => void,
  ): Tensor {
    const { heap } = this;
    if (heap !== null) {
      const info = heap.makeOutput([...shape], 'float32');
      const tensor = this.keep(this.tf.engine().makeTensorFromTensorInfo(info));
      compute(this.values(inputs), heap.typedArrayFromHeap(info));
      return tensor;
    }
    const output = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
    compute(this.values(inputs), output);
    return this.keep(this.tf.tensor(output, [...shape], 'float32'));
  }

  /** Reads tensors without making one. The arrays are only valid during the call. */
  inspect(inputs: readonly Tensor[], look: (inputs: readonly Float32Array[]) => void): void {
    look(this.values(inputs));
  }

  /** A copy of the values. */
  read(tensor: Tensor): Float32Array {
    return Float32Array.from(this.values([tensor])[0] ?? []);
  }

  release(...tensors: readonly Tensor[]): void {
    for (const tensor of tensors) {
      if (this.live.delete(tensor)) tensor.dispose();
    }
  }

  /** Tensors made so far; with `releaseSince` a step gives back whatever it has not released itself. */
  mark(): ReadonlySet<Tensor> {
    return new Set(this.live);
  }

  releaseSince(mark: ReadonlySet<Tensor>): void {
    for (const tensor of [...this.live]) {
      if (!mark.has(tensor)) this.release(tensor);
    }
  }

  dispose(): void {
    this.release(...this.live);
  }

  private values(tensors: readonly Tensor[]): Float32Array[] {
    const { heap } = this;
    return tensors.map((tensor) =>
      heap === null ? (tensor.dataSync() as Float32Array) : heap.typedArrayFromHeap(tensor),
    );
  }

  private keep(tensor: Tensor): Tensor {
    this.live.add(tensor);
    return tensor;
  }
}
