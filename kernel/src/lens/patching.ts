import { heatmap, plot, progress, shownAs, type Displayable } from "../display/index.js";
import type { Provenance } from "../display/payload/provenance.js";
import { capture, edit, patch, type Selector } from "../hooks/index.js";
import { cancelSignal } from "../session/host.js";
import { checkOptions, type OptionNames } from "../session/options.js";
import { printInput } from "../session/provenance.js";
import type { Session } from "../session/session.js";
import type { Captured, Run } from "../session/types.js";
import { checkBy, checkLengths, columnsOf, gridAxes, partsOf, pointsBy, type PatchedBy } from "./grid.js";
import { metricOf, type Metric } from "./metric.js";
import { lensPoints } from "./points.js";
import { checkPrompt } from "./prompt.js";
import { lensProvenance } from "./provenance.js";

export interface PatchingOptions {
  /** Prompt that gives the answer; the corrupt one must have as many tokens. */
  readonly clean: string | readonly number[];
  readonly corrupt: string | readonly number[];
  /** Read at the last position: the difference of two tokens' logits, or any function of the logits. */
  readonly metric: Metric;
  /** Points of one kind, a layer each. Default `layers.*.residual.out`; by head `layers.*.attention.z`. */
  readonly points?: Selector;
  /** Default `position`. */
  readonly by?: PatchedBy;
  /** Patches that run side by side, a row each. Default 16. */
  readonly rows?: number;
  readonly signal?: AbortSignal;
  /** No progress bar. */
  readonly quiet?: boolean;
}

/** How far patches of a clean run mend a corrupt one. As a cell's last value it shows as a heatmap. */
export interface Patching {
  readonly metric: string;
  /** The metric of the bare runs. */
  readonly clean: number;
  readonly corrupt: number;
  /** Names of the points, a row of the grid each. */
  readonly points: readonly string[];
  /** What was patched at each point, a column each, such as tokens or heads. */
  readonly columns: readonly string[];
  /** The metric with that patch, [point][column]. */
  readonly values: readonly (readonly number[])[];
  /** How much of the way from corrupt to clean each patch goes: (value − corrupt) / (clean − corrupt). */
  readonly recovered: readonly (readonly number[])[];
  /** With the lens as the call. */
  readonly provenance: Provenance;
}

const optionNames: OptionNames<PatchingOptions> = {
  clean: true,
  corrupt: true,
  metric: true,
  points: true,
  by: true,
  rows: true,
  signal: true,
  quiet: true,
};

/**
 * Activation patching (Vig et al. 2020; Meng et al. 2022): runs the corrupt prompt with one part of the clean run's
 * activations put in its place, for each part, and reads how much of the clean answer comes back. Several patches run
 * side by side as rows of one forward pass; what came before a point is the corrupt run's own, so nothing else changes.
 *
 * Throws one line, before a patch runs, when the prompts differ in length, the points have not the axes that are patched,
 * or both prompts give the same metric; `CancelledError` when interrupted.
 */
export async function activationPatching(
  session: Session,
  options: PatchingOptions,
): Promise<Patching & Displayable> {
  checkOptions("activationPatching", options, optionNames);
  const { by = "position", rows = 16, quiet = false } = options;
  checkBy(by);
  if (!Number.isInteger(rows) || rows < 1) throw new Error(`${rows} rows side by side: give 1 or more`);
  checkPrompt("clean prompt", options.clean);
  checkPrompt("corrupt prompt", options.corrupt);
  const selector = options.points ?? pointsBy(by);
  const names = lensPoints(session, selector).map(({ name }) => name);
  const metric = await metricOf(session, options.metric);
  const signal = cancelSignal(options.signal);
  const bare = (input: string | readonly number[]) =>
    session.forward(input, { hooks: [capture(selector)], logits: "last", ...(signal && { signal }) });
  const [clean, corrupt] = [await bare(options.clean), await bare(options.corrupt)];
  const ids = checkLengths(clean, corrupt);
  const grids = names.map((name) => partsOf(corrupt.get(name), by));
  if (grids.some(({ count }) => count !== grids[0]!.count))
    throw new Error(`"${selector}" chooses points of different shapes: patch those of one kind at a time`);
  const [from, to] = [metric.of(corrupt.logits!.data), metric.of(clean.logits!.data)];
  if (!Number.isFinite(from) || !Number.isFinite(to))
    throw new Error(
      `${metric.name} is ${to} of the clean prompt and ${from} of the corrupt one: both must be numbers`,
    );
  if (from === to)
    throw new Error(`both prompts give ${metric.name} ${from}: there is nothing for a patch to bring back`);

  const bar = quiet ? undefined : progress(names.length * grids[0]!.count, `patching ${selector}`);
  const values: number[][] = [];
  try {
    for (const [i, name] of names.entries()) {
      const found: number[] = [];
      const { count, of } = grids[i]!;
      // Always as many rows, so that one compiled graph serves all patches of a point.
      const side = Math.min(rows, count);
      while (found.length < count) {
        const parts = Array.from({ length: side }, (_, r) => Math.min(found.length + r, count - 1));
        const run = await session.forward(
          parts.map(() => ids),
          {
            hooks: [edit(name, patch(put(of, corrupt.get(name), clean.get(name), parts)))],
            logits: "last",
            ...(signal && { signal }),
          },
        );
        const fresh = Math.min(side, count - found.length);
        for (let row = 0; row < fresh; row++) found.push(metric.of(lastLogits(run, row)));
        bar?.advance(fresh);
      }
      values.push(found);
    }
  } finally {
    bar?.finish();
  }
  const recovered = values.map((row) => row.map((value) => (value - from) / (to - from)));
  const columns = columnsOf(by, corrupt, clean, grids[0]!.heads);
  const inputs = [printInput(options.clean), printInput(options.corrupt)];
  const result: Patching = {
    metric: metric.name,
    clean: to,
    corrupt: from,
    points: names,
    columns,
    values,
    recovered,
    provenance: lensProvenance(corrupt.provenance, "activationPatching", inputs, {
      metric: metric.name,
      points: selector,
      by,
    }),
  };
  return shownAs(result, () => figure(result, by));
}

const lastLogits = ({ logits }: Run, row: number): Float32Array => {
  const vocabulary = logits!.shape.at(-1)!;
  return logits!.data.subarray(row * vocabulary, (row + 1) * vocabulary);
};

/** The corrupt value [1, …] as a batch, in row r of which part `parts[r]` is the clean one's. */
function put(of: (index: number) => number, corrupt: Captured, clean: Captured, parts: readonly number[]) {
  const size = corrupt.data.length;
  const data = new Float32Array(size * parts.length);
  parts.forEach((part, row) => {
    for (let i = 0; i < size; i++) data[row * size + i] = (of(i) === part ? clean : corrupt).data[i]!;
  });
  return { shape: [parts.length, ...corrupt.shape.slice(1)], data };
}

function figure({ metric, clean, corrupt, points, columns, recovered, provenance }: Patching, by: PatchedBy) {
  const size = Math.max(1, ...recovered.flat().map(Math.abs));
  return plot(
    heatmap({
      ...gridAxes(by, points, columns),
      value: "part of the clean metric brought back",
      values: recovered,
      range: [-size, size],
    }),
    {
      title: `Patching ${points.length === 1 ? points[0]! : points[0]!.replace(/^layers\.\d+/, "layers.*")} by ${by}`,
      notes: [`${metric}: clean ${clean.toPrecision(5)}, corrupt ${corrupt.toPrecision(5)}`],
      provenance,
    },
  );
}
