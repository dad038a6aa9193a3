import { lines, plot, shownAs, type Displayable } from "../../display/index.js";
import type { Provenance } from "../../display/payload/provenance.js";
import { capture, edit, patch, type Edit } from "../../hooks/index.js";
import { cancelSignal } from "../../session/host.js";
import { madeOfRuns } from "../../session/provenance.js";
import type { Session } from "../../session/session.js";
import type { Captured } from "../../session/types.js";
import { classLogProbabilities, singleTokens } from "../../tuning/prompts/verbaliser.js";
import type { SuiteRow } from "../templates/expand.js";
import { batches, readRows, type InwardOptions, type ReadRow } from "./reading.js";

export interface PatchTermsOptions extends InwardOptions {
  /** The group whose sentences run, and the one whose terms' activations are put in their place. */
  readonly from: string;
  readonly to: string;
}

const selector = "layers.0.residual.in,layers.*.residual.out";

/** A class's mean probability on a group's sentences, with another group's activations at the term, layer by layer. */
export interface PatchedTerms {
  readonly from: string;
  readonly to: string;
  readonly points: readonly string[];
  /** Of the sentences of `from` as they are, and of their counterparts of `to`. */
  readonly own: number;
  readonly other: number;
  /** With the residual at the term's tokens taken from the counterpart, [point]. */
  readonly patched: readonly number[];
  /** Pairs compared, and sentences of `from` without a counterpart of as many tokens. */
  readonly pairs: number;
  readonly unpaired: number;
  /** With this reading as the call. */
  readonly provenance: Provenance;
}

/**
 * Where the gap between two groups is decided: sentences of one group run with the residual stream at their term replaced by
 * that of the same template's sentence of the other group (activation patching, Vig et al. 2020), one layer after the other.
 * Before the first layer the answer is the other group's, where nothing but the term differs; behind the layer at which later
 * tokens have read it, the answer stays.
 *
 * Pairs have one template and as many tokens before, in and behind the term; what has no such counterpart is counted. Throws one
 * line, before anything runs, when a group is not there or there is no pair.
 */
export async function patchTerms(
  session: Session,
  suite: readonly SuiteRow[],
  options: PatchTermsOptions,
): Promise<PatchedTerms & Displayable> {
  const { words, of, batch, rows } = await readRows(session, suite, options);
  const { from, to } = options;
  const groups = new Set(rows.map(({ row }) => row.group));
  for (const group of [from, to])
    if (!groups.has(group)) throw new Error(`no group "${group}": there are ${[...groups].join(", ")}`);
  const { pairs, unpaired } = pairsOf(rows, from, to);
  if (pairs.length === 0)
    throw new Error(`no sentence of "${from}" has a counterpart of "${to}" with as many tokens`);
  const points = session.hookPoints(`{${selector}}`).map(({ name }) => name);
  const signal = cancelSignal(options.signal);
  let provenance: Provenance | undefined;

  const probabilities = async (part: readonly ReadRow[], hooks: readonly Edit[], keep: boolean) => {
    const run = await session.forward(
      part.map(({ ids }) => ids),
      {
        logits: "last",
        hooks: [...hooks, ...(keep ? [capture(`{${selector}}`)] : [])],
        readout: {
          given: { words: singleTokens(words) },
          compute: ({ logits, given }) => ({
            probability: classLogProbabilities(logits, given["words"]!, words.sizes)
              .slice(2, of, of + 1)
              .exp(),
          }),
        },
        ...(signal && { signal }),
      },
    );
    provenance = run.provenance;
    return { run, sum: run.readout.get("probability")!.data.reduce((total, x) => total + x, 0) };
  };

  let [own, other] = [0, 0];
  const patched = points.map(() => 0);
  for (const part of batches(pairs, batch)) {
    const mine = part.map(([row]) => row);
    const plain = await probabilities(mine, [], true);
    const theirs = await probabilities(
      part.map(([, row]) => row),
      [],
      true,
    );
    own += plain.sum;
    other += theirs.sum;
    for (const [i, point] of points.entries()) {
      const value = withTerms(plain.run.get(point), theirs.run.get(point), mine);
      patched[i]! += (await probabilities(mine, [edit(point, patch(value))], false)).sum;
    }
  }
  const result: PatchedTerms = {
    from,
    to,
    points,
    unpaired,
    pairs: pairs.length,
    own: own / pairs.length,
    other: other / pairs.length,
    patched: patched.map((sum) => sum / pairs.length),
    provenance: madeOfRuns(provenance!, `patchTerms(${from} → ${to}, ${pairs.length} pairs)`),
  };
  return shownAs(result, () =>
    plot(
      lines({
        x: "layers passed before the residual at the term is patched",
        y: `mean P(class ${of})`,
        lines: [{ name: `${from} with the term of ${to}`, y: result.patched }],
        references: [
          { axis: "y", at: result.own, label: from },
          { axis: "y", at: result.other, label: to },
        ],
      }),
      {
        title: "Patching identity terms",
        notes: [`${pairs.length} pairs of one template; ${unpaired} sentences without a counterpart`],
        provenance: result.provenance,
      },
    ),
  );
}

/** Each sentence of one group with the first unused one of the other that has its template and its places. */
function pairsOf(rows: readonly ReadRow[], from: string, to: string) {
  const key = ({ row, ids, term }: ReadRow) =>
    [row.template, row.label, ids.length, term.from, term.to].join(" ");
  const free = new Map<string, ReadRow[]>();
  for (const each of rows)
    if (each.row.group === to) free.set(key(each), [...(free.get(key(each)) ?? []), each]);
  const pairs: [ReadRow, ReadRow][] = [];
  let unpaired = 0;
  for (const each of rows) {
    if (each.row.group !== from) continue;
    const found = free.get(key(each))?.shift();
    if (found === undefined) unpaired += 1;
    else pairs.push([each, found]);
  }
  return { pairs, unpaired };
}

/** A value [row, position, unit] with another's at each row's term. */
function withTerms(own: Captured, other: Captured, rows: readonly ReadRow[]) {
  const [, positions, units] = own.shape as [number, number, number];
  const data = own.data.slice();
  rows.forEach(({ term: { from, to } }, row) => {
    const [start, end] = [from, to].map((at) => (row * positions + at) * units);
    data.set(other.data.subarray(start, end), start);
  });
  return { shape: own.shape, data };
}
