import { inspect } from "node:util";
import { bundleOf, displaySymbol, type Displayable } from "./bundle.js";

/** Plain data that also shows as a figure, in notebooks and in the console; the figure is made when it is first shown. */
export function shownAs<T extends object>(data: T, figure: () => Displayable): T & Displayable {
  let made: Displayable | undefined;
  const of = () => bundleOf((made ??= figure()));
  Object.defineProperty(data, displaySymbol, { value: of, enumerable: false });
  Object.defineProperty(data, inspect.custom, { value: () => of().data["text/plain"], enumerable: false });
  return data as T & Displayable;
}
