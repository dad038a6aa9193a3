import type { Provenance } from "../../display/payload/provenance.js";
import type { Session } from "../../session/session.js";
import { sumOf } from "../statistics/mean.js";
import type { IdentificationItem } from "./item.js";
import type { IdentifiedModel, Said, Scoring } from "./judgement.js";
import { statementsOf, verdictCue, type IdentificationPrompt } from "./prompt.js";
import type { Wrapper } from "./wrapper.js";

const words = { yes: ["Yes", "yes", "YES"], no: ["No", "no", "NO"] };

/** Reasoning as it stands before the cue: a model that does as it is told gives a verdict of its own, which is cut. */
const reasoningOf = (text: string) => text.replace(/\bverdict\s*:[^]*$/i, "").trim();

/** Puts texts before a model, and hears its verdicts. */
export class Asking {
  #provenance: Provenance | undefined;

  constructor(
    private readonly session: Pick<Session, "score" | "generate">,
    private readonly how: {
      readonly wrapper: Wrapper;
      readonly scoring: Scoring;
      readonly maxTokens: number;
      readonly signal?: AbortSignal;
    },
  ) {}

  /** The model that ran. */
  get model(): IdentifiedModel {
    const { model: name, fingerprint, edited } = this.#provenance!;
    return { name, fingerprint, ...(edited && { edited }) };
  }

  /** What the model writes behind a text, nothing drawn at random. */
  async generated(text: string, maxTokens = this.how.maxTokens): Promise<string> {
    const run = await this.session.generate(text, { maxTokens, stream: false, ...this.#cancel });
    this.#provenance = run.provenance;
    return run.rows[0]!.text;
  }

  /** Yes against no right behind a text; a text with a cue, which says that a verdict is due, is followed by a space. */
  async said(text: string, item: IdentificationItem, hasCue: boolean): Promise<Said> {
    const { wrapper, scoring } = this.how;
    const { yes, no } = statementsOf(item);
    const verdicts = scoring === "logProbability" ? { yes: [yes], no: [no] } : words;
    const lead = hasCue ? " " : wrapper.lead;
    const texts = [...verdicts.yes, ...verdicts.no].map((word) => lead + word);
    const run = await this.session.score(text, texts, this.#cancel);
    this.#provenance = run.provenance;
    const totals = run.scores.map(({ total }) => total);
    // Sentences of many tokens have probabilities that are no float any more; only their ratio is asked for.
    const greatest = Math.max(...totals);
    const sum = (from: number, to: number) =>
      sumOf(totals.slice(from, to).map((total) => Math.exp(total - greatest)));
    return { yes: sum(0, verdicts.yes.length), no: sum(verdicts.yes.length, texts.length) };
  }

  /** The verdict behind what is asked, or behind it, the model's reasoning and a cue where the prompt asks for reasoning. */
  async verdict(
    asked: string,
    prompt: IdentificationPrompt,
    item: IdentificationItem,
  ): Promise<Said & { readonly text: string }> {
    if (!prompt.reason) return { text: "", ...(await this.said(asked, item, false)) };
    const text = await this.generated(asked);
    const told = asked + this.how.wrapper.lead + reasoningOf(text) + verdictCue;
    return { text, ...(await this.said(told, item, true)) };
  }

  get #cancel(): { readonly signal?: AbortSignal } {
    const { signal } = this.how;
    return signal === undefined ? {} : { signal };
  }
}
