import { checkOptions, type OptionNames } from "../../session/options.js";
import type { GridData, GridOptions } from "./gridTypes.js";
import { sharedNames } from "./settings.js";

const optionNames: OptionNames<GridOptions> = {
  ...sharedNames,
  seeds: true,
  learningRates: true,
  select: true,
  measure: true,
  from: true,
};
const dataNames: OptionNames<GridData> = { train: true, validation: true, test: true };

/** Throws one line for an option or a part of the data that a grid does not have. */
export function checkGrid(data: GridData, options: GridOptions): void {
  checkOptions("tuneGrid", options, optionNames);
  checkOptions("data of tuneGrid", data, dataNames);
}

/** Throws one line for what is no list, one that is empty, or one that holds something twice. */
export function checkLists(lists: Readonly<Record<string, readonly number[]>>): void {
  for (const [name, list] of Object.entries(lists)) {
    if (!Array.isArray(list)) throw new Error(`${name} ${String(list)}: give a list, such as [0, 1]`);
    if (list.length === 0) throw new Error(`${name}: give one or more`);
    const twice = list.find((each, i) => list.slice(0, i).includes(each)) as number | undefined;
    if (twice !== undefined) throw new Error(`${name}: ${twice} stands twice, and would be the same run`);
  }
}
