import { gradientAt } from "../../graph/point.js";
import type { Backward } from "../backward/types.js";
import type { Captured, Run } from "../types.js";

/** A value of a run with the names of its axes, as far as they have some. */
export type Comparable = Pick<Captured, "shape" | "data"> & { readonly axes: readonly string[] };

/**
 * Everything that a run or a backward pass brought back, by name.
 *
 * @param isAll whether the logits are those of all positions
 */
export function valuesOf(run: Run, isAll: boolean): Map<string, Comparable> {
  const values = new Map<string, Comparable>(run.captures);
  for (const [name, value] of run.readout) values.set(`readout ${name}`, { ...value, axes: [] });
  if (run.logits) {
    const own = { ...run.logits, axes: ["batch", isAll ? "position" : "selected", "token"] };
    // A capture of the logits may be a part of them.
    const isSame = values.get("logits")?.data.length === own.data.length;
    if (!isSame) values.set(values.has("logits") ? "logits of the run" : "logits", own);
  }
  if (!isBackward(run)) return values;
  values.set("loss", { shape: [], data: Float32Array.of(run.loss), axes: [] });
  for (const [name, value] of run.gradients) values.set(gradientAt(name), value);
  for (const [name, value] of run.parameters) values.set(gradientAt(name), { ...value, axes: [] });
  for (const [module, tensors] of Object.entries(run.trained))
    for (const [name, value] of Object.entries(tensors))
      values.set(gradientAt(`${module}.${name}`), { ...value, axes: [] });
  return values;
}

function isBackward(run: Run): run is Backward {
  return "gradients" in run;
}
