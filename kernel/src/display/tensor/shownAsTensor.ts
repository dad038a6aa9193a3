import { inspect, type InspectOptions } from "node:util";
import { displaySymbol, type Displayable } from "../bundle.js";
import { isWithin } from "../shown.js";
import { tensor } from "./tensor.js";
import type { TensorSource } from "./subject.js";

type Values = Pick<TensorSource, "shape" | "data">;
type About = Omit<TensorSource, keyof Values> & { readonly name: string };

/** A tensor in the inspector: by itself as `tensor` writes it, inside of something else in one line. */
export function printTensor(
  source: TensorSource & { readonly name: string },
  depth: number | null,
  options: InspectOptions,
): string {
  if (isWithin(depth, options)) return `${source.name} [${source.shape.join(", ")}] f32`;
  return String(tensor(source).bundle.data["text/plain"]);
}

/**
 * Values with a shape that stay plain data and also show as `tensor` shows them; inside of something else, such as a map of
 * several, in one line.
 *
 * @param about what the values are called and where they come from, asked for when they are first shown
 */
export function shownAsTensor<T extends Values>(values: T, about: () => About): T & Displayable {
  const figure = () => tensor({ ...about(), shape: values.shape, data: values.data }).bundle;
  const print = (depth: number | null, options: InspectOptions) =>
    printTensor({ ...about(), shape: values.shape, data: values.data }, depth, options);
  Object.defineProperty(values, displaySymbol, { value: figure, enumerable: false });
  Object.defineProperty(values, inspect.custom, { value: print, enumerable: false });
  return values as T & Displayable;
}
