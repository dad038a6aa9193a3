import type { DType } from "../../../graph/dtype.js";
import { quoted } from "../oneLine.js";
import { kindOf, type Pickled, type Storage, type View } from "./values.js";

const rebuildTensor = "torch._utils._rebuild_tensor_v2";
const rebuildParameter = "torch._utils._rebuild_parameter";
const orderedDict = "collections.OrderedDict";

const storages: ReadonlyMap<string, DType> = new Map([
  ["torch.FloatStorage", "f32"],
  ["torch.HalfStorage", "f16"],
  ["torch.BFloat16Storage", "bf16"],
  ["torch.DoubleStorage", "f64"],
  ["torch.LongStorage", "i64"],
  ["torch.IntStorage", "i32"],
  ["torch.CharStorage", "i8"],
  ["torch.ByteStorage", "u8"],
  ["torch.BoolStorage", "bool"],
]);

const known: readonly string[] = [rebuildTensor, rebuildParameter, orderedDict, ...storages.keys()];

/** A global that a pickle may name. Throws its name for every other: it is never looked up. */
export function globalNamed(name: string): Pickled {
  if (known.includes(name)) return { kind: "global", name };
  throw new Error(`global ${quoted(name)} is refused: known are ${known.join(", ")}`);
}

/** What calling a known global means here: a description, no call. */
export function apply(callee: Pickled | undefined, args: Pickled | undefined): Pickled {
  const name = isKind(callee, "global") ? callee.name : undefined;
  if (!isKind(args, "tuple")) throw new Error(`arguments are a ${kindOf(args)}, not a tuple`);
  if (name === orderedDict && args.items.length === 0) return { kind: "dict", entries: new Map() };
  if (name === rebuildTensor) return view(args.items);
  if (name === rebuildParameter) return parameter(args.items);
  throw new Error(`a call of ${kindOf(callee)} with ${args.items.length} arguments is refused`);
}

/** A storage from the persistent id that stands for it. */
export function storageOf(id: Pickled | undefined): Storage {
  if (!isKind(id, "tuple") || id.items.length !== 5)
    throw new Error("a persistent id is not a tuple of five");
  const [word, type, key, device, elements] = id.items;
  const dtype = isKind(type, "global") ? storages.get(type.name) : undefined;
  if (word !== "storage" || dtype === undefined || typeof key !== "string" || typeof device !== "string") {
    throw new Error(`a persistent id names no storage: ${[word, type, key, device].map(kindOf).join(", ")}`);
  }
  return { kind: "storage", dtype, key, elements: size(elements, "the length of a storage") };
}

function view(args: readonly Pickled[]): View {
  const [storage, offset, shape, strides, requiresGrad, hooks, state] = args;
  if (
    args.length < 6 ||
    args.length > 7 ||
    !isKind(storage, "storage") ||
    typeof requiresGrad !== "boolean"
  ) {
    throw new Error(`${rebuildTensor} has odd arguments: ${args.map(kindOf).join(", ")}`);
  }
  refuseState("backward hooks", hooks);
  refuseState("a state beyond its values", state);
  const tensor: View = {
    kind: "tensor",
    storage,
    offset: size(offset, "the offset of a tensor"),
    shape: sizes(shape, "a shape"),
    strides: sizes(strides, "strides"),
  };
  if (tensor.shape.length !== tensor.strides.length) {
    throw new Error(`a tensor has ${tensor.shape.length} sizes and ${tensor.strides.length} strides`);
  }
  return tensor;
}

function parameter(args: readonly Pickled[]): View {
  const [tensor, requiresGrad, hooks] = args;
  if (args.length !== 3 || !isKind(tensor, "tensor") || typeof requiresGrad !== "boolean") {
    throw new Error(`${rebuildParameter} has odd arguments: ${args.map(kindOf).join(", ")}`);
  }
  refuseState("backward hooks", hooks);
  return tensor;
}

/** Conjugate and negative views are such a state: their bytes are not their values. */
function refuseState(what: string, value: Pickled | undefined): void {
  if (value === undefined || value === null || (isKind(value, "dict") && value.entries.size === 0)) return;
  throw new Error(`a tensor has ${what}`);
}

function sizes(value: Pickled | undefined, what: string): number[] {
  if (!isKind(value, "tuple")) throw new Error(`${what} is a ${kindOf(value)}, not a tuple`);
  return value.items.map((item) => size(item, `a number in ${what}`));
}

function size(value: Pickled | undefined, what: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`${what} is ${typeof value === "number" ? value : `a ${kindOf(value)}`}, not a size`);
}

type Kinded = Extract<Pickled, { kind: string }>;

export function isKind<K extends Kinded["kind"]>(
  value: Pickled | undefined,
  kind: K,
): value is Extract<Kinded, { kind: K }> {
  return typeof value === "object" && value !== null && value.kind === kind;
}
