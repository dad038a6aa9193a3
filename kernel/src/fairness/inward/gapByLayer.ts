import { heatmap, plot, shownAs, type Displayable } from "../../display/index.js";
import type { Provenance } from "../../display/payload/provenance.js";
import { concat } from "../../graph/value.js";
import { cancelSignal } from "../../session/host.js";
import { madeOfRuns } from "../../session/provenance.js";
import type { Session } from "../../session/session.js";
import { classLogProbabilities, singleTokens } from "../../tuning/prompts/verbaliser.js";
import type { SuiteRow } from "../templates/expand.js";
import { gapsOf } from "../metrics/gaps.js";
import { batches, groupsOf, meansByGroup, readRows, type InwardOptions } from "./reading.js";

/** A class's probability by layer and group, on rows that are of another class. */
export interface GapByLayer {
  readonly points: readonly string[];
  readonly groups: readonly string[];
  /** Mean probability, [point][group]. */
  readonly means: readonly (readonly number[])[];
  /** `means` less the mean of the groups, [point][group]. */
  readonly gaps: readonly (readonly number[])[];
  readonly rows: number;
  /** With this reading as the call. */
  readonly provenance: Provenance;
}

/**
 * The gap between groups as every layer would have it: the logit lens (nostalgebraist 2020) reads each layer's residual at the
 * last token, the label words give the probability of one class, and its mean over a group's rows of other classes is
 * compared with the mean of the groups. At the last layer it is the gap of the model's own answers.
 *
 * Throws one line, before anything runs, when a word, a class or a term does not fit.
 */
export async function gapByLayer(
  session: Session,
  suite: readonly SuiteRow[],
  options: InwardOptions,
): Promise<GapByLayer & Displayable> {
  const { words, of, batch, rows } = await readRows(session, suite, options);
  const points = session.hookPoints("layers.*.residual.out").map(({ name }) => name);
  const signal = cancelSignal(options.signal);
  const found: number[][] = [];
  let provenance: Provenance | undefined;
  for (const part of batches(rows, batch)) {
    const run = await session.forward(
      part.map(({ ids }) => ids),
      {
        logits: "none",
        readout: {
          read: points,
          given: {
            words: singleTokens(words),
            last: { shape: [part.length, 1], data: part.map(({ ids }) => ids.length - 1) },
          },
          compute: ({ captures, given, unembed }) => {
            const lasts = points.map((name) => captures[name]!.gatherPositions(given["last"]!));
            const classes = classLogProbabilities(unembed(concat(lasts, 1)), given["words"]!, words.sizes);
            return { probability: classes.slice(2, of, of + 1).exp() };
          },
        },
        ...(signal && { signal }),
      },
    );
    provenance = run.provenance;
    const { data } = run.readout.get("probability")!;
    part.forEach((_, row) => found.push([...data.subarray(row * points.length, (row + 1) * points.length)]));
  }
  const groups = groupsOf(rows);
  const means = points.map((_, point) => meansByGroup(rows, groups, (row) => found[row]![point]!));
  const result: GapByLayer = {
    points,
    groups,
    means,
    gaps: means.map(gapsOf),
    rows: rows.length,
    provenance: madeOfRuns(provenance!, `gapByLayer(${rows.length} rows, class ${of})`),
  };
  return shownAs(result, () =>
    plot(
      heatmap({
        x: { name: "group", labels: groups },
        y: { name: "layer", labels: points.map((_, layer) => layer) },
        value: `gap of P(class ${of})`,
        values: result.gaps,
      }),
      {
        title: "The gap by layer",
        notes: [`${rows.length} rows that are not of class ${of}, read by the logit lens`],
        provenance: result.provenance,
      },
    ),
  );
}
