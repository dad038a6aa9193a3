import { heatmap, plot, shownAs, type Displayable } from "../../display/index.js";
import type { Provenance } from "../../display/payload/provenance.js";
import { capture } from "../../hooks/index.js";
import { cancelSignal } from "../../session/host.js";
import { madeOfRuns } from "../../session/provenance.js";
import type { Session } from "../../session/session.js";
import type { SuiteRow } from "../templates/expand.js";
import { gapsOf } from "../metrics/gaps.js";
import { batches, groupsOf, meansByGroup, readRows, type InwardOptions } from "./reading.js";

/** How much of its attention each head gives to the groups' terms from the last token. */
export interface AttentionOnTerms {
  readonly groups: readonly string[];
  /** Mean weight on the term's tokens together, [layer][head][group]. */
  readonly means: readonly (readonly (readonly number[])[])[];
  /** The same less the mean of the groups. */
  readonly gaps: readonly (readonly (readonly number[])[])[];
  readonly rows: number;
  /** With this reading as the call. */
  readonly provenance: Provenance;
}

/**
 * Attention from the last token, which gives the answer, to the tokens of the identity term, by group, layer and head.
 * Attention says where a head looks, not what depends on it: `patchTerms` asks that.
 */
export async function attentionOnTerms(
  session: Session,
  suite: readonly SuiteRow[],
  options: InwardOptions,
): Promise<AttentionOnTerms & Displayable> {
  const { batch, rows } = await readRows(session, suite, options);
  const signal = cancelSignal(options.signal);
  const { layers, heads } = session.dimensions;
  const weights: number[][][] = [];
  let provenance: Provenance | undefined;
  for (const part of batches(rows, batch)) {
    const run = await session.forward(
      part.map(({ ids }) => ids),
      { hooks: [capture("layers.*.attention.pattern[query=-1]")], logits: "none", ...(signal && { signal }) },
    );
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
  }
  const groups = groupsOf(rows);
  const means = Array.from({ length: layers }, (_, layer) =>
    Array.from({ length: heads }, (_, head) =>
      meansByGroup(rows, groups, (row) => weights[row]![layer]![head]!),
    ),
  );
  const gaps = means.map((layer) => layer.map(gapsOf));
  const result: AttentionOnTerms = {
    groups,
    means,
    gaps,
    rows: rows.length,
    provenance: madeOfRuns(provenance!, `attentionOnTerms(${rows.length} rows)`),
  };
  return shownAs(result, () =>
    plot(
      groups.map((group, i) =>
        heatmap({
          title: group,
          x: "head",
          y: "layer",
          value: "gap of the attention on terms",
          values: gaps.map((layer) => layer.map((head) => head[i]!)),
        }),
      ),
      {
        title: "Attention on identity terms",
        notes: [`from the last token; ${rows.length} rows`],
        provenance: result.provenance,
      },
    ),
  );
}
