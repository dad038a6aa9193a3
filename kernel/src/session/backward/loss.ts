import { Value } from "../../graph/value.js";
import { isNamed, printReturned } from "../../hooks/returned.js";
import type { ReadoutOptions, ReadoutValues } from "../readout.js";

/** A scalar [], or one called `loss` among values of the same pass that come back in `readout`, undifferentiated. */
export type LossResult = Value | Readonly<Record<"loss", Value> & Record<string, Value>>;

/** The readout that computes a loss and what is told beside it. Throws one line, when traced, for one without a `loss`. */
export function lossReadout(loss: (values: ReadoutValues) => LossResult): ReadoutOptions["compute"] {
  return (values) => {
    const returned = loss(values);
    if (returned instanceof Value) return { loss: returned };
    if (!isNamed(returned))
      throw new Error(
        `loss returns ${printReturned(returned)}: it must be a graph value, a scalar [], or { loss } with others`,
      );
    if ((returned as Partial<typeof returned>).loss === undefined)
      throw new Error(
        `loss returns ${Object.keys(returned).join(", ") || "nothing"}: one must be called loss`,
      );
    return returned;
  };
}
