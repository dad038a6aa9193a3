/** A whole tensor in this process: concrete shape, row-major float32 or int64 data. */
export interface Tensor {
  readonly dtype: "f32" | "i64";
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}
