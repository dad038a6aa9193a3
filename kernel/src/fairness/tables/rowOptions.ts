import { checkOptions, type OptionNames } from "../../session/options.js";
import type { RateRowsOptions } from "./gapRows.js";

/** What every table of predictions takes, by name. */
export const rateNames: OptionNames<RateRowsOptions> = { classes: true, about: true, kept: true };

/** Throws one line for an option that a table of predictions does not have, and for names that are no list, or stand in it twice. */
export function checkRowOptions<Options extends RateRowsOptions>(
  call: string,
  options: Options,
  names: OptionNames<Options>,
): void {
  checkOptions(call, options, names);
  const { classes, metrics }: RateRowsOptions & { readonly metrics?: unknown } = options;
  for (const [name, list] of Object.entries({ classes, metrics }))
    if (Object.hasOwn(names, name) && !Array.isArray(list))
      throw new Error(`${call} with ${name} ${JSON.stringify(list)}: give a list of names`);
  for (const [name, list] of Object.entries({ classes, metrics })) {
    const twice = Array.isArray(list) ? list.find((each, i) => list.indexOf(each) < i) : undefined;
    if (twice !== undefined) throw new Error(`${call} with ${name} of which "${String(twice)}" stands twice`);
  }
}
