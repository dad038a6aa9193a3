/** A size: known, or a symbol such as `batch` that is bound when the graph runs. */
export type Dim = number | string;

/** Row-major shape of a tensor. */
export type Shape = readonly Dim[];

/** `[batch, position, 768]`, as errors and tables print it. */
export function printShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** An error about an operation and the shapes it was given. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
  constructor(operation: string, shapes: readonly Shape[], why: string) {
    super(`${operation} of ${shapes.map(printShape).join(" and ")}: ${why}`);
  }
}

/** NumPy broadcasting of two shapes; a symbol meets only itself or 1. Throws `ShapeError`. */
export function broadcast(operation: string, a: Shape, b: Shape): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x === y || y === 1) return x;
    if (x === 1) return y;
    throw new ShapeError(operation, [a, b], `axis ${i - rank} has sizes ${x} and ${y}`);
  });
}

/** `axis` counted from the front; negative counts from the back. Throws `ShapeError` when out of range. */
export function normalAxis(operation: string, shape: Shape, axis: number): number {
  const normal = axis < 0 ? axis + shape.length : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= shape.length) {
    throw new ShapeError(operation, [shape], `axis ${axis} is not one of its ${shape.length}`);
  }
  return normal;
}
