import { finite, metricRow, type MetricRow } from "../../display/index.js";
import { groupBy } from "../metrics/prediction.js";
import { bootstrapRows, type BootstrapOptions } from "../statistics/bootstrap.js";
import { mcNemar, wilson } from "../statistics/proportion.js";
import { adjustRows } from "../tables/adjustRows.js";
import type { About } from "../tables/gapRows.js";
import { intervalCells } from "../tables/intervalCells.js";
import type { Judgement } from "./identify.js";

const isRight = ({ item, biased }: Judgement) => biased === item.biased;
const countOf = (rows: readonly Judgement[], is: (row: Judgement) => boolean) => rows.filter(is).length;
const share = (rows: readonly Judgement[], is: (row: Judgement) => boolean) =>
  intervalCells(wilson(countOf(rows, is), rows.length));

/** Mean over the two classes of the share that is right, and of F1; NaN where a class has no item. */
export function balanced(rows: readonly Judgement[]): { readonly accuracy: number; readonly f1: number } {
  const of = [true, false].map((label) => {
    const ofLabel = rows.filter(({ item }) => item.biased === label);
    const right = countOf(ofLabel, isRight);
    const said = countOf(rows, ({ biased }) => biased === label);
    return { recall: right / ofLabel.length, f1: (2 * right) / (ofLabel.length + said) };
  });
  return { accuracy: (of[0]!.recall + of[1]!.recall) / 2, f1: (of[0]!.f1 + of[1]!.f1) / 2 };
}

/**
 * How well a model identifies bias, for each prompt over all items (category "") and by category: accuracy with Wilson's
 * interval, the majority baseline that it must beat, balanced accuracy, macro-F1, the share of all answers that are yes,
 * and coverage. An answer that could not be read is wrong.
 */
export function identificationRows(judgements: readonly Judgement[], about: About = {}): MetricRow[] {
  return [...groupBy(judgements, ({ prompt }) => prompt.name)].flatMap(([prompt, ofPrompt]) =>
    [...new Map([["", ofPrompt], ...groupBy(ofPrompt, ({ item }) => item.category)])].flatMap(
      ([category, rows]) => {
        const n = rows.length;
        const biased = countOf(rows, ({ item }) => item.biased);
        const { accuracy, f1 } = balanced(rows);
        const cell = (metric: string, known: Partial<MetricRow>) =>
          metricRow({ ...about, prompt, category, metric, n, ...known });
        return [
          cell("accuracy", share(rows, isRight)),
          cell("majority_baseline", { estimate: Math.max(biased, n - biased) / n }),
          cell("balanced_accuracy", { estimate: finite(accuracy) }),
          cell("macro_F1", { estimate: finite(f1) }),
          cell(
            "yes_rate",
            share(rows, (row) => row.biased === true),
          ),
          cell(
            "coverage",
            share(rows, (row) => row.biased !== null),
          ),
        ];
      },
    ),
  );
}

/**
 * What each factor of the prompt does to accuracy: the main effects (specific, reason) and their interaction, the
 * difference of the two differences, with intervals from resampled clusters of items. Throws one line unless every item
 * was judged once in all four cells.
 */
export function effectRows(
  judgements: readonly Judgement[],
  about: About = {},
  options: BootstrapOptions = {},
): MetricRow[] {
  const cells = (rows: readonly Judgement[]) =>
    [false, true].map((specific) =>
      [false, true].map((reason) =>
        rows.filter(({ prompt }) => prompt.specific === specific && prompt.reason === reason),
      ),
    );
  for (const [id, rows] of groupBy(judgements, ({ item }) => `${item.source} ${item.id}`))
    if (
      cells(rows)
        .flat()
        .some(({ length }) => length !== 1)
    )
      throw new Error(`item ${id} has ${rows.length} judgements: effects need one in each of the four cells`);
  const clusters = groupBy(judgements, ({ item }) => `${item.source} ${item.cluster}`);
  const statistics = (rows: readonly Judgement[]) => {
    const [[a, b], [c, d]] = cells(rows).map((row) => row.map((of) => countOf(of, isRight) / of.length)) as [
      [number, number],
      [number, number],
    ];
    return [(c + d - a - b) / 2, (b + d - a - c) / 2, d - c - (b - a)];
  };
  return bootstrapRows([...clusters.values()], statistics, options).map((found, i) => {
    const metric = ["specific_effect", "reason_effect", "interaction_effect"][i]!;
    return metricRow({
      ...about,
      metric,
      n: judgements.length,
      templates: clusters.size,
      ...intervalCells(found),
    });
  });
}

/**
 * Which prompts differ: for every pair the difference in accuracy on the items that both judged, with McNemar's exact
 * mid-p and Holm over the pairs.
 */
export function promptPairs(judgements: readonly Judgement[], about: About = {}): MetricRow[] {
  const byPrompt = groupBy(judgements, ({ prompt }) => prompt.name);
  const names = [...byPrompt.keys()];
  const rightOf = new Map(
    names.map((name) => [
      name,
      new Map(byPrompt.get(name)!.map((row) => [`${row.item.source} ${row.item.id}`, isRight(row)])),
    ]),
  );
  const rows = names.flatMap((first, i) =>
    names.slice(i + 1).map((second) => {
      const [a, b] = [rightOf.get(first)!, rightOf.get(second)!];
      const shared = [...a.keys()].filter((id) => b.has(id));
      const only = (x: typeof a, y: typeof a) => shared.filter((id) => x.get(id) && !y.get(id)).length;
      const [onlyFirst, onlySecond] = [only(a, b), only(b, a)];
      return metricRow({
        ...about,
        prompt: `${second} − ${first}`,
        metric: "accuracy_difference",
        n: shared.length,
        estimate: finite((onlySecond - onlyFirst) / shared.length),
        p: mcNemar(onlyFirst, onlySecond),
        method: "McNemar, exact mid-p",
      });
    }),
  );
  return adjustRows(rows);
}
