import type { Tensor } from "../graph/tensor.js";
import type { SliceContext } from "../hooks/indexLists.js";
import { replaceSlice, sliceDense } from "../hooks/slice.js";
import type { WireEdit } from "../hooks/wire.js";

/**
 * Hands out what a host edit acts on of this rank's part of a value, and gives the value with what came back in its
 * place. Every rank of the group waits, so that none goes on with something else; one whose part is nothing of it, or
 * that another rank tells already, sends nothing.
 *
 * @param send hands a part over and waits for what comes back
 */
export async function handOut(
  value: Tensor,
  { key, slices }: Pick<WireEdit, "key" | "slices">,
  context: SliceContext,
  isTold: boolean,
  send: (part: Tensor | undefined) => Promise<Tensor | undefined>,
): Promise<Tensor> {
  const own = { data: value.data as Float32Array, shape: value.shape };
  const part = sliceDense(own, slices, context);
  const back = await send(part && isTold ? { dtype: "f32", ...part } : undefined);
  if (part === undefined) return value;
  if (back === undefined || back.data.length !== part.data.length)
    throw new Error(`host edit ${key}: [${part.shape.join(", ")}] left and did not come back`);
  const { data, shape } =
    slices.length === 0
      ? { data: back.data as Float32Array, shape: own.shape }
      : replaceSlice(own, { data: back.data as Float32Array, shape: part.shape }, slices, context);
  return { dtype: "f32", data, shape };
}
