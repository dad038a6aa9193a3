import type { IdentificationItem } from "./item.js";
import { inputOf, instructionOf, type IdentificationPrompt } from "./prompt.js";

/** How a model wants to be asked: texts around an instruction and its input. */
export interface Wrapper {
  readonly name: string;
  /** With `{instruction}` and `{input}`. */
  readonly template: string;
  /** What stands between the prompt and the answer's first word, so that the word is one of the model's tokens. */
  readonly lead: string;
  readonly source: string;
}

/** Wrappers by name. Alpaca's and Koala's are their authors' strings; those of models that know no dialogue are ours. */
export const wrappers = {
  plain: {
    name: "plain",
    template: "{instruction}\n\n{input}\n\n",
    lead: "",
    source: "ours",
  },
  llama: {
    name: "llama",
    template: "{input}\n\n{instruction}\nAnswer:",
    lead: " ",
    source: "ours: the base model continues text and has no wrapper of its own",
  },
  alpaca: {
    name: "alpaca",
    template:
      "Below is an instruction that describes a task, paired with an input that provides further context. " +
      "Write a response that appropriately completes the request.\n\n" +
      "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:",
    lead: "",
    source: "Stanford Alpaca",
  },
  alpacaNoInput: {
    name: "alpacaNoInput",
    template:
      "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n" +
      "### Instruction:\n{instruction}\n\n{input}\n\n### Response:",
    lead: "",
    source: "Stanford Alpaca, without an input part",
  },
  koala: {
    name: "koala",
    template: "BEGINNING OF CONVERSATION: USER: {instruction}\n\n{input} GPT:",
    lead: " ",
    source: "Koala (EasyLM)",
  },
} as const satisfies Readonly<Record<string, Wrapper>>;

/** The prompt of an instruction and its input. */
export function wrap(wrapper: Wrapper, instruction: string, input: string): string {
  const texts: Readonly<Record<string, string>> = { instruction, input };
  return wrapper.template.replace(/\{(instruction|input)\}/g, (_, name: string) => texts[name]!);
}

/** The text that asks a model of an item, or of another input under the same instruction. */
export const askedText = (
  wrapper: Wrapper,
  prompt: IdentificationPrompt,
  item: IdentificationItem,
  input = inputOf(item),
): string => wrap(wrapper, instructionOf(prompt, item), input);
