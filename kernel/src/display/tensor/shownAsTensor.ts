import { inspect, type InspectOptions } from "node:util";
import { displaySymbol, type Displayable } from "../bundle.js";
import { isWithin } from "../shown.js";
import { tensor } from "./tensor.js";
import type { TensorSource } from "./subject.js";

type Values = Pick<TensorSource, "shape" | "data">;
type About = Omit<TensorSource, keyof Values> & { readonly name: string };

/**
 * Values with a shape that stay plain data and also show as `tensor` shows them; inside of something else, such as a map of
 * several, in one line.
 *
 * @param about what the values are called and where they come from, asked for when they are first shown
 */
export function shownAsTensor<T extends Values>(values: T, about: () => About): T & Displayable {
  const figure = () => tensor({ ...about(), shape: values.shape, data: values.data }).bundle;
  const print = (depth: number | null, options: InspectOptions) =>
    isWithin(depth, options)
      ? `${about().name} [${values.shape.join(", ")}] f32`
      : String(figure().data["text/plain"]);
  Object.defineProperty(values, displaySymbol, { value: figure, enumerable: false });
  Object.defineProperty(values, inspect.custom, { value: print, enumerable: false });
  return values as T & Displayable;
}
