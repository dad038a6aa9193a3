import { checkOptions, type OptionNames } from "../../session/options.js";
import { promptGrid, type IdentificationPrompt } from "./prompt.js";
import { firstWording, promptWordings, type Wording } from "./wording.js";

export interface VariantOptions {
  /** Cells of the grid. Default: all four. */
  readonly prompts?: readonly IdentificationPrompt[];
  /** Default: all of `promptWordings`. */
  readonly wordings?: readonly Wording[];
  /** Whether each is asked with no first, too: `Yes or No` and `No or Yes`. Default false. */
  readonly bothOrders?: boolean;
}

const optionNames: OptionNames<VariantOptions> = { prompts: true, wordings: true, bothOrders: true };

/**
 * Prompts in several wordings, for `wordingRows`, and in both orders of the answers, for `orderRows`. Those in the first
 * wording with yes first are the given ones. Throws one line for wordings that share a name.
 */
export function promptVariants(options: VariantOptions = {}): IdentificationPrompt[] {
  checkOptions("promptVariants", options, optionNames);
  const { prompts = promptGrid, wordings = promptWordings, bothOrders = false } = options;
  const names = wordings.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`two wordings are called "${twice}": each needs its own name`);
  return wordings.flatMap((wording) =>
    prompts.flatMap((prompt) => {
      const isFirst = wording === firstWording;
      const worded = isFirst ? prompt : { ...prompt, name: `${prompt.name}, ${wording.name}`, wording };
      return bothOrders ? [worded, { ...worded, name: `${worded.name}, no first`, noFirst: true }] : [worded];
    }),
  );
}
