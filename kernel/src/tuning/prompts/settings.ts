import { checkOptions, type OptionNames } from "../../session/options.js";
import { randomNumbers } from "../../session/sampling.js";
import { Optimiser, type OptimiserOptions } from "../optimisers/optimiser.js";
import { checkInitial } from "./initial.js";
import { checkTemplate } from "./template.js";
import type { TuneOptions } from "./types.js";

/** The optimiser that a tuning takes, as data. */
export function optimiserOf({ optimiser, learningRate = 0.01 }: TuneOptions): OptimiserOptions {
  const kind = optimiser ?? { kind: "adamW", weightDecay: 0 };
  return { ...kind, learningRate } as OptimiserOptions;
}

/** The options of `tune` that all runs of a grid share. */
export const sharedNames: OptionNames<Omit<TuneOptions, "from" | "seed" | "learningRate">> = {
  words: true,
  template: true,
  tokens: true,
  init: true,
  text: true,
  deviation: true,
  deep: true,
  optimiser: true,
  schedule: true,
  epochs: true,
  totalEpochs: true,
  batch: true,
  accumulate: true,
  clip: true,
  patience: true,
  shuffle: true,
  signal: true,
  quiet: true,
};
const optionNames: OptionNames<TuneOptions> = { ...sharedNames, from: true, seed: true, learningRate: true };

/** Throws one line, with the value, for a setting that is no such thing, whatever the model and the data. */
export function checkSettings(options: TuneOptions): void {
  checkOptions("tune", options, optionNames);
  const { tokens = 8, seed = 0, epochs = 5, batch = 16, accumulate = 1, totalEpochs = 1 } = options;
  const { patience, clip, schedule, template = "{text}" } = options;
  for (const [name, count] of Object.entries({ epochs, batch, accumulate, totalEpochs }))
    if (!Number.isInteger(count) || count < 1) throw new Error(`${name} ${count}: must be 1 or more`);
  if (patience !== undefined && !(patience >= 1))
    throw new Error(`patience ${patience}: must be 1 epoch or more`);
  if (clip !== undefined && !(clip > 0)) throw new Error(`clip ${clip}: must be above 0`);
  randomNumbers(seed);
  for (const name of ["deep", "shuffle", "quiet"] as const) {
    const given: unknown = options[name];
    if (given !== undefined && typeof given !== "boolean")
      throw new Error(`${name} ${JSON.stringify(given)}: must be true or false`);
  }
  checkInitial(tokens, options);
  checkTemplate(template);
  const settings = optimiserOf(options);
  // Of no parameters, so that its settings are looked at before there is a prompt.
  new Optimiser([], settings);
  if (settings.learningRate !== "relative") return;
  if (settings.kind !== "adafactor")
    throw new Error(`learningRate "relative": ${settings.kind} has none, choose a number or adafactor`);
  if (schedule !== undefined && (schedule.kind !== "constant" || (schedule.warmup ?? 0) > 0))
    throw new Error(
      `schedule ${JSON.stringify(schedule)}, and learningRate "relative": the rate has a schedule of its own`,
    );
}
