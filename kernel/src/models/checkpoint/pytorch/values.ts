import type { DType } from "../../../graph/dtype.js";

/** What a pickle of tensors can hold. Nothing else is ever made from one. */
export type Pickled =
  | null
  | boolean
  | number
  | string
  | { readonly kind: "tuple"; readonly items: readonly Pickled[] }
  | { readonly kind: "list"; readonly items: Pickled[] }
  | { readonly kind: "dict"; readonly entries: Map<string, Pickled> }
  | { readonly kind: "global"; readonly name: string }
  | Storage
  | View;

/** A run of elements of one dtype: the record `data/<key>` of the archive. */
export interface Storage {
  readonly kind: "storage";
  readonly dtype: DType;
  readonly key: string;
  readonly elements: number;
}

/** A tensor: a strided view of a storage, counted in elements. */
export interface View {
  readonly kind: "tensor";
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** What a value is, in a word, for messages. */
export function kindOf(value: Pickled | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "None";
  if (typeof value !== "object") return typeof value;
  return value.kind === "global" ? `global ${value.name}` : value.kind;
}
