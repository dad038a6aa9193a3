import { heatmap, lines, plot, shownAs, type Displayable } from "../display/index.js";
import type { Provenance } from "../display/payload/provenance.js";
import { capture } from "../hooks/index.js";
import { checkOptions, type OptionNames } from "../session/options.js";
import type { Session } from "../session/session.js";
import type { Captured } from "../session/types.js";
import { lossByPosition, nextLoss } from "./nextToken.js";
import { lensProvenance } from "./provenance.js";
import { firstHalves, type RepeatedOptions } from "./repeated.js";

export interface InductionOptions extends RepeatedOptions {
  /**
   * Which queries count: `strict`, the default, those of the second half; `published` as FlexModel's demo has it, whose
   * diagonal of offset 1 − length begins one query earlier, at the last token of the first half.
   */
  readonly queries?: "strict" | "published";
  readonly signal?: AbortSignal;
}

/** One attention head. */
export interface Head {
  readonly layer: number;
  readonly head: number;
}

/** How much each head attends to the token after the previous occurrence, and how well the model predicts repeats. */
export interface Induction {
  /** Whole rows as they ran: each half twice. */
  readonly rows: readonly (readonly number[])[];
  readonly length: number;
  readonly queries: "strict" | "published";
  /** [layer][head], in 0…1. */
  readonly scores: readonly (readonly number[])[];
  /** −log p of the token after each position, in nats, the mean over rows; 2 × length − 1 of them. */
  readonly loss: readonly number[];
  /** With the lens as the call. */
  readonly provenance: Provenance;
  /** The heads of highest score, strongest first. */
  strongest(count: number): (Head & { readonly score: number })[];
}

const optionNames: OptionNames<InductionOptions> = {
  batch: true,
  length: true,
  seed: true,
  tokens: true,
  rows: true,
  queries: true,
  signal: true,
};

/**
 * Induction scores of all heads (Olsson et al. 2022; FlexModel, arXiv 2312.03140, its demo): random tokens are repeated
 * once, and the score is the mean attention weight from each token to the one after its previous occurrence. With it the
 * loss by position, which falls in the second half of a model that has such heads.
 *
 * Throws one line when the rows do not fit the model.
 */
export async function inductionScores(
  session: Session,
  options: InductionOptions = {},
): Promise<Induction & Displayable> {
  checkOptions("inductionScores", options, optionNames);
  const { queries = "strict", signal } = options;
  if (queries !== "strict" && queries !== "published")
    throw new Error(`queries "${String(queries)}": choose strict or published`);
  const halves = firstHalves(options, session.dimensions);
  const length = halves[0]!.length;
  const rows = halves.map((half) => [...half, ...half]);
  const patterns = "layers.*.attention.pattern";
  const run = await session.forward(rows, {
    hooks: [capture(patterns)],
    logits: "none",
    readout: nextLoss,
    ...(signal && { signal }),
  });
  // Lasting hooks may have captured other points.
  const scores = session.hookPoints(patterns).map(({ name }) => scoresOf(run.get(name), length, queries));
  const seed = options.rows === undefined ? (options.seed ?? 0) : null;
  const found: Induction = {
    rows,
    length,
    queries,
    scores,
    loss: lossByPosition(run),
    provenance: lensProvenance(
      run.provenance,
      "inductionScores",
      [],
      { rows: rows.length, length, queries },
      seed,
    ),
    strongest: (count) => strongest(scores, count),
  };
  return shownAs(found, () =>
    plot([scoreMap(scores), lossLines([{ name: "loss", y: found.loss }], length)], {
      title: "Induction on random repeated tokens",
      notes: [
        `${rows.length} rows of ${length} random tokens, repeated once; ${queries} queries` +
          (seed === null ? "" : `; seed ${seed}`),
      ],
      provenance: found.provenance,
    }),
  );
}

/** Mean of the weights pattern[row, head, t, t + 1 − length], over the rows and the queries that count. */
function scoresOf({ data, shape }: Captured, length: number, queries: "strict" | "published"): number[] {
  const [batch, heads, tokens] = shape as [number, number, number, number];
  const first = queries === "strict" ? length : length - 1;
  return Array.from({ length: heads }, (_, head) => {
    let sum = 0;
    for (let row = 0; row < batch; row++)
      for (let query = first; query < tokens; query++)
        sum += data[((row * heads + head) * tokens + query) * tokens + query + 1 - length]!;
    return sum / (batch * (tokens - first));
  });
}

function strongest(scores: Induction["scores"], count: number): (Head & { score: number })[] {
  const all = scores.flatMap((row, layer) => row.map((score, head) => ({ layer, head, score })));
  if (!Number.isInteger(count) || count < 1 || count > all.length)
    throw new Error(`${count} heads: give 1 to ${all.length}, which the model has`);
  return all.sort((a, b) => b.score - a.score || a.layer - b.layer || a.head - b.head).slice(0, count);
}

function scoreMap(scores: Induction["scores"]) {
  return heatmap({
    title: "Induction score by head",
    x: "head",
    y: "layer",
    value: "induction score",
    values: scores,
    range: [0, 1],
  });
}

/** Losses over positions, the first predicted repeat marked. */
export function lossLines(of: readonly { name: string; y: readonly number[] }[], length: number) {
  return lines({
    title: "Loss by position",
    x: "position",
    y: "−log p of the next token (nats)",
    lines: of,
    references: [{ axis: "x", at: length, label: "repeat begins" }],
  });
}
