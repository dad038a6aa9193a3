import { checkOptions, type OptionNames } from "../../session/options.js";
import { randomNumbers } from "../../session/sampling.js";
import { checkPredictions, groupBy, type Prediction } from "../metrics/prediction.js";
import { evaluate, type FormValue, type Groups } from "./form.js";
import type { GeneralisedMetric } from "./named.js";
import { meanOf } from "../statistics/mean.js";
import { unmarkedGroup } from "../templates/unmarked.js";

/** A generalised metric of one class over all groups. */
export interface GeneralisedValue {
  readonly metric: string;
  /** The class's name, or "all" where the metric has one value for all. */
  readonly of: string;
  /** NaN where a group lacks the class in all that is compared, or where fewer than two groups can be compared. */
  readonly value: number;
  /** By group, where the form has such values. */
  readonly groups: ReadonlyMap<string, number>;
  /** Rows, and templates where rows are compared within one. */
  readonly n: number;
  readonly templates: number | null;
  /** Templates left out because a group has no row of them. */
  readonly incomplete: number;
  /** Templates left out because a group, or its background, has no score of the class in them. */
  readonly lacking: number;
  /** Of the draw of fillings, or null when nothing was drawn. */
  readonly seed: number | null;
}

export interface GeneraliseOptions {
  readonly classes: readonly string[];
  /** For templates with more than `most` choices of fillings: that many are drawn. Default 0 and 100, as published. */
  readonly seed?: number;
  readonly most?: number;
}

const optionNames: OptionNames<GeneraliseOptions> = { classes: true, seed: true, most: true };

/**
 * A metric of the generalised family (Czarnowska, Vyas & Shah 2021), a value for each class. Rows are of one category.
 * Counterfactual metrics average over the choices of fillings of each template, then over the templates in which every
 * group has a score of the class; the others are counted. The control group "unmarked" is not compared.
 * Throws one line when rows lack the templates or probabilities that the metric needs.
 */
export function generalise<S>(
  metric: GeneralisedMetric<S>,
  rows: readonly Prediction[],
  options: GeneraliseOptions,
): GeneralisedValue[] {
  checkOptions("generalise", options, optionNames);
  if (typeof metric?.form !== "object")
    throw new Error(
      `metric ${JSON.stringify(metric)} has no form: give one of generalisedMetrics by its use((each) => generalise(each, …)), or one of your own parts`,
    );
  const { classes, seed = 0, most = 100 } = options;
  if (!Number.isInteger(most) || most < 1)
    throw new RangeError(`most ${most} fillings of a template: must be 1 or more`);
  checkPredictions(rows, classes);
  const named = rows.filter(({ group }) => group !== unmarkedGroup);
  const { cells, templates, incomplete, drawn } = cellsOf(metric, named, seed, most);
  const indices = metric.perClass ? [...classes.keys()] : [0];
  return indices.map((of) => {
    const values = cells.map((choices) =>
      meanValue(choices.map((groups) => evaluate(metric.form, metric.score, groups, of, classes.length))),
    );
    const scored = values.filter((value) => value !== undefined);
    const { value, groups } = meanValue(scored) ?? { value: NaN, groups: new Map<string, number>() };
    return {
      metric: metric.name,
      of: metric.perClass ? classes[of]! : "all",
      value,
      groups,
      n: named.length,
      templates: templates === null ? null : scored.length,
      incomplete,
      lacking: templates === null ? 0 : values.length - scored.length,
      seed: drawn ? seed : null,
    };
  });
}

/** What is compared: by template, its choices of fillings; one of everything for metrics of whole groups. */
function cellsOf<S>(
  { name, setting }: GeneralisedMetric<S>,
  rows: readonly Prediction[],
  seed: number,
  most: number,
): { cells: Groups[][]; templates: number | null; incomplete: number; drawn: boolean } {
  const names = [...groupBy(rows, ({ group }) => group).keys()];
  if (setting === "group") {
    const cells = [[groupBy(rows, ({ group }) => group)]];
    return { cells, templates: null, incomplete: 0, drawn: false };
  }
  const templates = groupBy(rows, ({ template }) => {
    if (template === undefined) throw new Error(`${name} compares rows of one template: rows have none`);
    return template;
  });
  if (names.length < 2) return { cells: [], templates: 0, incomplete: 0, drawn: false };
  const cells: Groups[][] = [];
  let drawn = false;
  for (const ofTemplate of templates.values()) {
    const groups = groupBy(ofTemplate, ({ group }) => group);
    if (groups.size < names.length) continue;
    const whole = new Map(names.map((each) => [each, groups.get(each)!]));
    if (setting === "template") cells.push([whole]);
    else {
      const all = [...whole.values()].reduce((so, { length }) => so * length, 1);
      drawn ||= all > most;
      cells.push(all > most ? draw(whole, most, seed, cells.length) : product(whole));
    }
  }
  return { cells, templates: cells.length, incomplete: templates.size - cells.length, drawn };
}

/** Every choice of one row of each group. */
function product(groups: Groups): Groups[] {
  return [...groups].reduce<ReadonlyMap<string, readonly Prediction[]>[]>(
    (so, [name, rows]) => so.flatMap((choice) => rows.map((row) => new Map([...choice, [name, [row]]]))),
    [new Map()],
  );
}

function draw(groups: Groups, count: number, seed: number, stream: number): Groups[] {
  const random = randomNumbers(seed, stream);
  return Array.from(
    { length: count },
    () => new Map([...groups].map(([name, rows]) => [name, [rows[Math.floor(random() * rows.length)]!]])),
  );
}

/** The mean of values and of their groups' values; undefined when one of them is, or when there is none. */
function meanValue(values: readonly (FormValue | undefined)[]): FormValue | undefined {
  const known = values.filter((value) => value !== undefined);
  if (known.length < values.length || known.length === 0) return undefined;
  const mean = (of: (value: FormValue) => number) => meanOf(known.map(of));
  return {
    value: mean(({ value }) => value),
    groups: new Map(
      [...known[0]!.groups.keys()].map((name) => [name, mean(({ groups }) => groups.get(name)!)]),
    ),
  };
}
