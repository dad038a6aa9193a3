import { heatmap, plot, progress, shownAs, type Displayable } from "../../display/index.js";
import type { Provenance } from "../../display/payload/provenance.js";
import { capture } from "../../hooks/index.js";
import { cancelSignal } from "../../session/host.js";
import { madeOfRuns } from "../../session/provenance.js";
import { checkOptions, type OptionNames } from "../../session/options.js";
import type { Session } from "../../session/session.js";
import { verbaliser } from "../../tuning/prompts/verbaliser.js";
import { sumOf } from "../statistics/mean.js";
import type { SuiteRow } from "../templates/expand.js";
import { gapsOf } from "../metrics/gaps.js";
import { placed } from "./placement.js";
import { batches, inwardNames, meansByGroup, readRows, type InwardOptions } from "./reading.js";
import { withTerms } from "./terms.js";
import { viewsOf } from "./views.js";

/** As of the other looks inwards. Attention is read without label words: where they are given they only say which classes there are. */
export type AttentionOnTermsOptions = Omit<InwardOptions, "words"> & Partial<Pick<InwardOptions, "words">>;

const optionNames: OptionNames<AttentionOnTermsOptions> = inwardNames;

/** How much of its attention each head gives to the terms of one category's groups from the last token. */
export interface CategoryAttention {
  readonly category: string;
  readonly groups: readonly string[];
  /** Mean weight on the term's tokens together, [layer][head][group]; NaN for a group without rows. */
  readonly means: readonly (readonly (readonly number[])[])[];
  /** The same less the mean of the category's groups. */
  readonly gaps: readonly (readonly (readonly number[])[])[];
  readonly rows: number;
}

/** Attention on the terms of every category. */
export interface AttentionOnTerms {
  readonly categories: readonly CategoryAttention[];
  readonly rows: number;
  /** With this reading as the call. */
  readonly provenance: Provenance;
}

/**
 * Attention from the last token, which gives the answer, to the tokens of the identity term, by group, layer and head, and
 * compared within each category. Attention says where a head looks, not what depends on it: `patchTerms` asks that.
 *
 * Throws one line, before anything runs, as `gapByLayer` does and for an unmarked row, which has no term to look at;
 * `CancelledError` when interrupted.
 */
export async function attentionOnTerms(
  session: Session,
  suite: readonly SuiteRow[],
  options: AttentionOnTermsOptions = {},
): Promise<AttentionOnTerms & Displayable> {
  checkOptions("attentionOnTerms", options, optionNames);
  const words = options.words && (await verbaliser(session, options.words));
  const { batch, placement, categories } = await readRows(session, suite, options, words?.sizes.length, 0);
  const termed = categories.map((each) => ({ ...each, rows: withTerms(each.rows) }));
  const signal = cancelSignal(options.signal);
  const { layers, heads } = session.dimensions;
  const selector = `layers.*.attention.pattern[query=-1, key=${placement.before}:]`;
  const found: CategoryAttention[] = [];
  let provenance: Provenance | undefined;
  const count = sumOf(termed.map(({ rows }) => rows.length));
  const bar = options.quiet === true ? undefined : progress(count, "reading attention on terms");
  try {
    for (const each of termed) {
      const weights: number[][][] = [];
      for (const part of batches(each.rows, batch)) {
        const run = await session.forward(placed(placement, part), {
          hooks: [...placement.edits, capture(selector)],
          logits: "none",
          ...(signal && { signal }),
        });
        provenance = run.provenance;
        const patterns = session.hookPoints("layers.*.attention.pattern").map(({ name }) => run.get(name));
        part.forEach(({ term: { from, to } }, row) =>
          weights.push(
            patterns.map(({ data, shape }) => {
              const keys = shape.at(-1)!;
              return Array.from({ length: heads }, (_, head) => {
                const start = (row * heads + head) * keys;
                return data.subarray(start + from, start + to).reduce((sum, x) => sum + x, 0);
              });
            }),
          ),
        );
        bar?.advance(part.length);
      }
      const means = Array.from({ length: layers }, (_, layer) =>
        Array.from({ length: heads }, (_, head) => meansByGroup(each, (row) => weights[row]![layer]![head]!)),
      );
      const { category, groups, rows } = each;
      const gaps = means.map((layer) => layer.map(gapsOf));
      found.push({ category, groups, means, gaps, rows: rows.length });
    }
  } finally {
    bar?.finish();
  }
  const result: AttentionOnTerms = {
    categories: found,
    rows: count,
    provenance: madeOfRuns(provenance!, `attentionOnTerms(${count} rows)`),
  };
  return shownAs(result, () =>
    plot(
      viewsOf(found, ({ groups, gaps }) =>
        groups.map((group, i) =>
          heatmap({
            title: group,
            x: "head",
            y: "layer",
            value: "gap of the attention on terms",
            values: gaps.map((layer) => layer.map((head) => head[i]!)),
          }),
        ),
      ),
      {
        title: "Attention on identity terms",
        notes: [`from the last token; ${count} rows; each category by itself`],
        provenance: result.provenance,
      },
    ),
  );
}
