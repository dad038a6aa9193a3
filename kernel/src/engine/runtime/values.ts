import { elementCount } from "../../graph/rowMajor.js";
import type { Tensor } from "../../graph/tensor.js";
import { cInterface } from "./cInterface.js";
import type { Handle } from "./cTable.js";

/** Numbers of element types, as in ONNX. */
const types = { f32: 1, i64: 7 } as const;

/** A value of onnxruntime lives as long as the memory of its tensor is in use here. */
const lent = new FinalizationRegistry<Handle>((value) => cInterface().releaseValue(value));

/** Empty memory has no address that onnxruntime would take. */
const nothing = { f32: new Float32Array(1), i64: new BigInt64Array(1) } as const;

/** The memory of a tensor as a value of onnxruntime. The tensor has to outlive it, and the caller releases it. */
export function lend(memory: Handle, { dtype, shape, data }: Tensor): Handle {
  const numbers = data.length === 0 ? nothing[dtype] : data;
  return cInterface().wrapValue(memory, numbers, shape, types[dtype]);
}

/** A value that a run returned as a tensor over the same memory, which is given back when nobody has the tensor any more. */
export function take(name: string, value: Handle): Tensor {
  const { type, shape } = cInterface().describeValue(value);
  const dtype = type === types.f32 ? "f32" : type === types.i64 ? "i64" : undefined;
  const count = elementCount(shape);
  if (dtype === undefined || count === 0) cInterface().releaseValue(value);
  if (dtype === undefined)
    throw new Error(`${name} came back as ONNX type ${type}: only float32 and int64 leave a graph`);
  const make = dtype === "f32" ? Float32Array : BigInt64Array;
  if (count === 0) return { dtype, shape, data: new make(0) };
  const memory = cInterface().memoryOfValue(value, count * make.BYTES_PER_ELEMENT);
  lent.register(memory, value);
  return { dtype, shape, data: new make(memory) };
}
