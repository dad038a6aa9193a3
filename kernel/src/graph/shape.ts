/** A size: known, or a symbol such as `batch` that is bound when the graph runs. */
export type Dim = number | string;

/** Row-major shape of a tensor. */
export type Shape = readonly Dim[];

/** `[batch, position, 768]`, as errors and tables print it. */
export function printShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}
