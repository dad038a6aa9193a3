import { drawn } from "../../session/drawn.js";
import type { Random } from "../../session/sampling.js";
import { special } from "../../models/demo/vocabulary.js";
import type { Batch, BatchSource } from "../training/batch.js";

/** Inclusive bounds of a number that is drawn. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** Settings of the text that induction heads are trained on, as data. */
export interface Pairs {
  /** So many steps teach to look one token back, before pairs come. */
  readonly firstLesson: number;
  /** Rows of a batch. */
  readonly rows: number;
  /** Triples or pairs in a row. */
  readonly lengths: Range;
  /** Different pairs in a row. */
  readonly pairs: Range;
  /** Weight of the predictions of a pair that cannot be known: its first word, and its second when it is new. */
  readonly unpredictable: number;
}

/**
 * Batches in two lessons, words drawn anew for each row. First triples "x y x", where only the last word counts: it is
 * the token before. Then pairs "a b" in random order, each drawn again and again: a "b" is known from the earlier "a b".
 * A head that finds it reads, at each place, which token came before: the first lesson's head wrote that (Elhage et al.
 * 2021), and so it comes first.
 */
export function pairs(settings: Pairs, vocabulary: number): BatchSource {
  const words = Array.from({ length: vocabulary - special.length }, (_, i) => special.length + i);
  return (step, random) => {
    const length = within(settings.lengths, random);
    const rows = Array.from({ length: settings.rows }, () =>
      step < settings.firstLesson
        ? triples(words, length, random)
        : repeatedPairs(words, length, settings, random),
    );
    return { rows: rows.map(({ row }) => row), weights: rows.map(({ weights }) => weights) } satisfies Batch;
  };
}

interface Row {
  readonly row: readonly number[];
  /** Of predicting each token but the first. */
  readonly weights: readonly number[];
}

function triples(words: readonly number[], length: number, random: Random): Row {
  const row = Array.from({ length }, () => drawn(words, 2, random)).flatMap(([x, y]) => [x!, y!, x!]);
  return { row, weights: row.slice(1).map((_, p) => (p % 3 === 1 ? 1 : 0)) };
}

function repeatedPairs(words: readonly number[], length: number, settings: Pairs, random: Random): Row {
  const count = within(settings.pairs, random);
  const tokens = drawn(words, 2 * count, random);
  const seen = new Set<number>();
  const row: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < length; i++) {
    const pair = Math.floor(random() * count);
    row.push(...tokens.slice(2 * pair, 2 * pair + 2));
    weights.push(seen.has(pair) ? 1 : settings.unpredictable, settings.unpredictable);
    seen.add(pair);
  }
  return { row, weights: weights.slice(0, -1) };
}

const within = ({ from, to }: Range, random: Random): number => from + Math.floor(random() * (to - from + 1));
