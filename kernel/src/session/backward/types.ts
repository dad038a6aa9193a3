import type { Tensor } from "../../graph/tensor.js";
import type { GradientEdit } from "../../hooks/editGradient.js";
import type { HookChoice } from "../../hooks/lastingHook.js";
import type { SelectedPositions } from "../../models/inputs.js";
import type { LossResult } from "./loss.js";
import type { ReadoutInputs, ReadoutValues } from "../readout.js";
import type { Captured, Hook, Run } from "../types.js";

/** A float32 array in this process. */
export type Floats = Tensor & { readonly data: Float32Array };

/** Of what a gradient is taken, by what, and what acts meanwhile. */
export interface BackwardOptions extends ReadoutInputs, HookChoice<Hook | GradientEdit> {
  /**
   * The scalar [] that is differentiated, of the logits, of the hook points in `read`, of `given` and of `trained`; other
   * values of the pass may be returned beside it, `{ loss, right }`, and come back in `readout`. Traced once for each shape
   * of input.
   */
  readonly loss: (values: ReadoutValues) => LossResult;
  /** Positions whose logits the loss sees, as in `forward`. Default `all`. */
  readonly logits?: Exclude<SelectedPositions, "none">;
  /** Hook points whose gradients come back, sliced by their selectors as captures are. */
  readonly at?: string | readonly string[];
  /** Weights whose gradients come back, by Hugging Face name or glob; tied weights have one gradient, under either name; as `editGradient` changes them. */
  readonly parameters?: string | readonly string[];
  /**
   * What the gradient goes on from: `save` keeps every hook point's value until it is used, `recompute` computes each
   * segment again from its input, which needs less memory and more time. Default `save`. The numbers are the same.
   */
  readonly activations?: "save" | "recompute";
  readonly signal?: AbortSignal;
}

/** What a backward pass brought back. */
export interface Backward extends Run {
  readonly loss: number;
  /** What the loss returned beside itself, by name. */
  readonly readout: Run["readout"];
  /** By canonical point name, in forward order. */
  readonly gradients: ReadonlyMap<string, Captured>;
  /** The gradient at a hook point, by its name or a module path; error names the nearest that was asked for. */
  gradient(point: string): Captured;
  /** Gradients of weights, whole and as they were edited, by Hugging Face name. */
  readonly parameters: ReadonlyMap<string, Floats>;
  /** Gradients of the tensors of trained modules, by module and name. */
  readonly trained: Readonly<Record<string, Readonly<Record<string, Floats>>>>;
}
