import { readTensor } from "../../models/checkpoint/read.js";
import { readSafetensors } from "../../models/checkpoint/safetensors.js";
import { writeSafetensors } from "../../models/checkpoint/writeSafetensors.js";
import type { OptimiserOptions, OptimiserState } from "./optimiser.js";

const stepName = "step";
const kinds: readonly OptimiserOptions["kind"][] = ["sgd", "adam", "adamW", "adafactor"];

/** Write where an optimiser stands as one safetensors file; equal states give equal bytes. */
export function saveState(file: string, { kind, step, tensors }: OptimiserState): void {
  // A count of steps is exact in float32 up to 2²⁴, and a file of tensors only can be read anywhere.
  if (step > 2 ** 24) throw new Error(`${step} steps: a state file counts up to ${2 ** 24}`);
  const counted = { name: `${kind}.${stepName}`, shape: [], data: Float32Array.of(step) };
  writeSafetensors(file, [counted, ...tensors], { format: "pt" });
}

/** Read what `saveState` wrote. Throws one line when the file is none of ours. */
export async function loadState(file: string): Promise<OptimiserState> {
  const stored = await readSafetensors(file);
  const kind = kinds.find((name) => stored.some((tensor) => tensor.name === `${name}.${stepName}`));
  if (kind === undefined) throw new Error(`${file} is no optimiser's state: it counts no steps`);
  const tensors = await Promise.all(
    stored.map(async (tensor) => ({
      name: tensor.name,
      shape: tensor.shape,
      data: await readTensor(tensor),
    })),
  );
  const isStep = ({ name }: { name: string }) => name === `${kind}.${stepName}`;
  return { kind, step: tensors.find(isStep)!.data[0]!, tensors: tensors.filter((t) => !isStep(t)) };
}
