import type { Budget } from "../budget.js";
import type { Scale } from "../payload/scale.js";
import type { Histogram, TensorPayload, TensorStatistics } from "../payload/tensor.js";
import type { Subject } from "./subject.js";

export interface TensorOptions {
  /** What the figure is called. Default: the hook point, or `tensor`. */
  readonly name?: string;
  /** Axes shown first, by name or number. Default: the last two with more than one entry. */
  readonly rows?: string | number;
  readonly columns?: string | number;
  /** Entry of each axis shown first, by the axis's name: `{ head: 3 }`. Default 0. Where not all values are kept, those around it are. */
  readonly index?: Readonly<Record<string, number>>;
  /** How values become colours. Default: `asinh` where nine of ten lie in two of the 64 bins of the histogram, else `linear`. */
  readonly scale?: "linear" | "asinh";
  /** Bytes of the payload: whole tensors up to `soft`, the slice shown first up to `hard`. Default 1 MB and 4 MB. */
  readonly budget?: Partial<Budget>;
}

/** What is shown first. Throws one line for an axis or an entry that is not there. */
export function viewOf(
  subject: Subject,
  statistics: TensorStatistics,
  histogram: Histogram | null,
  options: TensorOptions,
): TensorPayload["view"] {
  return {
    ...axesOf(subject, options),
    index: indexOf(subject, options.index ?? {}),
    scale: scaleOf(statistics, histogram, options.scale),
  };
}

function numberOf({ name, axes, shape }: Subject, axis: string | number): number {
  const number = typeof axis === "number" ? axis : axes.indexOf(axis);
  if (!Number.isInteger(number) || number < 0 || number >= axes.length)
    throw new RangeError(
      `${name} has no axis ${JSON.stringify(axis)}: its axes are [${axes.join(", ")}] of shape [${shape.join(", ")}]`,
    );
  return number;
}

function axesOf(subject: Subject, options: TensorOptions): { rows: number | null; columns: number | null } {
  const { shape, axes, name } = subject;
  const given = (axis: string | number | undefined) =>
    axis === undefined ? undefined : numberOf(subject, axis);
  const [rows, columns] = [given(options.rows), given(options.columns)];
  if (shape.length < 2) {
    if (rows !== undefined)
      throw new RangeError(`rows ${JSON.stringify(options.rows)}: ${name} has ${shape.length} axes`);
    return { rows: null, columns: shape.length === 0 ? null : 0 };
  }
  if (rows !== undefined && rows === columns)
    throw new RangeError(`rows and columns of ${name} are both ${axes[rows]}`);
  // Long axes first, each sort the last axis first.
  const order = shape.map((_, axis) => axis).reverse();
  const free = [...order.filter((axis) => shape[axis]! > 1), ...order.filter((axis) => shape[axis] === 1)];
  const rest = free.filter((axis) => axis !== rows && axis !== columns);
  if (rows === undefined && columns === undefined) {
    const [a, b] = [rest[0]!, rest[1]!];
    return { rows: Math.min(a, b), columns: Math.max(a, b) };
  }
  return { rows: rows ?? rest[0]!, columns: columns ?? rest[0]! };
}

function indexOf(subject: Subject, given: Readonly<Record<string, number>>): number[] {
  const { shape, axes, name } = subject;
  const index = shape.map(() => 0);
  for (const [axis, at] of Object.entries(given)) {
    const number = numberOf(subject, axis);
    if (!Number.isInteger(at) || at < 0 || at >= shape[number]!)
      throw new RangeError(`${axes[number]} ${at} is outside the ${shape[number]} of ${name}`);
    index[number] = at;
  }
  return index;
}

/** Linear colours tell values apart where no two neighbouring bins hold more than this share of them. */
const crowded = 0.9;

/** From zero to the largest, or as far below zero as above where there are both signs. */
function scaleOf(
  { min, max }: TensorStatistics,
  histogram: Histogram | null,
  kind: TensorOptions["scale"],
): Scale {
  const size = Math.max(Math.abs(min ?? 0), Math.abs(max ?? 0));
  const hi = size === 0 ? 1 : size;
  const lo = (min ?? 0) < 0 ? -hi : 0;
  return { kind: kind ?? (isCrowded(histogram) && min !== max ? "asinh" : "linear"), lo, hi };
}

function isCrowded(histogram: Histogram | null): boolean {
  const counts = histogram?.counts ?? [];
  const all = counts.reduce((sum, each) => sum + each, 0);
  return counts.some((each, bin) => each + (counts[bin + 1] ?? 0) > crowded * all);
}
