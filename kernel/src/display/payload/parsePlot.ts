import * as z from "zod/mini";
import type { Chart, LabelledAxis, PlotPayload } from "./plot.js";
import { checked, number, provenance } from "./schema.js";

/** More cells than this no chart can show one by one, and no notebook should hold as text. */
const mostCells = 262_144;

const text = z.string();
const cells = z.array(z.nullable(number));
const limits = z.nullable(cells);
const labelled = z.object({ name: text, labels: z.array(text).check(z.minLength(1)) });

const chart = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("heatmap"),
    title: text,
    x: labelled,
    y: labelled,
    value: text,
    values: z.array(cells),
    lo: number,
    hi: number,
  }),
  z.object({
    kind: z.literal("lines"),
    title: text,
    x: text,
    y: text,
    lines: z.array(z.object({ name: text, x: z.array(number), y: cells, low: limits, high: limits })),
    references: z.array(z.object({ axis: z.enum(["x", "y"]), at: number, label: text })),
  }),
  z.object({
    kind: z.enum(["bars", "forest"]),
    title: text,
    labels: labelled,
    value: text,
    series: z.array(z.object({ name: text, values: cells, low: limits, high: limits })),
    references: z.array(z.object({ at: number, label: text })),
  }),
]);

const schema = z.object({
  title: text,
  description: text,
  menus: z.array(z.object({ name: text, options: z.array(text).check(z.minLength(1)) })),
  views: z
    .array(z.object({ choice: z.array(text), charts: z.array(chart).check(z.minLength(1)) }))
    .check(z.minLength(1)),
  notes: z.array(text),
  provenance: z.nullable(provenance),
});

/** A payload of `application/vnd.vitrail.plot.v1+json`, checked throughout; throws one line that says where it is wrong. */
export function parsePlot(value: unknown): PlotPayload {
  const payload: PlotPayload = checked("plot payload", schema, value);
  checkPlot(payload);
  return payload;
}

/** Throws one line when the parts of a plot do not fit each other. */
export function checkPlot({ title, menus, views }: PlotPayload): void {
  const seen = new Set<string>();
  for (const { choice, charts } of views) {
    if (choice.length !== menus.length)
      throw new RangeError(
        `plot "${title}" has a view for ${choice.length} menus, there are ${menus.length}`,
      );
    menus.forEach(({ name, options }, i) => {
      if (!options.includes(choice[i]!))
        throw new RangeError(`menu "${name}" offers no "${choice[i]}": it has ${options.join(", ")}`);
    });
    const key = JSON.stringify(choice);
    if (seen.has(key)) throw new RangeError(`plot "${title}" has two views for ${key}`);
    seen.add(key);
    charts.forEach(checkChart);
  }
  const count = views.flatMap(({ charts }) => charts).reduce((sum, each) => sum + cellsOf(each), 0);
  if (count > mostCells)
    throw new RangeError(`plot "${title}" has ${count} values, the most is ${mostCells}: show fewer`);
}

function cellsOf(of: Chart): number {
  if (of.kind === "heatmap") return of.x.labels.length * of.y.labels.length;
  if (of.kind === "lines") return of.lines.reduce((sum, { x }) => sum + x.length, 0);
  return of.series.length * of.labels.labels.length;
}

function checkChart(of: Chart): void {
  const expectLength = (what: string, found: number, wanted: number, why: string) => {
    if (found !== wanted)
      throw new RangeError(`${of.kind} "${of.title}": ${what} has ${found} values, ${why} ${wanted}`);
  };
  const expectLimits = (
    each: { name: string; low: readonly unknown[] | null; high: readonly unknown[] | null },
    wanted: number,
  ) => {
    if ((each.low === null) !== (each.high === null))
      throw new RangeError(`${of.kind} "${of.title}": "${each.name}" has one limit without the other`);
    if (each.low === null || each.high === null) return;
    expectLength(`low of "${each.name}"`, each.low.length, wanted, "its values are");
    expectLength(`high of "${each.name}"`, each.high.length, wanted, "its values are");
    const { low, high } = each;
    const turned = low.findIndex((value, i) => Number(value ?? NaN) > Number(high[i] ?? NaN));
    if (turned >= 0)
      throw new RangeError(
        `${of.kind} "${of.title}": "${each.name}" has limits ${String(low[turned])} to ${String(high[turned])} at ${turned}, which do not rise`,
      );
  };
  const expectPlace = (what: string, at: number) => {
    if (!Number.isFinite(at))
      throw new RangeError(`${of.kind} "${of.title}": ${what} ${at}: a place must be a finite number`);
  };
  const expectLabels = ({ name, labels }: LabelledAxis) => {
    if (labels.length === 0)
      throw new RangeError(`${of.kind} "${of.title}": ${name} has no labels: it needs at least one`);
  };
  if (of.kind !== "heatmap")
    for (const { at, label } of of.references) expectPlace(`reference "${label}" is at`, at);
  if (of.kind === "heatmap") {
    expectLabels(of.y);
    expectLabels(of.x);
    expectLength("values", of.values.length, of.y.labels.length, `the labels of ${of.y.name} are`);
    of.values.forEach((row, i) =>
      expectLength(`row ${i}`, row.length, of.x.labels.length, `the labels of ${of.x.name} are`),
    );
    if (!Number.isFinite(of.lo) || !Number.isFinite(of.hi))
      throw new RangeError(
        `heatmap "${of.title}": colours from ${of.lo} to ${of.hi}: the ends must be finite and rising`,
      );
    if (!(of.lo < of.hi))
      throw new RangeError(`heatmap "${of.title}": colours from ${of.lo} to ${of.hi} do not rise`);
  } else if (of.kind === "lines")
    for (const each of of.lines) {
      expectLength(`"${each.name}"`, each.y.length, each.x.length, "its places are");
      each.x.forEach((place, i) => expectPlace(`place ${i} of "${each.name}" is`, place));
      expectLimits(each, each.x.length);
    }
  else {
    expectLabels(of.labels);
    for (const each of of.series) {
      const wanted = of.labels.labels.length;
      expectLength(`"${each.name}"`, each.values.length, wanted, `the labels of ${of.labels.name} are`);
      expectLimits(each, wanted);
    }
  }
}
