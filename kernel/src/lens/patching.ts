import { heatmap, plot, progress, shownAs, type Displayable } from "../display/index.js";
import { capture, edit, patch, type Selector } from "../hooks/index.js";
import { cancelSignal } from "../session/host.js";
import type { Session } from "../session/session.js";
import type { Captured, Run } from "../session/types.js";
import { metricOf, type Metric } from "./metric.js";

/** What is patched by itself: each position, each head, each head at each position, or a whole layer. */
export type PatchedBy = "position" | "head" | "headPosition" | "layer";

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
}

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
  const { by = "position", rows = 16, quiet = false } = options;
  if (!["position", "head", "headPosition", "layer"].includes(by))
    throw new Error(`patching by "${String(by)}": choose position, head, headPosition or layer`);
  if (!Number.isInteger(rows) || rows < 1) throw new Error(`${rows} rows side by side: give 1 or more`);
  const selector =
    options.points ??
    (by === "head" || by === "headPosition" ? "layers.*.attention.z" : "layers.*.residual.out");
  const metric = await metricOf(session, options.metric);
  const signal = cancelSignal(options.signal);
  const bare = (input: string | readonly number[]) =>
    session.forward(input, { hooks: [capture(selector)], logits: "last", ...(signal && { signal }) });
  const [clean, corrupt] = [await bare(options.clean), await bare(options.corrupt)];
  const ids = corrupt.tokens[0]!.map(({ id }) => id);
  if (clean.tokens[0]!.length !== ids.length)
    throw new Error(
      `clean prompt of ${clean.tokens[0]!.length} tokens, corrupt of ${ids.length}: patching needs as many in both`,
    );
  const names = [...corrupt.captures.keys()];
  const grids = names.map((name) => partsOf(corrupt.get(name), by));
  if (grids.some(({ count }) => count !== grids[0]!.count))
    throw new Error(`"${selector}" chooses points of different shapes: patch those of one kind at a time`);
  const [from, to] = [metric.of(corrupt.logits!.data), metric.of(clean.logits!.data)];
  if (from === to)
    throw new Error(`both prompts give ${metric.name} ${from}: there is nothing for a patch to bring back`);

  const bar = quiet ? undefined : progress(names.length * grids[0]!.count, `patching ${selector}`);
  const values: number[][] = [];
  for (const [i, name] of names.entries()) {
    const found: number[] = [];
    const { count, put } = grids[i]!;
    // Always as many rows, so that one compiled graph serves all patches of a point.
    const side = Math.min(rows, count);
    while (found.length < count) {
      const parts = Array.from({ length: side }, (_, r) => Math.min(found.length + r, count - 1));
      const run = await session.forward(
        parts.map(() => ids),
        {
          hooks: [edit(name, patch(put(corrupt.get(name), clean.get(name), parts)))],
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
  bar?.finish();
  const recovered = values.map((row) => row.map((value) => (value - from) / (to - from)));
  const columns = columnsOf(by, corrupt, clean, grids[0]!.heads);
  const result: Patching = {
    metric: metric.name,
    clean: to,
    corrupt: from,
    points: names,
    columns,
    values,
    recovered,
  };
  return shownAs(result, () => figure(result, by, corrupt));
}

const lastLogits = ({ logits }: Run, row: number): Float32Array => {
  const vocabulary = logits!.shape.at(-1)!;
  return logits!.data.subarray(row * vocabulary, (row + 1) * vocabulary);
};

interface Parts {
  /** How many parts are patched, one after the other. */
  readonly count: number;
  readonly heads: number;
  /** The corrupt value [1, …] as a batch, in row r of which part `parts[r]` is the clean one's. */
  put(corrupt: Captured, clean: Captured, parts: readonly number[]): { shape: number[]; data: Float32Array };
}

/** How a point's value falls into parts. Throws one line when it has not the axes. */
function partsOf({ point, shape }: Captured, by: PatchedBy): Parts {
  const axisOf = (wanted: readonly string[]) => {
    const axis = point.axes.findIndex((each) => wanted.includes(each));
    if (axis < 0)
      throw new Error(`patching by ${by}: ${point.name} [${point.axes.join(", ")}] has no ${wanted[0]} axis`);
    return axis;
  };
  const axes = [
    ...(by === "head" || by === "headPosition" ? [axisOf(["head"])] : []),
    ...(by === "position" || by === "headPosition" ? [axisOf(["position", "query"])] : []),
  ];
  const strideOf = (axis: number) => shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const size = shape.reduce((product, each) => product * each, 1);
  const partOf = (index: number) =>
    axes.reduce((part, axis) => part * shape[axis]! + (Math.floor(index / strideOf(axis)) % shape[axis]!), 0);
  return {
    count: axes.reduce((product, axis) => product * shape[axis]!, 1),
    heads: axes.length === 0 || by === "position" ? 0 : shape[axes[0]!]!,
    put: (corrupt, clean, parts) => {
      const data = new Float32Array(size * parts.length);
      parts.forEach((part, row) => {
        for (let i = 0; i < size; i++) data[row * size + i] = (partOf(i) === part ? clean : corrupt).data[i]!;
      });
      return { shape: [parts.length, ...shape.slice(1)], data };
    },
  };
}

/** What each column is called: the corrupt prompt's tokens, with the clean one's where they differ; heads; or both. */
function columnsOf(by: PatchedBy, corrupt: Run, clean: Run, heads: number): string[] {
  if (by === "layer") return ["all"];
  const tokens = corrupt.tokens[0]!.map(({ text }, i) => {
    const other = clean.tokens[0]![i]!.text;
    return text === other ? `${i} ${text}` : `${i} ${text} → ${other}`;
  });
  if (by === "position") return tokens;
  const each = Array.from({ length: heads }, (_, head) => `${head}`);
  return by === "head" ? each : each.flatMap((head) => tokens.map((token) => `${head} · ${token}`));
}

function figure({ metric, clean, corrupt, points, columns, recovered }: Patching, by: PatchedBy, run: Run) {
  const size = Math.max(1, ...recovered.flat().map(Math.abs));
  const layers = points.map((name) => /^layers\.(\d+)\./.exec(name)?.[1]);
  const numbered = layers.every((layer) => layer !== undefined);
  return plot(
    heatmap({
      x: { name: by === "headPosition" ? "head · position" : by === "layer" ? "part" : by, labels: columns },
      y: numbered ? { name: "layer", labels: layers as string[] } : { name: "point", labels: points },
      ...{ value: "part of the clean metric brought back", values: recovered, range: [-size, size] },
    }),
    {
      title: `Patching ${points.length === 1 ? points[0]! : points[0]!.replace(/^layers\.\d+/, "layers.*")} by ${by}`,
      notes: [`${metric}: clean ${clean.toPrecision(5)}, corrupt ${corrupt.toPrecision(5)}`],
      provenance: run.provenance,
    },
  );
}
