/** One feature vector per tile, row by row, with the name it has in results. Plain numbers: no file, no project. */
export interface FeatureTable {
  /** "SimTriplet", "Random weights", "Colour and texture" ... */
  readonly name: string;
  readonly dim: number;
  /** [rows, dim] */
  readonly values: Float32Array | Float64Array;
}
