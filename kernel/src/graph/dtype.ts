/** Element types of tensors, named as in safetensors (lower case). */
export type DType = "f32" | "f16" | "bf16" | "f64" | "i64" | "i32" | "i8" | "u8" | "bool";

/** Bytes of one element. */
export const elementBytes: Readonly<Record<DType, number>> = {
  f64: 8,
  i64: 8,
  f32: 4,
  i32: 4,
  f16: 2,
  bf16: 2,
  i8: 1,
  u8: 1,
  bool: 1,
};
