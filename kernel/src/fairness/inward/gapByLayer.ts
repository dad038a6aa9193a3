import { heatmap, lines, plot, progress, shownAs, type Displayable } from "../../display/index.js";
import type { Provenance } from "../../display/payload/provenance.js";
import { concat } from "../../graph/value.js";
import { cancelSignal } from "../../session/host.js";
import { madeOfRuns } from "../../session/provenance.js";
import { checkOptions, type OptionNames } from "../../session/options.js";
import type { Session } from "../../session/session.js";
import { askClasses } from "../../tuning/prompts/asked.js";
import { gapsOf } from "../metrics/gaps.js";
import type { GapIntervalOptions } from "../statistics/bootstrapGaps.js";
import type { Interval } from "../statistics/interval.js";
import { sumOf } from "../statistics/mean.js";
import type { SuiteRow } from "../templates/expand.js";
import { gapIntervals } from "./gapIntervals.js";
import { placed } from "./placement.js";
import { batches, inwardNames, meansByGroup, readAsked, type InwardOptions } from "./reading.js";
import { viewsOf } from "./views.js";

export interface GapByLayerOptions extends InwardOptions {
  /** How the intervals of the gaps are found. */
  readonly interval?: GapIntervalOptions;
}

const optionNames: OptionNames<GapByLayerOptions> = { ...inwardNames, interval: true };

/** A class's probability by layer and group of one category, on rows that are of another class. */
export interface CategoryByLayer {
  readonly category: string;
  readonly groups: readonly string[];
  /** Mean probability, [point][group]; NaN for a group without such rows. */
  readonly means: readonly (readonly number[])[];
  /** `means` less the mean of the category's groups, [point][group]. */
  readonly gaps: readonly (readonly number[])[];
  /** Of the gaps, by drawing the category's templates anew, [point][group]. */
  readonly intervals: readonly (readonly Interval[])[];
  readonly rows: number;
}

/** The gaps of every category by layer. */
export interface GapByLayer {
  readonly points: readonly string[];
  readonly categories: readonly CategoryByLayer[];
  readonly rows: number;
  /** With this reading as the call. */
  readonly provenance: Provenance;
}

/**
 * The gap between the groups of each category as every layer would have it: the logit lens (nostalgebraist 2020) reads each
 * layer's residual at the last token, the label words give the probability of one class, and its mean over a group's rows of
 * other classes is compared with the mean of the category's groups. The tokens of a longer word stand behind the row, and the
 * layer's log-probabilities at the place before each are summed. At the last layer it is the gap of the model's own
 * answers, those of `classifyByPrompt`. Intervals are `bootstrapGaps`'. Unmarked rows are a group like any other.
 *
 * Throws one line, before anything runs, when a word, a class, a prompt or a term does not fit; `CancelledError` when
 * interrupted.
 */
export async function gapByLayer(
  session: Session,
  suite: readonly SuiteRow[],
  options: GapByLayerOptions,
): Promise<GapByLayer & Displayable> {
  checkOptions("gapByLayer", options, optionNames);
  const { words, of, batch, placement, categories } = await readAsked(session, suite, options);
  const points = session.hookPoints("layers.*.residual.out").map(({ name }) => name);
  const signal = cancelSignal(options.signal);
  const found: CategoryByLayer[] = [];
  let provenance: Provenance | undefined;
  const count = sumOf(categories.map(({ rows }) => rows.length));
  const bar = options.quiet === true ? undefined : progress(count, "reading the gap of every layer");
  try {
    for (const each of categories) {
      const { category, groups, rows } = each;
      const said: number[][] = [];
      for (const part of batches(rows, batch)) {
        const input = placed(placement, part);
        const asked = askClasses(words, input);
        const places = asked.logits === "last" ? asked.rows.map(({ length }) => [length - 1]) : asked.logits;
        const each = places[0]!.length;
        const run = await session.forward(asked.rows, {
          hooks: placement.edits,
          logits: "none",
          readout: {
            read: points,
            given: {
              ...asked.given,
              places: { shape: [places.length, each], data: places.flat() },
            },
            compute: ({ captures, given, unembed }) => {
              // One product with the head for all layers, which are then read one by one.
              const said = unembed(
                concat(
                  points.map((name) => captures[name]!.gatherPositions(given["places"]!)),
                  1,
                ),
              );
              const classes = points.map((_, i) =>
                asked.classes({ logits: said.slice(1, i * each, (i + 1) * each), given }),
              );
              return {
                probability: concat(classes, 1)
                  .slice(2, of, of + 1)
                  .exp(),
              };
            },
          },
          ...(signal && { signal }),
        });
        provenance = run.provenance;
        const { data } = run.readout.get("probability")!;
        part.forEach((_, row) =>
          said.push([...data.subarray(row * points.length, (row + 1) * points.length)]),
        );
        bar?.advance(part.length);
      }
      const means = points.map((_, point) => meansByGroup(each, (row) => said[row]![point]!));
      const intervals = points.map((_, point) =>
        gapIntervals(each, (row) => said[row]![point]!, options.interval),
      );
      found.push({ category, groups, means, gaps: means.map(gapsOf), intervals, rows: rows.length });
    }
  } finally {
    bar?.finish();
  }
  const result: GapByLayer = {
    points,
    categories: found,
    rows: count,
    provenance: madeOfRuns(provenance!, `gapByLayer(${count} rows, class ${of})`),
  };
  return shownAs(result, () => figureOf(result, of));
}

function figureOf({ points, categories, rows, provenance }: GapByLayer, of: number): Displayable {
  const value = `gap of P(class ${of})`;
  return plot(
    viewsOf(categories, ({ category, groups, gaps, intervals }) => [
      heatmap({
        title: category,
        x: { name: "group", labels: groups },
        y: { name: "layer", labels: points.map((_, layer) => layer) },
        value,
        values: gaps,
      }),
      lines({
        title: category,
        x: "layer",
        y: value,
        lines: groups.map((name, group) => ({
          name,
          y: gaps.map((each) => each[group]!),
          low: intervals.map((each) => each[group]!.low),
          high: intervals.map((each) => each[group]!.high),
        })),
        references: [{ axis: "y", at: 0, label: "no gap" }],
      }),
    ]),
    {
      title: "The gap by layer",
      notes: [
        `${rows} rows that are not of class ${of}, read by the logit lens; each category by itself`,
        `bands over templates: ${categories[0]!.intervals.at(-1)![0]!.method}`,
      ],
      provenance,
    },
  );
}
