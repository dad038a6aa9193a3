import { rowInputs } from "../graph/gather.js";
import { gradientAt, type HookPoint } from "../graph/point.js";
import type { Tensor } from "../graph/tensor.js";
import { keysInput } from "../hooks/apply.js";
import { editFeeds, rowFeeds, type RankRun } from "../hooks/feeds.js";
import { decodeEdit, decodeTensor } from "../hooks/wire.js";
import { isCotangent } from "../models/backward.js";
import { prepareInputs } from "../models/inputs.js";
import type { Cache } from "./caches.js";
import type { Variant } from "./variants.js";
import type { ForwardStep } from "./wire/messages.js";

/**
 * What a stage reads in a step, by the names of its graph's inputs: the tokens, what earlier stages carried here, what the
 * step brings, and what its edits ask for. Cotangents come later. Throws one line when an input is not given.
 *
 * @param step with the rows of this replica alone
 */
export function stageFeeds(
  { stage, points }: Variant,
  step: ForwardStep,
  run: RankRun,
  carried: readonly ReadonlyMap<string, Tensor>[],
  cache: Cache | undefined,
): Map<string, Tensor> {
  const { tokens, positions, mask, keys, select } = prepareInputs(
    step.rows,
    step.select,
    cache?.past,
    run.positions,
  );
  // Going backward, what an edit writes where rows are run for nobody would reach the modules that replicas share.
  if (step.gradient !== undefined && !run.rows.tells) keys.data.fill(0);
  const all = new Map<string, Tensor>([
    ["tokens", { dtype: "i64", ...tokens }],
    ["positions", { dtype: "i64", ...positions }],
    ["mask", { dtype: "f32", ...mask }],
    [keysInput, { dtype: "f32", ...keys }],
    ["select", { dtype: "i64", ...select }],
    ...carried.flatMap((parcel) => [...parcel]),
    ...Object.entries(step.tensors ?? {})
      .filter(([name]) => stage.inputs.includes(name))
      .map(([name, wire]) => [name, decodeTensor(name, wire)] as const),
    ...(cache?.feeds(stage.caches) ?? []),
    ...(Object.values(rowInputs).some((name) => stage.inputs.includes(name)) ? rowFeeds(run) : []),
  ]);
  for (const edit of [...step.edits, ...(step.gradient?.edits ?? [])].map(decodeEdit)) {
    // A gradient may be edited here at a point that another stage has.
    const point = points.get(edit.point) ?? points.get(gradientAt(edit.point));
    const fed = editFeeds(edit, point as HookPoint, run);
    for (const [name, dense] of fed) all.set(name, { dtype: "f32", ...dense });
  }
  const missing = stage.inputs.filter((name) => !all.has(name) && !isCotangent(name));
  if (missing.length > 0) throw new Error(`stage was not given ${missing.join(", ")}`);
  return new Map(stage.inputs.flatMap((name) => (all.has(name) ? [[name, all.get(name) as Tensor]] : [])));
}
