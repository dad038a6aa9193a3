import { inspect } from "node:util";
import { checkBudget, jsonBytes } from "../budget.js";
import type { Bundle, Displayable } from "../bundle.js";
import { displaySymbol } from "../bundle.js";
import { checkNames } from "../checkNames.js";
import type { TensorPayload } from "../payload/tensor.js";
import { tensorType } from "../payload/tensor.js";
import { choosePart } from "./part.js";
import { tensorPicture } from "./picture.js";
import { histogramOf, statisticsOf } from "./statistics.js";
import type { TensorSource } from "./subject.js";
import { subjectOf } from "./subject.js";
import type { TensorOptions } from "./view.js";
import { viewOf } from "./view.js";
import { tensorAlt, tensorText } from "./words.js";

/** A tensor ready to be shown: as a cell's last expression, or by `display(…)`. */
export interface TensorFigure extends Displayable {
  readonly payload: TensorPayload;
  readonly bundle: Bundle;
}

const optionNames = {
  name: true,
  rows: true,
  columns: true,
  index: true,
  scale: true,
  budget: true,
} as const;

/**
 * A captured hook point, or any row-major values with a shape: statistics and histogram of all its values, a slice
 * through two axes that the reader chooses, and which ranks held what; in JupyterLab interactive, elsewhere as a picture
 * and as text, all kept in the notebook. A capture as a cell's last value is shown so by itself.
 *
 * Statistics are computed in float64 over the whole tensor, the padding of shorter rows left out. Of a tensor larger than the budget, the notebook keeps the
 * part around `index`, and says which.
 *
 * Throws one line when values and shape do not fit, or when an option names what is not there.
 */
export function tensor(source: TensorSource, options: TensorOptions = {}): TensorFigure {
  checkNames("tensor", options, optionNames);
  if (!Array.isArray(source?.shape))
    throw new Error(
      `tensor of ${inspect(source, { depth: 0 })}: give { shape, data }, such as a capture of a run`,
    );
  const budget = checkBudget(options.budget);
  const given = subjectOf(source);
  const subject = { ...given, name: options.name ?? given.name };
  const { values } = subject;
  const statistics = statisticsOf(values, subject.data.length - values.length);
  const { name, alias, shape, axes, shards, provenance } = subject;
  const histogram = histogramOf(values, statistics);
  const view = viewOf(subject, statistics, histogram, options);
  const head = { name, alias, dtype: "f32", shape, axes, statistics, histogram, shards } as const;
  // Of what is said of a part that is cut, at most as much as one long line.
  const around = jsonBytes({ ...head, view, provenance }) + longestReason;
  const payload: TensorPayload = { ...head, ...choosePart(subject, view, budget, around), view, provenance };
  const { png, width, height } = tensorPicture(subject, payload);
  const text = tensorText(subject, payload);
  const bundle: Bundle = {
    data: { [tensorType]: payload, "image/png": png.toString("base64"), "text/plain": text },
    metadata: { "image/png": { alt: tensorAlt(payload), width, height } },
  };
  const figure = { payload, bundle, [displaySymbol]: () => bundle, [inspect.custom]: () => text };
  return figure;
}

const longestReason = 300;
