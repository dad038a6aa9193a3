import type { Asking } from "./asking.js";
import type { IdentificationItem } from "./item.js";
import type { Calibration } from "./judgement.js";
import { optionsOf, statementsOf, verdictCue, withoutContent, type IdentificationPrompt } from "./prompt.js";
import { askedText, wrap, type Wrapper } from "./wrapper.js";

/**
 * What judgements are divided by: what the model says under the same instruction of an input without content (`contextual`,
 * Zhao et al. 2021, arXiv 2102.09690), or of nothing but a premise that a verdict is due (`pmi`, the domain-conditional
 * pointwise mutual information PMI_DC of Holtzman et al. 2021, arXiv 2104.08315: log P(verdict | x) − log P(verdict | premise)).
 */
export type CalibrationKind = (typeof calibrationKinds)[number];

export const calibrationKinds = ["contextual", "pmi"] as const;

/**
 * What is asked without the item: the instruction with the input `N/A`, or for `pmi` the premise, which is both answers alone
 * in the wrapper, such as `Yes or No\nAnswer:`, with the cue behind it where the verdict follows reasoning.
 */
export function askedOfNothing(
  kind: CalibrationKind,
  wrapper: Wrapper,
  prompt: IdentificationPrompt,
  item: IdentificationItem,
): string {
  if (kind === "contextual") return askedText(wrapper, prompt, item, withoutContent);
  const premise = wrap(wrapper, optionsOf(prompt), "").trimStart();
  return prompt.reason ? premise + verdictCue : premise;
}

/** Asks without an item, once for each text and pair of verdicts. */
export class Calibrating {
  readonly #found = new Map<string, Calibration>();

  constructor(
    private readonly kind: CalibrationKind,
    private readonly asking: Asking,
    private readonly wrapper: Wrapper,
  ) {}

  get all(): Calibration[] {
    return [...this.#found.values()];
  }

  async of(prompt: IdentificationPrompt, item: IdentificationItem): Promise<Calibration> {
    const asked = askedOfNothing(this.kind, this.wrapper, prompt, item);
    const key = JSON.stringify([asked, statementsOf(item)]);
    const before = this.#found.get(key);
    if (before !== undefined) return before;
    const said =
      this.kind === "contextual"
        ? await this.asking.verdict(asked, prompt, item)
        : { text: "", ...(await this.asking.said(asked, item, prompt.reason)) };
    const found = { asked, ...said };
    this.#found.set(key, found);
    return found;
  }
}
