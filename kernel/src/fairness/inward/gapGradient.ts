import { concat, type Value } from "../../graph/value.js";
import { heatmap, plot, progress, shownAs, type Displayable } from "../../display/index.js";
import type { Provenance } from "../../display/payload/provenance.js";
import { cancelSignal } from "../../session/host.js";
import { madeOfRuns } from "../../session/provenance.js";
import type { Backward } from "../../session/backward/types.js";
import { checkOptions, type OptionNames } from "../../session/options.js";
import type { Session } from "../../session/session.js";
import type { Captured } from "../../session/types.js";
import { askClasses } from "../../tuning/prompts/asked.js";
import { meanOf, sumOf } from "../statistics/mean.js";
import type { SuiteRow } from "../templates/expand.js";
import { joinGradients } from "./joinGradients.js";
import { ownTokens, placed } from "./placement.js";
import { batches, inwardNames, readAsked, type InwardOptions, type ReadRow } from "./reading.js";
import type { Span } from "./termSpan.js";
import { comparing } from "./terms.js";
import { viewsOf } from "./views.js";

export interface GapGradientOptions extends InwardOptions {
  /** The gap is the mean of the first group's log-odds less that of the second. */
  readonly between: readonly [first: string, second: string];
  /** Hook points [batch, position, unit] whose gradients come back, whole. Default `layers.*.residual.out`. */
  readonly at?: readonly string[];
}

const optionNames: OptionNames<GapGradientOptions> = { ...inwardNames, between: true, at: true };

/** How the gap of one category changes with the activations of the sentences that it is made of. */
export interface CategoryGradient {
  readonly category: string;
  /** Mean log-odds of the class, first group less second. */
  readonly gap: number;
  readonly rows: readonly SuiteRow[];
  /** ∂gap/∂value by point name, over the rows' own tokens; rows stand as in `rows`. */
  readonly gradients: ReadonlyMap<string, Captured>;
  /** Mean norm of the gradient at the term's tokens over the rows that have a term, [point]; NaN where none has. */
  readonly atTerm: readonly number[];
  /** Mean norm over rows of the gradient at the last token, [point]. */
  readonly atLast: readonly number[];
}

/** The gradient of the gap of every category that has the two groups. */
export interface GapGradient {
  readonly between: readonly [first: string, second: string];
  readonly categories: readonly CategoryGradient[];
  /** With this reading as the call. */
  readonly provenance: Provenance;
}

/**
 * The gradient of a gap with respect to activations: which change of which layer, at which token, would close it fastest. The
 * gap is the difference of two groups' mean log-odds of the class, within a category. It is a sum over rows, so that passes
 * over parts of them give its gradient. The tokens of a longer word stand behind a row and are no part of it. One of the groups
 * may be the unmarked one.
 *
 * A step against the gradient is an edit that adds it where all rows run in one pass and every word is one token. With longer
 * words a row runs once for each beginning of a word, with that behind it: its gradient here is the sum over these runs and of
 * another shape than what runs, so that it cannot be added as it is.
 *
 * Throws one line, before anything runs, when a group is not there or has no rows in a category that has the other, or when a
 * word, a prompt or a term does not fit; `CancelledError` when interrupted.
 */
export async function gapGradient(
  session: Session,
  suite: readonly SuiteRow[],
  options: GapGradientOptions,
): Promise<GapGradient & Displayable> {
  checkOptions("gapGradient", options, optionNames);
  if (!Array.isArray(options.between) || options.between.length !== 2)
    throw new Error(`between ${JSON.stringify(options.between)}: give the names of two groups`);
  const { between, at = ["layers.*.residual.out"] } = options;
  for (const selector of at)
    if (
      selector.includes("[") ||
      session.hookPoints(selector).some(({ shape }) => !/^\[batch, position, \d+\]$/.test(shape))
    )
      throw new Error(`gradient of a gap at "${selector}": give whole points of [batch, position, unit]`);
  const [first, second] = between;
  if (first === second)
    throw new Error(`a gap between "${first}" and "${second}": give two groups that have rows`);
  const { words, of, batch, placement, categories } = await readAsked(session, suite, options);
  const signal = cancelSignal(options.signal);
  const found: CategoryGradient[] = [];
  let provenance: Provenance | undefined;
  const compared = comparing(categories, between);
  const count = sumOf(compared.map(({ rows }) => rows.length));
  const bar = options.quiet === true ? undefined : progress(count, "taking the gradient of the gap");
  try {
    for (const { category, rows } of compared) {
      const isFirst = ({ row }: ReadRow) => row.group === first;
      const [ofFirst, ofSecond] = [rows.filter(isFirst).length, rows.filter((each) => !isFirst(each)).length];
      const passes: Backward[] = [];
      for (const part of batches(rows, batch)) {
        const signs = part.map((each) => (isFirst(each) ? 1 / ofFirst : -1 / ofSecond));
        const asked = askClasses(words, placed(placement, part));
        const run = await session.backward(asked.rows, {
          hooks: placement.edits,
          logits: asked.logits,
          at: at.map((selector) => ownTokens(placement, selector)),
          given: {
            ...asked.given,
            signs: { shape: [part.length, 1, 1], data: Float32Array.from(signs) },
          },
          loss: (values) => logOdds(asked.classes(values), of).mul(values.given["signs"]!).sum([0, 1, 2]),
          ...(signal && { signal }),
        });
        passes.push(run);
        bar?.advance(part.length);
      }
      const gap = passes.reduce((sum, { loss }) => sum + loss, 0);
      if (!Number.isFinite(gap))
        throw new Error(
          `the gap between ${between.join(" and ")} in category "${category}" is ${gap}: a class is impossible there`,
        );
      const gradients = joinGradients(passes, rows, placement);
      const points = [...gradients.values()];
      provenance = passes[0]!.provenance;
      found.push({
        category,
        gap,
        rows: rows.map(({ row }) => row),
        gradients,
        atTerm: points.map((gradient) => meanNorm(gradient, rows, ({ term }) => term)),
        atLast: points.map((gradient) =>
          meanNorm(gradient, rows, ({ ids }) => ({ from: ids.length - 1, to: ids.length })),
        ),
      });
    }
  } finally {
    bar?.finish();
  }
  const call = `gapGradient(${count} rows, class ${of}, ${between.join(" − ")})`;
  const result: GapGradient = { between, categories: found, provenance: madeOfRuns(provenance!, call) };
  return shownAs(result, () => figureOf(result));
}

/** Log-odds of a class [row, 1, 1], of the log-probabilities of all [row, 1, class], in graph values. */
function logOdds(log: Value, of: number) {
  const classes = Array.from({ length: log.shape[2] as number }, (_, label) =>
    log.slice(2, label, label + 1),
  );
  const others = concat(
    classes.filter((_, label) => label !== of),
    2,
  );
  // log p − log Σ of the others, by log Σ exp x = x₀ − log softmax(x)₀: log (1 − p) would end where p is nearly 1.
  const against = others.slice(2, 0, 1).sub(others.logSoftmax().slice(2, 0, 1));
  return classes[of]!.sub(against);
}

function figureOf({ between, categories, provenance }: GapGradient): Displayable {
  return plot(
    viewsOf(categories, ({ category, gradients, atTerm, atLast }) => [
      heatmap({
        title: category,
        x: { name: "token", labels: ["term", "last"] },
        y: { name: "point", labels: [...gradients.keys()] },
        value: "mean norm of the gradient",
        values: atTerm.map((norm, i) => [norm, atLast[i]!]),
      }),
    ]),
    {
      title: `Gradient of the gap ${between.join(" − ")}`,
      notes: categories.map(
        ({ category, gap, rows }) =>
          `${category}: gap of the log-odds ${gap.toPrecision(4)}; ${rows.length} rows`,
      ),
      provenance,
    },
  );
}

/** Mean over the rows in which there is such a place. */
function meanNorm(
  { data, shape }: Captured,
  rows: readonly ReadRow[],
  where: (row: ReadRow) => Span | undefined,
): number {
  const [, positions, units] = shape as [number, number, number];
  const norms = rows.flatMap((row, r) => {
    const span = where(row);
    if (span === undefined) return [];
    const part = data.subarray((r * positions + span.from) * units, (r * positions + span.to) * units);
    return [Math.sqrt(part.reduce((square, x) => square + x * x, 0))];
  });
  return meanOf(norms);
}
