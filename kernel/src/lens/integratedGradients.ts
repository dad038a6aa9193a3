import { bars, plot, progress, shownAs, type Displayable } from "../display/index.js";
import type { Provenance } from "../display/payload/provenance.js";
import { capture, edit, patch } from "../hooks/index.js";
import { cancelSignal } from "../session/host.js";
import { checkOptions, type OptionNames } from "../session/options.js";
import { printInput } from "../session/provenance.js";
import type { Session } from "../session/session.js";
import { lastDifference, metricOf, pairOf, type LogitDifference } from "./metric.js";
import { checkPrompt } from "./prompt.js";
import { lensProvenance } from "./provenance.js";

export interface IntegratedGradientsOptions {
  /** Read at the last position. */
  readonly metric: LogitDifference;
  /** Where the way begins: zeros, or the embedding of another prompt of as many tokens. Default `zero`. */
  readonly baseline?: "zero" | string | readonly number[];
  /** Points on the way at which the gradient is taken, in the middle of equal parts. Default 32. */
  readonly steps?: number;
  /** Steps that run side by side, a row each. Default 16. */
  readonly rows?: number;
  readonly signal?: AbortSignal;
  /** No progress bar. */
  readonly quiet?: boolean;
}

/** What each token, or place, has to do with the metric. As a cell's last value it shows as bars. */
export interface IntegratedGradients {
  readonly metric: string;
  readonly tokens: readonly string[];
  /** By position; their sum is `end − start` but for `missing`. */
  readonly values: readonly number[];
  /** The metric at the input and at the baseline. */
  readonly end: number;
  readonly start: number;
  /** What the sum lacks to `end − start`: the error of the finite number of steps. */
  readonly missing: number;
  /** With the lens as the call. */
  readonly provenance: Provenance;
}

const optionNames: OptionNames<IntegratedGradientsOptions> = {
  metric: true,
  baseline: true,
  steps: true,
  rows: true,
  signal: true,
  quiet: true,
};

/**
 * Integrated gradients (Sundararajan et al. 2017, eq. 1) of a logit difference with respect to the embedding, by position:
 * Σ_unit (x − x′) · mean over α of ∂metric/∂x at x′ + α (x − x′), by the midpoint rule. By completeness they sum to the
 * difference that the input makes; what a finite number of steps misses of it is told. From zeros it can be much, because a
 * norm makes the way steep where it begins: another prompt is the better baseline.
 *
 * Throws one line when the baseline has another length, or a number does not fit.
 */
export async function integratedGradients(
  session: Session,
  input: string | readonly number[],
  options: IntegratedGradientsOptions,
): Promise<IntegratedGradients & Displayable> {
  checkOptions("integratedGradients", options, optionNames);
  checkPrompt("integrated gradients", input);
  const { baseline = "zero", steps = 32, rows = 16, quiet = false } = options;
  for (const [name, count] of Object.entries({ steps, rows }))
    if (!Number.isInteger(count) || count < 1) throw new Error(`${count} ${name}: give 1 or more`);
  checkPrompt("baseline", baseline);
  const tokens = await pairOf(session, options.metric);
  const { name, of } = await metricOf(session, options.metric);
  const abort = cancelSignal(options.signal);
  const signal = abort && { signal: abort };
  const point = "embedding";
  const bare = (of: string | readonly number[]) =>
    session.forward(of, { hooks: [capture(point)], logits: "last", ...signal });
  const run = await bare(input);
  const other = baseline === "zero" ? undefined : await bare(baseline);
  const { shape, data: x } = run.get(point);
  const origin = other?.get(point).data ?? new Float32Array(x.length);
  if (origin.length !== x.length)
    throw new Error(
      `baseline of ${other?.tokens[0]?.length} tokens for an input of ${run.tokens[0]!.length}: give as many`,
    );
  const ids = run.tokens[0]!.map(({ id }) => id);
  const at = (alpha: number) => origin.map((from, i) => from + alpha * (x[i]! - from));

  const total = new Float64Array(x.length);
  const bar = quiet ? undefined : progress(steps, "integrating gradients");
  try {
    for (let done = 0; done < steps;) {
      const count = Math.min(rows, steps - done);
      const way = new Float32Array(count * x.length);
      for (let row = 0; row < count; row++) way.set(at((done + row + 0.5) / steps), row * x.length);
      const { gradients } = await session.backward(
        Array.from({ length: count }, () => ids),
        {
          hooks: [edit(point, patch({ shape: [count, ...shape.slice(1)], data: way }))],
          at: [point],
          logits: "last",
          given: { tokens },
          loss: ({ logits, given }) => lastDifference(logits, given["tokens"]!),
          ...signal,
        },
      );
      gradients.get(point)!.data.forEach((slope, i) => (total[i % x.length]! += slope / steps));
      done += count;
      bar?.advance(count);
    }
  } finally {
    bar?.finish();
  }
  const start = await session.forward(ids, {
    hooks: [edit(point, patch({ shape, data: origin }))],
    logits: "last",
    ...signal,
  });
  const units = shape.at(-1)!;
  const values = ids.map((_, position) => {
    let sum = 0;
    for (let i = position * units; i < (position + 1) * units; i++) sum += total[i]! * (x[i]! - origin[i]!);
    return sum;
  });
  const [from, to] = [of(start.logits!.data), of(run.logits!.data)];
  const result: IntegratedGradients = {
    metric: name,
    tokens: run.tokens[0]!.map(({ text }) => text),
    values,
    start: from,
    end: to,
    missing: to - from - values.reduce((sum, value) => sum + value, 0),
    provenance: lensProvenance(run.provenance, "integratedGradients", [printInput(input)], {
      metric: name,
      baseline: baseline === "zero" ? "zero" : printInput(baseline),
      steps,
    }),
  };
  return shownAs(result, () =>
    plot(
      bars({
        labels: { name: "position", labels: result.tokens.map((text, i) => `${i} ${text}`) },
        value: `contribution to ${name}`,
        series: [{ name: "integrated gradient", values }],
      }),
      {
        title: "Integrated gradients",
        notes: [
          `${name}: ${to.toPrecision(5)}, at the baseline ${from.toPrecision(5)}; ${steps} steps miss ${result.missing.toPrecision(2)}`,
        ],
        provenance: result.provenance,
      },
    ),
  );
}
