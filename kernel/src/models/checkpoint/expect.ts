import type { DType } from "../../graph/dtype.js";
import { nearest } from "../../graph/nearest.js";
import { printShape } from "../../graph/shape.js";
import type { Checkpoint, StoredTensor } from "./checkpoint.js";
import { quoted } from "./oneLine.js";

/** The tensors that an architecture reads. */
export interface Expectation {
  /** Full parameter names, as transformers gives them, and their shapes. */
  readonly expected: ReadonlyMap<string, readonly number[]>;
  /** Prefix of the base model, such as `transformer.`, which some published files leave out. */
  readonly basePrefix: string;
  /** Of tensors that another stands for where the files hold only that one: the other's name, as a tied head's of its embedding. */
  readonly standIns?: ReadonlyMap<string, string>;
  /** Whether a tensor of this name, as it stands in the file, may be there and is not read. */
  readonly isIgnorable: (name: string) => boolean;
}

const floats: readonly DType[] = ["f32", "f16", "bf16"];
/** How many of a kind one line names before it counts the others. */
const named = 3;

/**
 * The expected tensors by their full names, found under that name or without the base model's prefix, else by their stand-ins.
 *
 * Throws one line naming those that are missing (with the nearest name that is there), those of another shape or not
 * of a float dtype, and those that nothing reads.
 */
export function expectTensors(checkpoint: Checkpoint, wanted: Expectation): Map<string, StoredTensor> {
  const { tensors } = checkpoint;
  const found = new Map<string, StoredTensor>();
  const missing: string[] = [];
  const wrong: string[] = [];
  for (const [name, shape] of wanted.expected) {
    const stored =
      findTensor(checkpoint, name, wanted.basePrefix) ?? tensors.get(wanted.standIns?.get(name) ?? name);
    if (stored === undefined) {
      missing.push(name);
      continue;
    }
    found.set(name, stored);
    if (stored.shape.length !== shape.length || stored.shape.some((n, i) => n !== shape[i])) {
      wrong.push(`${quoted(stored.name)} is ${printShape(stored.shape)}, not ${printShape(shape)}`);
    } else if (!floats.includes(stored.dtype) && stored.scales === undefined) {
      wrong.push(`${quoted(stored.name)} is ${stored.dtype}, not one of ${floats.join(", ")}`);
    }
  }
  const used = new Set([...found.values()].map(({ name }) => name));
  const extra = [...tensors.keys()].filter((name) => !used.has(name) && !wanted.isIgnorable(name));
  // What is not used elsewhere is the likelier mistake for a missing name.
  const candidates = extra.length > 0 ? extra : [...tensors.keys()];
  const faults = [
    list("missing", missing, (name) => {
      const [close] = nearest(name, candidates);
      return quoted(name) + (close === undefined ? "" : ` (nearest is ${quoted(close)})`);
    }),
    list("wrong", wrong, (text) => text),
    list("not expected", extra, (name) => `${quoted(name)} ${printShape(tensors.get(name)!.shape)}`),
  ].filter((fault) => fault !== undefined);
  if (faults.length > 0) throw new Error(`tensors of ${checkpoint.folder}: ${faults.join("; ")}`);
  return found;
}

/** A tensor under its full name or, where it begins with `basePrefix`, under the rest of it. */
export function findTensor(
  checkpoint: Checkpoint,
  name: string,
  basePrefix: string,
): StoredTensor | undefined {
  const full = checkpoint.tensors.get(name);
  if (full !== undefined || basePrefix === "" || !name.startsWith(basePrefix)) return full;
  return checkpoint.tensors.get(name.slice(basePrefix.length));
}

function list<T>(what: string, items: readonly T[], print: (item: T) => string): string | undefined {
  if (items.length === 0) return undefined;
  const shown = items.slice(0, named).map(print).join(", ");
  const rest = items.length - named;
  return `${what}: ${shown}${rest > 0 ? ` and ${rest} more` : ""}`;
}
