import { nearest } from "../graph/nearest.js";
import type { BackwardOptions } from "./backward/types.js";
import type { GenerateOptions, ScoreOptions } from "./generation/types.js";
import type { PrefixOptions } from "./prefix.js";
import type { ForwardOptions, OpenOptions } from "./types.js";

/** Every option of a call by name; the compiler says when one is missing here. */
export type OptionNames<Options> = Readonly<Record<NamesOf<Options>, true>>;

/** The names in any part of a union. */
type NamesOf<Options> = Options extends unknown ? keyof Options : never;

/**
 * Throws one line for what is no options of a call, or for one that it does not have, as from code that no compiler has
 * seen: an option that is misspelt would be as if it were not there.
 *
 * @param call as it is written, such as `session.forward`
 */
export function checkOptions<Options extends object>(
  call: string,
  given: Options,
  names: OptionNames<Options>,
): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    const hint = Array.isArray(given) && "hooks" in names ? "{ hooks: […] }" : "an object";
    throw new Error(
      `options of ${call} are ${Array.isArray(given) ? "a list" : String(given)}: give ${hint}`,
    );
  }
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(names, name));
  if (unknown !== undefined)
    throw new Error(
      `${call} has no option "${unknown}": nearest is ${nearest(unknown, Object.keys(names))[0]}`,
    );
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
