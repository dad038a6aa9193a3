import { elementBytes } from "../../../graph/dtype.js";
import { elementCount } from "../../../graph/rowMajor.js";
import { printShape } from "../../../graph/shape.js";
import type { StoredTensor } from "../checkpoint.js";
import { oneLine, quoted } from "../oneLine.js";
import { withWeightFile, type WeightFile } from "../weightFile.js";
import { openArchive, type Archive } from "./archive.js";
import { isKind } from "./globals.js";
import { refuseOtherFormats } from "./legacy.js";
import { unpickle } from "./unpickle.js";
import { kindOf, type Pickled, type View } from "./values.js";

/**
 * Where the tensors of a PyTorch zip checkpoint (`torch.save` since PyTorch 1.6 of a state dictionary) lie. Its pickle
 * is read as data, and no tensor is loaded; two names may have one range, as tied weights do.
 *
 * Throws one line when the file is of another format, malformed, holds anything but tensors by name, or a tensor that
 * is not contiguous and row-major.
 */
export async function readPytorch(label: string): Promise<StoredTensor[]> {
  return withWeightFile(label, async (file, handle) => {
    await refuseOtherFormats(file, handle);
    const archive = await openArchive(file, handle);
    let state: Pickled;
    try {
      state = unpickle(archive.pickle);
    } catch (error) {
      throw new Error(`data.pkl of ${label}, ${oneLine(error)}`);
    }
    if (!isKind(state, "dict")) throw new Error(`${label} holds a ${kindOf(state)}, not tensors by name`);
    const first = new Map<string, StoredTensor>();
    return [...state.entries].map(([name, value]) => {
      if (!isKind(value, "tensor")) {
        throw new Error(
          `${label}: ${quoted(name)} is a ${kindOf(value)}, not a tensor: a state dictionary holds only these`,
        );
      }
      const tensor = located(file, archive, name, value);
      const { key } = value.storage;
      refuseOtherType(file, key, tensor, first.get(key) ?? tensor);
      if (!first.has(key)) first.set(key, tensor);
      return tensor;
    });
  });
}

function located(file: WeightFile, archive: Archive, name: string, view: View): StoredTensor {
  const where = `${file.label}: tensor ${quoted(name)}`;
  const { storage, offset, shape, strides } = view;
  const width = elementBytes[storage.dtype];
  const record = archive.storages.get(storage.key);
  if (record === undefined)
    throw new Error(`${where} is in storage ${quoted(storage.key)}, which the archive lacks`);
  if (record.bytes !== storage.elements * width) {
    throw new Error(
      `${where}: storage ${quoted(storage.key)} of ${storage.elements} ${storage.dtype} takes ` +
        `${storage.elements * width} bytes, and its record has ${record.bytes}`,
    );
  }
  if (!isRowMajor(shape, strides)) {
    throw new Error(
      `${where} ${printShape(shape)} has strides ${printShape(strides)}: read are contiguous, row-major ones`,
    );
  }
  const elements = elementCount(shape);
  if (!(offset + elements <= storage.elements)) {
    throw new Error(
      `${where} ${printShape(shape)} begins at element ${offset} and ends beyond its storage of ${storage.elements}`,
    );
  }
  const bytes = elements * width;
  return {
    name,
    dtype: storage.dtype,
    shape,
    file: file.path,
    offset: record.offset + offset * width,
    bytes,
  };
}

/** PyTorch reads a storage once, as what the first tensor says of it, and saves none as two types. */
function refuseOtherType(file: WeightFile, key: string, tensor: StoredTensor, first: StoredTensor): void {
  if (tensor.dtype === first.dtype) return;
  throw new Error(
    `${file.label}: tensor ${quoted(tensor.name)} is in storage ${quoted(key)} as ${tensor.dtype}, ` +
      `and tensor ${quoted(first.name)} as ${first.dtype}`,
  );
}

/** Strides of sizes 0 and 1 lead nowhere, and PyTorch leaves any number there. */
function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.includes(0)) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}
