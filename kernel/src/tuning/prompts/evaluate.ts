import type { Displayable } from "../../display/index.js";
import { checkOptions, type OptionNames } from "../../session/options.js";
import type { Session } from "../../session/session.js";
import { classLogs } from "./classLogs.js";
import { checkRows } from "./rows.js";
import { shownClasses } from "./shownClasses.js";
import type { SoftPrompt } from "./softPrompt.js";
import type { TuningRow } from "./types.js";
import type { LabelWord } from "./verbaliser.js";

/** How texts are put before a prompt, and its answers read. */
export interface PromptReading {
  /** One or several words of each class, each of one or several tokens. */
  readonly words: readonly (LabelWord | readonly LabelWord[])[];
  /** What the model reads of a text; default `{text}`. */
  readonly template?: string;
  /**
   * Texts without content, such as `"N/A"` and `""`, by whose mean probabilities those of every text are divided (contextual
   * calibration, Zhao et al. 2021). Default: none.
   */
  readonly calibrate?: readonly (string | readonly number[])[];
}

export interface ClassifyPromptOptions extends PromptReading {
  /** Rows of one forward pass. Default 16. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
  /** No progress bar, which there is for more than one pass. */
  readonly quiet?: boolean;
}

const optionNames: OptionNames<ClassifyPromptOptions> = {
  words: true,
  template: true,
  calibrate: true,
  batch: true,
  signal: true,
  quiet: true,
};

/** How a prompt does on labelled rows. */
export interface Evaluation {
  /** Mean cross-entropy of the right class, nats. */
  readonly loss: number;
  /** Share of rows whose likeliest class is the right one; classes that are equally likely are wrong. */
  readonly accuracy: number;
}

/**
 * Probabilities of the classes of each text under a prompt, [row][class]: softmax over the label words of the logits at its
 * last token, which are the only ones that are computed. The prompt is read once, and every text goes on from its keys and
 * values. Throws one line when a text, a word or the prompt does not fit.
 *
 * @param prompt undefined for the template alone
 */
export async function classifyByPrompt(
  session: Session,
  prompt: SoftPrompt | undefined,
  texts: readonly (string | readonly number[])[],
  options: ClassifyPromptOptions,
): Promise<number[][] & Displayable> {
  checkOptions("classifyByPrompt", options, optionNames);
  const logs = await classLogs(session, prompt, texts, options);
  return shownClasses(
    logs.map((each) => each.map(Math.exp)),
    texts,
    options.words,
  );
}

/** Whether a class is the likeliest of a row, and alone in it: a tie names no class. */
export function isRight(said: ArrayLike<number>, label: number): boolean {
  return Array.from(said).every((other, each) => each === label || other < said[label]!);
}

/** Loss and accuracy of a prompt on labelled rows. Throws as `classifyByPrompt` does. */
export async function evaluatePrompt(
  session: Session,
  prompt: SoftPrompt | undefined,
  rows: readonly TuningRow[],
  options: ClassifyPromptOptions,
): Promise<Evaluation> {
  checkOptions("evaluatePrompt", options, optionNames);
  checkRows(rows, options.words?.length, "rows to evaluate a prompt on");
  const all = await classLogs(
    session,
    prompt,
    rows.map(({ text }) => text),
    options,
  );
  let loss = 0;
  let right = 0;
  all.forEach((logs, i) => {
    loss -= logs[rows[i]!.label]! / rows.length;
    if (isRight(logs, rows[i]!.label)) right += 1;
  });
  return { loss, accuracy: right / rows.length };
}
