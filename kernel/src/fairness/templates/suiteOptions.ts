import { checkOptions, type OptionNames } from "../../session/options.js";

/** How a suite that is always there is made. */
export interface SuiteOptions {
  /** Also the sentences that name no group (`withUnmarked`). Default false. */
  readonly unmarked?: boolean;
}

const optionNames: OptionNames<SuiteOptions> = { unmarked: true };

/** Throws one line for an option that a suite does not have. */
export function checkSuiteOptions(call: string, options: SuiteOptions): void {
  checkOptions(call, options, optionNames);
}
