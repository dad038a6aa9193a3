import { stridesOf } from "../payload/rowMajor.js";
import type { TensorPayload } from "../payload/tensor.js";
import { ranksAt } from "../payload/tensor.js";
import { printNumber, provenanceLine } from "../payload/words.js";
import type { Subject } from "./subject.js";

const bars = [..."▁▂▃▄▅▆▇█"];
const sparkBins = 32;
const mostRows = 8;
const mostColumns = 8;

const number = (value: number | null) => (value === null ? "–" : printNumber(value));

/** `[1, 5, 16] (batch, position, unit)` */
function printAxes({ axes, shape }: TensorPayload): string {
  return `[${shape.join(", ")}]${axes.length === 0 ? "" : ` (${axes.join(", ")})`}`;
}

function statisticsLine({ statistics: s }: TensorPayload): string {
  const infinite = s.positiveInfinity + s.negativeInfinity;
  const odd = `NaN ${s.nan}, infinite ${infinite}`;
  return `mean ${number(s.mean)}, std ${number(s.std)}, min ${number(s.min)}, max ${number(s.max)}, ${odd}`;
}

/** Counts as bars of eight heights; whatever is not empty is seen. */
function sparkLine({ histogram }: TensorPayload): string[] {
  if (histogram === null) return [];
  const { lo, hi, counts } = histogram;
  const together = Math.ceil(counts.length / sparkBins);
  const sums = Array.from({ length: Math.ceil(counts.length / together) }, (_, i) =>
    counts.slice(i * together, (i + 1) * together).reduce((sum, each) => sum + each, 0),
  );
  const most = Math.max(...sums);
  const line = sums.map((sum) => (sum === 0 ? " " : bars[Math.ceil((sum / most) * bars.length) - 1]!));
  return [`${number(lo)} ${line.join("")} ${number(hi)}`];
}

function shardLines({ shards, axes }: TensorPayload): string[] {
  return shards.map(
    ({ axis, parts }) =>
      `split by ${axes[axis]}: ${parts
        .map(
          ({ ranks, from, to }) =>
            `${ranks.length === 1 ? "rank" : "ranks"} ${ranks.join(", ")} ${entries(from, to)}`,
        )
        .join("; ")}`,
  );
}

const entries = (from: number, to: number) => (to - from === 1 ? `${from}` : `${from}–${to - 1}`);

/** Which entries of which axes are kept, where not all are. */
function partWords({ part, shape, axes }: TensorPayload): string {
  return axes
    .map((axis, i) => ({ axis, from: part.from[i]!, kept: part.block.shape[i]!, of: shape[i]! }))
    .filter(({ kept, of }) => kept < of)
    .map(({ axis, from, kept, of }) => `${axis}=${entries(from, from + kept)} of ${of}`)
    .join(", ");
}

/** The first rows and columns of the slice shown first, as NumPy prints arrays. */
function corner({ data, shape, axes }: Subject, { view, shards }: TensorPayload): string[] {
  if (view.columns === null) return [printNumber(data[0]!)];
  const strides = stridesOf(shape);
  const { rows, columns, index } = view;
  const fixed = axes
    .map((axis, i) => ({ axis, i }))
    .filter(({ i }) => i !== rows && i !== columns && shape[i]! > 1)
    .map(({ axis, i }) => `${axis}=${index[i]}`);
  const base = index.reduce(
    (sum, at, axis) => sum + (axis === rows || axis === columns ? 0 : at * strides[axis]!),
    0,
  );
  const rowCount = rows === null ? 1 : shape[rows]!;
  const columnCount = shape[columns]!;
  const shown = Array.from({ length: Math.min(rowCount, mostRows) }, (_, row) =>
    Array.from({ length: Math.min(columnCount, mostColumns) }, (_, column) =>
      printNumber(data[base + (rows === null ? 0 : row * strides[rows]!) + column * strides[columns]!]!),
    ),
  );
  const width = Math.max(...shown.flat().map((text) => text.length));
  const ranks = ranksAt(
    shards.filter(({ axis }) => axis !== rows && axis !== columns),
    index,
  );
  const where = [
    ...fixed,
    ...(ranks === undefined || fixed.length === 0 ? [] : [`rank ${ranks.join(", ")}`]),
  ];
  const what = rows === null ? axes[columns]! : `${axes[rows]} × ${axes[columns]}`;
  return [
    `${what}${where.length === 0 ? "" : ` at ${where.join(", ")}`}:`,
    ...shown.map(
      (row) =>
        `  ${row.map((text) => text.padStart(width)).join(" ")}${columnCount > mostColumns ? " …" : ""}`,
    ),
    ...(rowCount > mostRows ? ["  …"] : []),
  ];
}

/** What a terminal, a diff or a screen reader gets instead of the figure. */
export function tensorText(subject: Subject, payload: TensorPayload): string {
  const { name, alias, statistics, truncated, provenance } = payload;
  return [
    `${name} ${printAxes(payload)} ${payload.dtype}, ${statistics.count} ${statistics.count === 1 ? "value" : "values"}${statistics.padding ? ` and ${statistics.padding} of padding, which are not counted` : ""}${alias === null ? "" : ` (${alias})`}`,
    statisticsLine(payload),
    ...sparkLine(payload),
    ...shardLines(payload),
    ...corner(subject, payload),
    ...(truncated === null
      ? []
      : [
          `the notebook keeps ${truncated.kept} of ${truncated.of} values (${partWords(payload)}): ${truncated.reason}`,
        ]),
    ...(provenance === null ? [] : [provenanceLine(provenance)]),
  ].join("\n");
}

/** Alternative text of the picture. */
export function tensorAlt(payload: TensorPayload): string {
  const { rows, columns, index } = payload.view;
  const where = payload.axes
    .filter((_, axis) => axis !== rows && axis !== columns && payload.shape[axis]! > 1)
    .map((axis) => ` at ${axis}=${index[payload.axes.indexOf(axis)]}`)
    .join("");
  const slice =
    columns === null
      ? ""
      : `; colours of ${rows === null ? "" : `${payload.axes[rows]} by `}${payload.axes[columns]}${where}`;
  return `${payload.name} ${printAxes(payload)}: ${statisticsLine(payload)}${slice}`;
}
