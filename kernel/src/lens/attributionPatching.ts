import { heatmap, plot, shownAs, type Displayable } from "../display/index.js";
import type { Provenance } from "../display/payload/provenance.js";
import { capture, type Selector } from "../hooks/index.js";
import { cancelSignal } from "../session/host.js";
import { checkOptions, type OptionNames } from "../session/options.js";
import { printInput } from "../session/provenance.js";
import type { Session } from "../session/session.js";
import { checkBy, checkLengths, columnsOf, gridAxes, partsOf, pointsBy, type PatchedBy } from "./grid.js";
import { lastDifference, metricOf, pairOf, type LogitDifference } from "./metric.js";
import { lensPoints } from "./points.js";
import { checkPrompt } from "./prompt.js";
import { lensProvenance } from "./provenance.js";

export interface AttributionPatchingOptions {
  /** Prompt that gives the answer; the corrupt one must have as many tokens. */
  readonly clean: string | readonly number[];
  readonly corrupt: string | readonly number[];
  /** Read at the last position. */
  readonly metric: LogitDifference;
  /** Points of one kind, a layer each. Default `layers.*.residual.out`; by head `layers.*.attention.z`. */
  readonly points?: Selector;
  /** Default `position`. */
  readonly by?: PatchedBy;
  readonly signal?: AbortSignal;
}

/** What each patch would do to the metric, by the slope at the corrupt run. */
export interface AttributionPatching {
  readonly metric: string;
  /** The metric of the bare runs. */
  readonly clean: number;
  readonly corrupt: number;
  readonly points: readonly string[];
  readonly columns: readonly string[];
  /** Estimated change of the metric by each patch, [point][column]: Σ (clean − corrupt) · ∂metric/∂corrupt. */
  readonly values: readonly (readonly number[])[];
  /** With the lens as the call. */
  readonly provenance: Provenance;
}

const optionNames: OptionNames<AttributionPatchingOptions> = {
  clean: true,
  corrupt: true,
  metric: true,
  points: true,
  by: true,
  signal: true,
};

/**
 * Attribution patching (Nanda 2023; Syed et al. 2023): what activation patching would find of every part at once, by one
 * forward pass of the clean prompt and one forward and backward pass of the corrupt one. It is the first-order estimate:
 * right where the model is nearly linear between the two, wrong where, say, a softmax saturates; check what matters by
 * `activationPatching`.
 *
 * Throws one line when an option or the metric does not fit, the prompts differ in length or the points have not the axes.
 */
export async function attributionPatching(
  session: Session,
  options: AttributionPatchingOptions,
): Promise<AttributionPatching & Displayable> {
  checkOptions("attributionPatching", options, optionNames);
  const { by = "position" } = options;
  checkBy(by);
  checkPrompt("clean prompt", options.clean);
  checkPrompt("corrupt prompt", options.corrupt);
  const selector = options.points ?? pointsBy(by);
  const points = lensPoints(session, selector).map(({ name }) => name);
  const tokens = await pairOf(session, options.metric);
  const { name, of } = await metricOf(session, options.metric);
  const abort = cancelSignal(options.signal);
  const signal = abort && { signal: abort };
  const hooks = [capture(selector)];
  const clean = await session.forward(options.clean, { hooks, logits: "last", ...signal });
  const corrupt = await session.backward(options.corrupt, {
    hooks,
    at: [selector],
    logits: "last",
    given: { tokens },
    loss: ({ logits, given }) => lastDifference(logits, given["tokens"]!),
    ...signal,
  });
  checkLengths(clean, corrupt);
  const grids = points.map((point) => partsOf(corrupt.get(point), by));
  if (grids.some(({ count }) => count !== grids[0]!.count))
    throw new Error(`"${selector}" chooses points of different shapes: patch those of one kind at a time`);
  const values = points.map((point, i) => {
    const { count, of } = grids[i]!;
    const [to, from] = [clean.get(point).data, corrupt.get(point).data];
    const sums = Array.from({ length: count }, () => 0);
    corrupt.gradient(point).data.forEach((slope, at) => (sums[of(at)]! += slope * (to[at]! - from[at]!)));
    return sums;
  });
  const inputs = [printInput(options.clean), printInput(options.corrupt)];
  const result: AttributionPatching = {
    metric: name,
    clean: of(clean.logits!.data),
    corrupt: corrupt.loss,
    points,
    columns: columnsOf(by, corrupt, clean, grids[0]!.heads),
    values,
    provenance: lensProvenance(corrupt.provenance, "attributionPatching", inputs, {
      metric: name,
      points: selector,
      by,
    }),
  };
  return shownAs(result, () => figure(result, by));
}

function figure(
  { metric, clean, corrupt, points, columns, values, provenance }: AttributionPatching,
  by: PatchedBy,
) {
  return plot(
    heatmap({
      ...gridAxes(by, points, columns),
      value: "estimated change of the metric",
      values,
    }),
    {
      title: `Attribution patching ${points[0]!.replace(/^layers\.\d+/, "layers.*")} by ${by}`,
      notes: [`${metric}: clean ${clean.toPrecision(5)}, corrupt ${corrupt.toPrecision(5)}`],
      provenance,
    },
  );
}
