import { checkNames, type OptionNames } from "../display/checkNames.js";
import { nearest } from "../graph/nearest.js";
import type { BackwardOptions } from "./backward/types.js";
import type { GenerateOptions, ScoreOptions } from "./generation/types.js";
import type { PrefixOptions } from "./prefix.js";
import type { ForwardOptions, OpenOptions } from "./types.js";

export type { OptionNames };

/** Throws one line, with the nearest valid name, for an option that a call does not have: see `checkNames`. */
export function checkOptions<Options extends object>(
  call: string,
  given: Options,
  names: OptionNames<Options>,
): void {
  checkNames(call, given, names, (unknown, all) => `nearest is ${nearest(unknown, all)[0]}`);
}

const choice = { hooks: true, groups: true, complement: true, signal: true } as const;

export const openOptions: OptionNames<OpenOptions> = {
  name: true,
  devices: true,
  mesh: true,
  weights: true,
  quantise: true,
  threads: true,
  collectives: true,
  idleMinutes: true,
  revision: true,
  quiet: true,
};

export const forwardOptions: OptionNames<ForwardOptions> = {
  ...choice,
  logits: true,
  stopAfter: true,
  readout: true,
  after: true,
};

export const backwardOptions: OptionNames<BackwardOptions> = {
  ...choice,
  loss: true,
  logits: true,
  read: true,
  given: true,
  trained: true,
  at: true,
  parameters: true,
  activations: true,
};

export const generateOptions: OptionNames<GenerateOptions> = {
  ...choice,
  maxTokens: true,
  temperature: true,
  topP: true,
  topK: true,
  seed: true,
  stop: true,
  stream: true,
  onToken: true,
  forced: true,
};

export const prefixOptions: OptionNames<PrefixOptions> = choice;
export const scoreOptions: OptionNames<ScoreOptions> = choice;
