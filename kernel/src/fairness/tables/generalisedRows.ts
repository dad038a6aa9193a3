import { finite, metricRow, type MetricRow } from "../../display/index.js";
import type { GeneralisedValue } from "../generalised/generalise.js";
import type { About } from "./gapRows.js";

/**
 * Generalised metrics (`generalise`) of one category as rows: the value, and those of groups where the form has them.
 * They come without intervals: a distance is never below 0, so that resampling would only make it larger. For the same
 * reason limits that `seedRows` gives them over seeds say how far runs lie apart, and nothing about 0.
 */
export function generalisedRows(
  values: readonly GeneralisedValue[],
  category: string,
  about: About = {},
): MetricRow[] {
  return values.flatMap(({ metric, of, value, groups, n, templates, incomplete, lacking, seed }) => {
    const drawn = seed === null ? "" : `fillings drawn, seed ${seed}`;
    const left = incomplete === 0 ? "" : `${incomplete} templates left out, which not every group fills`;
    const without = lacking === 0 ? "" : `${lacking} templates left out, in which the class has no score`;
    const method = [drawn, left, without].filter(Boolean).join("; ");
    const known = {
      ...about,
      category,
      metric: of === "all" ? metric : `${metric}, ${of}`,
      n,
      templates,
      method,
    };
    return [
      metricRow({ ...known, estimate: finite(value) }),
      ...[...groups].map(([group, each]) => metricRow({ ...known, group, estimate: finite(each) })),
    ];
  });
}
