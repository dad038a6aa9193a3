import { gradientAt } from "../../graph/point.js";
import type { Backward } from "../backward/types.js";
import type { Captured, Run } from "../types.js";

/** A value of a call with the names of its axes, as far as they have some. */
export type Comparable = Pick<Captured, "shape" | "data"> & {
  readonly axes: readonly string[];
  /** Tokens of each row of the pass that it is of. */
  readonly lengths: readonly number[];
};

/**
 * Everything that a run or a backward pass brought back, by name.
 *
 * @param isAll whether the logits are those of all positions
 */
export function valuesOf(run: Run, isAll: boolean): Map<string, Comparable> {
  const lengths = run.tokens.map((row) => row.length);
  const values = new Map<string, Comparable>();
  const put = (
    name: string,
    { shape, data }: Pick<Captured, "shape" | "data">,
    axes: readonly string[] = [],
  ) => values.set(name, { shape, data, axes, lengths });
  for (const [name, value] of run.captures) put(name, value, value.axes);
  for (const [name, value] of run.readout) put(`readout ${name}`, value);
  if (run.logits) {
    // A capture of the logits may be a part of them.
    const isSame = values.get("logits")?.data.length === run.logits.data.length;
    const axes = ["batch", isAll ? "position" : "selected", "token"];
    if (!isSame) put(values.has("logits") ? "logits of the run" : "logits", run.logits, axes);
  }
  if (!isBackward(run)) return values;
  put("loss", { shape: [], data: Float32Array.of(run.loss) });
  for (const [name, value] of run.gradients) put(gradientAt(name), value, value.axes);
  for (const [name, value] of run.parameters) put(gradientAt(name), value);
  for (const [module, tensors] of Object.entries(run.trained))
    for (const [name, value] of Object.entries(tensors)) put(gradientAt(`${module}.${name}`), value);
  return values;
}

function isBackward(run: Run): run is Backward {
  return "gradients" in run;
}
