import { plot, shownAs, type Displayable } from "../display/index.js";
import type { Provenance } from "../display/payload/provenance.js";
import type { Selector } from "../hooks/index.js";
import { cancelSignal } from "../session/host.js";
import { checkOptions, type OptionNames } from "../session/options.js";
import { printInput } from "../session/provenance.js";
import type { Session } from "../session/session.js";
import type { Input, Token } from "../session/types.js";
import { tokenId, type TokenName } from "../session/token.js";
import { lensCharts } from "./lensCharts.js";
import { lensReadout } from "./lensReadout.js";
import { lensPoints } from "./points.js";
import { lensProvenance } from "./provenance.js";

export interface LogitLensOptions {
  /** Points of the residual stream. Default `layers.*.residual.out`. */
  readonly points?: Selector;
  /** How many of the likeliest tokens are told at each place. Default 3. */
  readonly top?: number;
  /** Tokens whose log-probability and rank are told at each place. */
  readonly tokens?: readonly TokenName[];
  /** Reads points by a tuned lens, see `fitTunedLens`; a point without a translator is read as it is. */
  readonly translators?: Translators;
  readonly signal?: AbortSignal;
}

/** Affine maps by which points are read, x + x Aᵀ + b, by point name. */
export type Translators = Readonly<
  Record<
    string,
    {
      readonly A: { readonly shape: readonly number[]; readonly data: Float32Array };
      readonly b: { readonly shape: readonly number[]; readonly data: Float32Array };
    }
  >
>;

/** A token that a layer would predict. */
export interface LensToken {
  readonly id: number;
  /** As displays write it; undefined for a model without a tokenizer. */
  readonly text: string | undefined;
  readonly probability: number;
}

/** What every point says of one row; arrays are [point][position]. */
export interface LensRow {
  readonly tokens: readonly Token[];
  /** Likeliest first. */
  readonly top: readonly (readonly (readonly LensToken[])[])[];
  /** Kullback–Leibler divergence of the model's own prediction from the point's, nats: Σ p_model log(p_model / p_point). */
  readonly divergence: readonly (readonly number[])[];
  /** Entropy of the point's prediction, nats: −Σ p log p. */
  readonly entropy: readonly (readonly number[])[];
  /** Cross-entropy of the next token of the row, nats: −log p(next); NaN at the last position, which has none. */
  readonly crossEntropy: readonly (readonly number[])[];
  /** Of each token that was asked for, its log-probability and how many tokens are likelier. */
  readonly chosen: readonly {
    readonly token: TokenName;
    readonly logProbability: readonly (readonly number[])[];
    readonly rank: readonly (readonly number[])[];
  }[];
}

/** What every point predicts of every row. As a cell's last value it shows the likeliest tokens as a heatmap. */
export interface LogitLens {
  readonly points: readonly string[];
  readonly rows: readonly LensRow[];
  /** With the lens as the call. */
  readonly provenance: Provenance;
}

const optionNames: OptionNames<LogitLensOptions> = {
  points: true,
  top: true,
  tokens: true,
  translators: true,
  signal: true,
};

/**
 * Logit lens (nostalgebraist 2020): the model's own final norm and head applied to the residual stream at each layer and
 * position; or, with translators, the tuned lens (Belrose et al. 2023). Everything is computed where the logits are, so that
 * only the likeliest tokens and a few numbers a place come back.
 *
 * Throws one line, before anything runs, when a point is no [batch, position, unit] of the residual's width or a token
 * is not one.
 */
export async function logitLens(
  session: Session,
  input: Input,
  options: LogitLensOptions = {},
): Promise<LogitLens & Displayable> {
  checkOptions("logitLens", options, optionNames);
  const { points = "layers.*.residual.out", top = 3, tokens = [], translators = {} } = options;
  const { vocabulary, hidden } = session.dimensions;
  if (!Number.isInteger(top) || top < 1 || top > vocabulary)
    throw new Error(`top ${top}: give 1 to ${vocabulary} tokens`);
  if (!Array.isArray(tokens))
    throw new Error(`tokens ${JSON.stringify(tokens)}: give a list, [${JSON.stringify(tokens)}]`);
  const chosen: number[] = [];
  for (const token of tokens) chosen.push(await tokenId(session, token));
  const read = lensPoints(session, points);
  const odd = read.find(({ shape }) => shape !== `[batch, position, ${hidden}]`);
  if (odd !== undefined)
    throw new Error(
      `${odd.name} ${odd.shape}: a lens reads [batch, position, ${hidden}], the residual stream`,
    );
  const names = read.map(({ name }) => name);
  for (const [name, { A, b }] of Object.entries(translators))
    if (A.shape.join() !== `${hidden},${hidden}` || b.shape.join() !== `${hidden}`)
      throw new Error(
        `translator of ${name} has A [${A.shape.join(", ")}] and b [${b.shape.join(", ")}]: they are [${hidden}, ${hidden}] and [${hidden}]`,
      );
  const unused = Object.keys(translators).find((name) => !names.includes(name));
  if (unused !== undefined) throw new Error(`translator of ${unused}: points are ${names.join(", ")}`);
  const signal = cancelSignal(options.signal);
  const run = await session.forward(input, {
    logits: "none",
    readout: lensReadout({ points: names, top, chosen, translators }),
    ...(signal && { signal }),
  });
  const tokenizer = await session.tokenizer().catch(() => undefined);
  const say = (id: number) =>
    tokenizer && id < tokenizer.vocabularySize ? tokenizer.tokenText(id) : undefined;

  const positions = Math.max(...run.tokens.map((row) => row.length));
  /** A result [row, point × position, …] by point and position of a row. */
  const grid = <T>(row: number, length: number, entry: (place: number) => T): T[][] =>
    names.map((_, point) =>
      Array.from({ length }, (_, position) => entry((row * names.length + point) * positions + position)),
    );
  const data = (name: string) => run.readout.get(name)!.data;
  const result: LogitLens = {
    points: names,
    rows: run.tokens.map((ids, row) => ({
      tokens: ids,
      top: grid(row, ids.length, (place) =>
        Array.from({ length: top }, (_, i): LensToken => {
          const id = data("indices")[place * top + i]!;
          return { id, text: say(id), probability: Math.exp(data("values")[place * top + i]!) };
        }),
      ),
      divergence: grid(row, ids.length, (place) => data("divergence")[place]!),
      entropy: grid(row, ids.length, (place) => data("entropy")[place]!),
      crossEntropy: grid(row, ids.length, (place) => data("crossEntropy")[place]!).map((values) =>
        values.map((value, position) => (position === ids.length - 1 ? NaN : value)),
      ),
      chosen: tokens.map((token, i) => ({
        token,
        logProbability: grid(row, ids.length, (place) => data("logProbability")[place * tokens.length + i]!),
        rank: grid(row, ids.length, (place) => data("rank")[place * tokens.length + i]!),
      })),
    })),
    provenance: lensProvenance(run.provenance, "logitLens", [printInput(input)], {
      points,
      translators: Object.keys(translators).length || undefined,
    }),
  };
  return shownAs(result, () =>
    plot(
      result.rows.flatMap((row) => lensCharts(result.points, row)),
      {
        title: Object.keys(translators).length > 0 ? "Tuned lens" : "Logit lens",
        notes: ["right of each layer: its likeliest token after the last position"],
        provenance: result.provenance,
      },
    ),
  );
}
