import { inspect, type InspectOptions } from "node:util";
import { bundleOf, displaySymbol, type Displayable } from "./bundle.js";

/** Plain data that also shows as a figure, in notebooks and in the console; the figure is made when it is first shown. */
export function shownAs<T extends object>(data: T, figure: () => Displayable): T & Displayable {
  let made: Displayable | undefined;
  return shownAsItIs(data, () => (made ??= figure()));
}

/** What changes while it lives: its figure is made anew each time it is shown. */
export function shownAsItIs<T extends object>(data: T, figure: () => Displayable): T & Displayable {
  const of = () => bundleOf(figure());
  Object.defineProperty(data, displaySymbol, { value: of, enumerable: false });
  Object.defineProperty(data, inspect.custom, { value: () => of().data["text/plain"], enumerable: false });
  return data as T & Displayable;
}

/** Whether the inspector prints a value inside of another one, where there is room for a line. */
export function isWithin(depth: number | null, options: InspectOptions): boolean {
  return typeof depth === "number" && typeof options.depth === "number" && depth < options.depth;
}
