import { concat } from "../../graph/value.js";
import { heatmap, plot, shownAs, type Displayable } from "../../display/index.js";
import type { Provenance } from "../../display/payload/provenance.js";
import { cancelSignal } from "../../session/host.js";
import type { Session } from "../../session/session.js";
import type { Captured } from "../../session/types.js";
import { classLogProbabilities, singleTokens } from "../../tuning/prompts/verbaliser.js";
import type { SuiteRow } from "../templates/expand.js";
import { readRows, type InwardOptions, type ReadRow } from "./reading.js";

export interface GapGradientOptions extends InwardOptions {
  /** The gap is the mean of the first group's log-odds less that of the second. */
  readonly between: readonly [first: string, second: string];
  /** Hook points [batch, position, unit] whose gradients come back, whole. Default `layers.*.residual.out`. */
  readonly at?: readonly string[];
}

/** How a gap changes with the activations of the sentences that it is made of. */
export interface GapGradient {
  /** Mean log-odds of the class, first group less second. */
  readonly gap: number;
  readonly rows: readonly SuiteRow[];
  /** ∂gap/∂value, whole, by point name; rows stand as in `rows`. */
  readonly gradients: ReadonlyMap<string, Captured>;
  /** Mean norm over rows of the gradient at the term's tokens and at the last token, [point]. */
  readonly atTerm: readonly number[];
  readonly atLast: readonly number[];
  /** With this reading as the call. */
  readonly provenance: Provenance;
}

/**
 * The gradient of a gap with respect to activations: which change of which layer, at which token, would close it fastest. The
 * gap is the difference of two groups' mean log-odds of the class. All rows run in one pass.
 *
 * Throws one line, before anything runs, when a group, a word or a term does not fit.
 */
export async function gapGradient(
  session: Session,
  suite: readonly SuiteRow[],
  options: GapGradientOptions,
): Promise<GapGradient & Displayable> {
  const { between, at = ["layers.*.residual.out"] } = options;
  for (const selector of at)
    if (
      selector.includes("[") ||
      session.hookPoints(selector).some(({ shape }) => !/^\[batch, position, \d+\]$/.test(shape))
    )
      throw new Error(`gradient of a gap at "${selector}": give whole points of [batch, position, unit]`);
  const { words, of, rows: all } = await readRows(session, suite, options);
  const rows = all.filter(({ row }) => between.includes(row.group));
  const counts = between.map((group) => rows.filter(({ row }) => row.group === group).length);
  const lacking = between.find((_, i) => counts[i] === 0);
  if (lacking !== undefined || between[0] === between[1])
    throw new Error(`a gap between "${between.join('" and "')}": give two groups that have rows`);
  const signs = rows.map(({ row }) => (row.group === between[0] ? 1 / counts[0]! : -1 / counts[1]!));
  const signal = cancelSignal(options.signal);
  const run = await session.backward(
    rows.map(({ ids }) => ids),
    {
      logits: "last",
      at,
      given: {
        words: singleTokens(words),
        signs: { shape: [rows.length, 1, 1], data: Float32Array.from(signs) },
      },
      loss: ({ logits, given }) => {
        const log = classLogProbabilities(logits, given["words"]!, words.sizes);
        const classes = words.sizes.map((_, label) => log.slice(2, label, label + 1));
        const others = concat(
          classes.filter((_, label) => label !== of),
          2,
        );
        // log p − log Σ of the others, by log Σ exp x = x₀ − log softmax(x)₀: log (1 − p) would end where p is nearly 1.
        const against = others.slice(2, 0, 1).sub(others.logSoftmax().slice(2, 0, 1));
        const odds = classes[of]!.sub(against);
        return odds.mul(given["signs"]!).sum([0, 1, 2]);
      },
      ...(signal && { signal }),
    },
  );
  if (!Number.isFinite(run.loss))
    throw new Error(`the gap between ${between.join(" and ")} is ${run.loss}: a class is impossible there`);
  const points = [...run.gradients.values()];
  const result: GapGradient = {
    gap: run.loss,
    rows: rows.map(({ row }) => row),
    gradients: run.gradients,
    atTerm: points.map((gradient) => meanNorm(gradient, rows, ({ term }) => term)),
    atLast: points.map((gradient) =>
      meanNorm(gradient, rows, ({ ids }) => ({ from: ids.length - 1, to: ids.length })),
    ),
    provenance: {
      ...run.provenance,
      call: `gapGradient(${rows.length} rows, class ${of}, ${between.join(" − ")})`,
    },
  };
  return shownAs(result, () =>
    plot(
      heatmap({
        x: { name: "token", labels: ["term", "last"] },
        y: { name: "point", labels: [...run.gradients.keys()] },
        value: "mean norm of the gradient",
        values: points.map((_, i) => [result.atTerm[i]!, result.atLast[i]!]),
      }),
      {
        title: `Gradient of the gap ${between.join(" − ")}`,
        notes: [`gap of the log-odds ${run.loss.toPrecision(4)}; ${rows.length} rows`],
        provenance: result.provenance,
      },
    ),
  );
}

function meanNorm(
  { data, shape }: Captured,
  rows: readonly ReadRow[],
  where: (row: ReadRow) => { readonly from: number; readonly to: number },
): number {
  const [, positions, units] = shape as [number, number, number];
  return (
    rows.reduce((sum, row, r) => {
      const { from, to } = where(row);
      const part = data.subarray((r * positions + from) * units, (r * positions + to) * units);
      return sum + Math.sqrt(part.reduce((square, x) => square + x * x, 0));
    }, 0) / rows.length
  );
}
