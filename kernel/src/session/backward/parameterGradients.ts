import { onnxruntime, plainly } from "../../engine/runtime/runtime.js";
import { Graph } from "../../graph/graph.js";
import { encodeModel } from "../../graph/onnx.js";
import { elementCount } from "../../graph/rowMajor.js";
import type { Tensor } from "../../graph/tensor.js";
import { whole } from "../../graph/whole.js";
import { applyEdit } from "../../hooks/apply.js";
import { editFeeds } from "../../hooks/feeds.js";
import type { Dense } from "../../hooks/slice.js";
import type { Model } from "../../models/model.js";
import type { Whole } from "../assemble.js";
import type { HostCaller } from "../hostEdits.js";
import { oneRow, type ParameterEdit } from "./parameterEdits.js";
import type { BackwardRequest } from "./prepare.js";
import type { Floats } from "./types.js";

/**
 * Gradients of the weights that were asked for, by their own names: each put together from those of the rows that ranks
 * hold, and then, whole, edited. No gradient follows from that of a parameter, so that nothing else has to know of the edits;
 * PyTorch's hooks of parameters act there, too.
 *
 * @param call calls functions of the notebook
 */
export async function parameterGradients(
  { parameters, parameterEdits }: Pick<BackwardRequest, "parameters" | "parameterEdits">,
  values: ReadonlyMap<string, Whole>,
  model: Model,
  call: HostCaller,
): Promise<ReadonlyMap<string, Floats>> {
  const found = new Map<string, Floats>();
  for (const name of parameters.values())
    if (!found.has(name)) found.set(name, joined(name, model.weight(name, []).shape, values));
  for (const edit of parameterEdits) {
    const { name } = edit.point;
    const { shape, data } = await edited(found.get(name) as Floats, edit, call);
    found.set(name, { dtype: "f32", shape: [...shape], data });
  }
  return found;
}

/** A weight's gradient from that of the rows which ranks hold. */
function joined(name: string, shape: readonly number[], values: ReadonlyMap<string, Whole>): Floats {
  const rowSize = elementCount(shape.slice(1));
  const data = new Float32Array((shape[0] ?? 1) * rowSize);
  for (const [key, part] of values) {
    const [, of, from] = /^parameter\.(.+) (\d+):\d+@gradient$/.exec(key) ?? [];
    if (of !== name) continue;
    const start = Number(from) * rowSize;
    part.data.forEach((x, i) => (data[start + i] = (data[start + i] as number) + x));
  }
  return { dtype: "f32", shape: [...shape], data };
}

/** What one edit makes of it. A function may go on with what it was given and returned, so that has a copy. */
async function edited(dx: Floats, { point, edit, call }: ParameterEdit, host: HostCaller): Promise<Dense> {
  if (call !== undefined) {
    const { shape, data } = await host(call, dx, [point]);
    return { shape, data: data.slice() };
  }
  const graph = new Graph();
  graph.begin("gradient");
  const input = graph.input("dx", "f32", point.shape);
  const alone = { rank: 0, size: 1 };
  const changed = applyEdit(input, point, { tensor: alone, data: alone }, edit);
  const result = graph.apply("Identity", [changed], changed.dtype, changed.shape);
  const segment = whole(graph, [result], "gradient");
  const given = new Map<string, Dense>([
    [input.name, dx],
    ...editFeeds(edit, point, { ...oneRow, shard: alone, rows: { from: 0, to: 1, tells: true } }),
  ]);
  const feeds = segment.inputs.map(({ name }): [string, Tensor] => {
    const { shape, data } = given.get(name) as Dense;
    return [name, { dtype: "f32", shape: [...shape], data }];
  });
  const program = await onnxruntime({ threads: 1, spin: false, shared: false }).load(
    encodeModel(segment, "/"),
    plainly,
  );
  try {
    const { shape, data } = (await program.run(new Map(feeds), [result.name])).get(result.name) as Floats;
    return { shape, data };
  } finally {
    await program.release();
  }
}
