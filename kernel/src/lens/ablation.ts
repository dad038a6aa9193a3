import { forest, plot, progress, shownAs, type Displayable } from "../display/index.js";
import type { Provenance } from "../display/payload/provenance.js";
import { edit, mean, zero, type Edit } from "../hooks/index.js";
import { drawn } from "../session/drawn.js";
import { cancelSignal } from "../session/host.js";
import { checkOptions, type OptionNames } from "../session/options.js";
import { randomNumbers } from "../session/sampling.js";
import type { Session } from "../session/session.js";
import { lossLines, type Head, type Induction } from "./induction.js";
import { lossByPosition, nextLoss } from "./nextToken.js";
import { lensProvenance } from "./provenance.js";

export interface AblationOptions {
  /** How many of the strongest heads. Default 2. */
  readonly heads?: number;
  /** How many times as many other heads are drawn at random, to compare with. Default 10. */
  readonly draws?: number;
  /** Of the draws. Default 0. */
  readonly seed?: number;
  /** What becomes of the heads' output: nothing, or its mean over rows and positions. Default `zero`. */
  readonly by?: "zero" | "mean";
  readonly signal?: AbortSignal;
  /** No progress bar. */
  readonly quiet?: boolean;
}

/** Heads taken out, and the mean loss of repeated tokens without them. */
export interface Ablated {
  readonly heads: readonly Head[];
  /** By position, as in `Induction`. */
  readonly loss: readonly number[];
  /** Mean over the tokens that can be copied, in nats. */
  readonly repeated: number;
  /** `repeated` minus that of the whole model. */
  readonly rise: number;
}

/** What the loss of repeated tokens does without the strongest induction heads, and without heads drawn at random. */
export interface InductionAblation {
  /** Mean loss of the whole model over the tokens that can be copied, in nats. */
  readonly whole: number;
  readonly strongest: Ablated;
  readonly random: readonly Ablated[];
  /** With the lens as the call. */
  readonly provenance: Provenance;
}

const optionNames: OptionNames<AblationOptions> = {
  heads: true,
  draws: true,
  seed: true,
  by: true,
  signal: true,
  quiet: true,
};

/**
 * The causal step behind induction scores: takes the strongest heads out and measures how the loss of repeated tokens
 * rises, compared with as many random heads, none of them among the strongest. A score only nominates heads: a rise like
 * that of random ones says that they were not needed.
 *
 * Throws one line, before anything runs, when there are not enough other heads to draw from.
 */
export async function ablateInduction(
  session: Session,
  found: Induction,
  options: AblationOptions = {},
): Promise<InductionAblation & Displayable> {
  checkOptions("ablateInduction", options, optionNames);
  if (typeof found?.strongest !== "function")
    throw new Error(`ablateInduction of ${typeof found}: give what inductionScores found`);
  const { heads: count = 2, draws = 10, seed = 0, by = "zero", quiet = false } = options;
  if (by !== "zero" && by !== "mean") throw new Error(`ablation by "${String(by)}": choose zero or mean`);
  if (!Number.isInteger(draws) || draws < 1) throw new Error(`${draws} draws: give 1 or more`);
  const strongest = found.strongest(count);
  const others = found.scores
    .flatMap((row, layer) => row.map((_, head) => ({ layer, head })))
    .filter((each) => !strongest.some(({ layer, head }) => layer === each.layer && head === each.head));
  if (others.length < count)
    throw new Error(`${count} random heads: only ${others.length} are not among the strongest`);
  const random = randomNumbers(seed);
  const sets = [strongest, ...Array.from({ length: draws }, () => drawn(others, count, random))];
  const signal = cancelSignal(options.signal);
  let origin: Provenance | undefined;
  const lossOf = async (hooks: readonly Edit[]) => {
    const run = await session.forward(found.rows, {
      hooks,
      logits: "none",
      readout: nextLoss,
      ...(signal && { signal }),
    });
    origin ??= run.provenance;
    return lossByPosition(run);
  };
  // The model may have other edits now than when the heads were found.
  const bare = await lossOf([]);
  const whole = repeatedLoss(bare, found.length);
  const results: Ablated[] = [];
  const bar = quiet ? undefined : progress(sets.length, "taking heads out");
  try {
    for (const heads of sets) {
      const loss = await lossOf(without(heads, by));
      const repeated = repeatedLoss(loss, found.length);
      results.push({
        heads: heads.map(({ layer, head }) => ({ layer, head })),
        loss,
        repeated,
        rise: repeated - whole,
      });
      bar?.advance();
    }
  } finally {
    bar?.finish();
  }
  const settings = { rows: found.rows.length, length: found.length, heads: count, draws, by };
  const result: InductionAblation = {
    whole,
    strongest: results[0]!,
    random: results.slice(1),
    provenance: lensProvenance(origin!, "ablateInduction", [], settings, seed),
  };
  return shownAs(result, () =>
    figure(result, { ...found, loss: bare }, `by ${by}; random heads of seed ${seed}`),
  );
}

/** Takes heads out, one edit a layer. */
function without(heads: readonly Head[], by: "zero" | "mean"): Edit[] {
  const layers = [...new Set(heads.map(({ layer }) => layer))].sort((a, b) => a - b);
  return layers.map((layer) => {
    const chosen = heads.filter((each) => each.layer === layer).map(({ head }) => head);
    const list = chosen.sort((a, b) => a - b).join("|");
    return edit(`layers.${layer}.attention.z[head=${list}]`, by === "zero" ? zero() : mean());
  });
}

/** Loss at the positions whose next token stands in the first half behind the same token. */
function repeatedLoss(loss: readonly number[], length: number): number {
  const part = loss.slice(length);
  return part.reduce((sum, each) => sum + each, 0) / part.length;
}

function figure(
  { whole, strongest, random, provenance }: InductionAblation,
  { loss, length }: Induction,
  how: string,
) {
  const name = ({ heads }: Ablated) => heads.map(({ layer, head }) => `${layer}.${head}`).join(", ");
  const rows = [strongest, ...random];
  return plot(
    [
      lossLines(
        [
          { name: "whole model", y: loss },
          { name: "strongest taken out", y: strongest.loss },
          { name: "random 1 taken out", y: random[0]!.loss },
        ],
        length,
      ),
      forest({
        title: "Rise of the loss of repeated tokens",
        labels: {
          name: "heads taken out",
          labels: rows.map((each, i) => `${i === 0 ? "strongest" : `random ${i}`}: ${name(each)}`),
        },
        value: "nats",
        series: [{ name: "rise", values: rows.map(({ rise }) => rise) }],
        references: [{ at: 0, label: "whole model" }],
      }),
    ],
    {
      title: "Induction heads taken out",
      notes: [`${how}; loss of the whole model ${whole.toFixed(3)} nats`],
      provenance,
    },
  );
}
