import { lines, plot, progress, shownAs, type Displayable } from "../../display/index.js";
import type { Provenance } from "../../display/payload/provenance.js";
import { capture, edit, patch, type Edit } from "../../hooks/index.js";
import { cancelSignal } from "../../session/host.js";
import { madeOfRuns } from "../../session/provenance.js";
import { checkOptions, type OptionNames } from "../../session/options.js";
import type { Session } from "../../session/session.js";
import { askClasses } from "../../tuning/prompts/asked.js";
import { sumOf } from "../statistics/mean.js";
import type { SuiteRow } from "../templates/expand.js";
import { ownTokens, placed } from "./placement.js";
import { batches, inwardNames, readAsked, type InwardOptions, type ReadRow } from "./reading.js";
import { pairsOf, withOtherTerms } from "./termPairs.js";
import { comparing, withTerms } from "./terms.js";
import { viewsOf } from "./views.js";

export interface PatchTermsOptions extends InwardOptions {
  /** The group whose sentences run, and the one whose terms' activations are put in their place. */
  readonly from: string;
  readonly to: string;
}

const optionNames: OptionNames<PatchTermsOptions> = { ...inwardNames, from: true, to: true };

const stream = "{layers.0.residual.in,layers.*.residual.out}";

/** Patched terms of one category. */
export interface CategoryPatched {
  readonly category: string;
  /** Of the sentences of `from` as they are, and of their counterparts of `to`. */
  readonly own: number;
  readonly other: number;
  /** With the residual at the term's tokens taken from the counterpart, [point]. */
  readonly patched: readonly number[];
  /** Pairs compared, and sentences of `from` without a counterpart of as many tokens. */
  readonly pairs: number;
  readonly unpaired: number;
}

/** A class's mean probability on a group's sentences, with another group's activations at the term, layer by layer. */
export interface PatchedTerms {
  readonly from: string;
  readonly to: string;
  readonly points: readonly string[];
  /** Those that have the two groups. */
  readonly categories: readonly CategoryPatched[];
  /** With this reading as the call. */
  readonly provenance: Provenance;
}

/**
 * Where the gap between two groups is decided: sentences of one group run with the residual stream at their term replaced by
 * that of the same template's sentence of the other group (activation patching, Vig et al. 2020), one layer after the other.
 * Before the first layer the answer is the other group's, where nothing but the term differs; behind the layer at which later
 * tokens have read it, the answer stays.
 *
 * Pairs have one category, one template and as many tokens before, in and behind the term; what has no such counterpart is
 * counted. Throws one line, before anything runs, when a group is not there or has no rows in a category that has the other,
 * when one of their rows is unmarked, or when there is no pair in a category; `CancelledError` when interrupted.
 */
export async function patchTerms(
  session: Session,
  suite: readonly SuiteRow[],
  options: PatchTermsOptions,
): Promise<PatchedTerms & Displayable> {
  checkOptions("patchTerms", options, optionNames);
  const { from, to } = options;
  if (from === to) throw new Error(`terms of "${from}" in place of those of "${to}": give two groups`);
  const { words, of, batch, placement, categories } = await readAsked(session, suite, options);
  const compared = comparing(categories, [from, to]).map(({ category, rows }) => {
    const paired = pairsOf(withTerms(rows), from, to);
    if (paired.pairs.length === 0)
      throw new Error(
        `no sentence of "${from}" in category "${category}" has a counterpart of "${to}" with as many tokens`,
      );
    return { category, ...paired };
  });
  const points = session.hookPoints(stream).map(({ name }) => name);
  const signal = cancelSignal(options.signal);
  let provenance: Provenance | undefined;

  const probabilities = async (part: readonly ReadRow[], hooks: readonly Edit[], keep: boolean) => {
    const asked = askClasses(words, placed(placement, part));
    const run = await session.forward(asked.rows, {
      logits: asked.logits,
      hooks: [...placement.edits, ...hooks, ...(keep ? [capture(ownTokens(placement, stream))] : [])],
      readout: {
        given: asked.given,
        compute: (values) => ({
          probability: asked
            .classes(values)
            .slice(2, of, of + 1)
            .exp(),
        }),
      },
      ...(signal && { signal }),
    });
    provenance = run.provenance;
    return { run, sum: run.readout.get("probability")!.data.reduce((total, x) => total + x, 0) };
  };

  const found: CategoryPatched[] = [];
  const count = sumOf(compared.map(({ pairs }) => pairs.length));
  const bar =
    options.quiet === true
      ? undefined
      : progress(count * points.length, `patching terms of ${from} by ${to}`);
  try {
    for (const { category, pairs, unpaired } of compared) {
      let [own, other] = [0, 0];
      const patched = points.map(() => 0);
      for (const part of batches(pairs, batch)) {
        const mine = part.map(([row]) => row);
        const plain = await probabilities(mine, [], true);
        const counterparts = part.map(([, row]) => row);
        const theirs = await probabilities(counterparts, [], true);
        own += plain.sum;
        other += theirs.sum;
        for (const [i, point] of points.entries()) {
          const value = withOtherTerms(plain.run.get(point), theirs.run.get(point), mine);
          const change = edit(ownTokens(placement, point), patch(value));
          patched[i]! += (await probabilities(mine, [change], false)).sum;
          bar?.advance(part.length);
        }
      }
      found.push({
        category,
        own: own / pairs.length,
        other: other / pairs.length,
        patched: patched.map((sum) => sum / pairs.length),
        pairs: pairs.length,
        unpaired,
      });
    }
  } finally {
    bar?.finish();
  }
  const result: PatchedTerms = {
    from,
    to,
    points,
    categories: found,
    provenance: madeOfRuns(provenance!, `patchTerms(${from} → ${to}, ${count} pairs)`),
  };
  return shownAs(result, () => figureOf(result, of));
}

function figureOf({ from, to, categories, provenance }: PatchedTerms, of: number): Displayable {
  return plot(
    viewsOf(categories, ({ category, own, other, patched }) => [
      lines({
        title: category,
        x: "layers passed before the residual at the term is patched",
        y: `mean P(class ${of})`,
        lines: [{ name: `${from} with the term of ${to}`, y: patched }],
        references: [
          { axis: "y", at: own, label: from },
          { axis: "y", at: other, label: to },
        ],
      }),
    ]),
    {
      title: "Patching identity terms",
      notes: categories.map(
        ({ category, pairs, unpaired }) =>
          `${category}: ${pairs} pairs of one template; ${unpaired} sentences without a counterpart`,
      ),
      provenance,
    },
  );
}
