import { progress, type Displayable } from "../../display/index.js";
import { checkOptions, type OptionNames } from "../../session/options.js";
import type { Session } from "../../session/session.js";
import { askClasses } from "./asked.js";
import { calibrate } from "./calibrate.js";
import { checkPrompt, idsOf, promptEdits, withPlaceholders, type SoftPrompt } from "./softPrompt.js";
import { checkRows } from "./rows.js";
import { shownClasses } from "./shownClasses.js";
import { checkTemplate, inTemplate } from "./template.js";
import type { TuningRow } from "./types.js";
import { verbaliser, type LabelWord } from "./verbaliser.js";

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
  const { words: wanted, template = "{text}", calibrate: without, batch = 16, signal } = options;
  if (!Array.isArray(texts)) throw new Error(`texts are ${typeof texts}: give a list of them`);
  checkTemplate(template);
  if (!Number.isInteger(batch) || batch < 1) throw new Error(`batch ${batch}: must be 1 or more`);
  const words = await verbaliser(session, wanted);
  if (prompt) await checkPrompt(session, prompt);
  const tokens = prompt?.tokens ?? 0;
  if (without !== undefined && (!Array.isArray(without) || without.length === 0))
    throw new Error("calibrate: give one or more texts without content, such as N/A");
  const read = [...texts, ...(without ?? [])].map((text) =>
    typeof text === "string" ? inTemplate(template, text) : text,
  );
  const ids = await idsOf(session, read, tokens + words.longest - 1);
  const classes = words.sizes.length;
  // Rows of like length run together, so that little is padding.
  const order = [...ids.keys()].sort((a, b) => ids[a]!.length - ids[b]!.length || a - b);
  const probabilities: number[][] = [];
  const stop = signal && { signal };
  const after =
    prompt &&
    (await session.prefix(withPlaceholders(tokens, [[]]), { hooks: promptEdits(session, prompt), ...stop }));
  const many = order.length > batch && options.quiet !== true;
  const bar = many ? progress(order.length, "classifying texts") : undefined;
  try {
    for (let from = 0; from < order.length; from += batch) {
      const part = order.slice(from, from + batch);
      const {
        rows,
        logits,
        given,
        classes: logClasses,
      } = askClasses(
        words,
        part.map((i) => ids[i]!),
      );
      const run = await session.forward(rows, {
        logits,
        ...(after && { after }),
        readout: { given, compute: (values) => ({ classes: logClasses(values).exp() }) },
        ...stop,
      });
      const { data } = run.readout.get("classes")!;
      part.forEach((i, row) => (probabilities[i] = [...data.subarray(row * classes, (row + 1) * classes)]));
      bar?.advance(part.length);
    }
  } finally {
    bar?.finish();
    after?.release();
  }
  const said = probabilities.slice(0, texts.length);
  if (without === undefined) return shownClasses(said, texts, wanted);
  const ofNothing = probabilities.slice(texts.length);
  const means = words.sizes.map((_, label) => mean(ofNothing.map((each) => each[label]!)));
  return shownClasses(
    said.map((each) => calibrate(each, means)),
    texts,
    wanted,
  );
}

const mean = (numbers: readonly number[]) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;

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
  const all = await classifyByPrompt(
    session,
    prompt,
    rows.map(({ text }) => text),
    options,
  );
  let loss = 0;
  let right = 0;
  all.forEach((probabilities, i) => {
    const own = probabilities[rows[i]!.label]!;
    loss -= Math.log(own) / rows.length;
    if (isRight(probabilities, rows[i]!.label)) right += 1;
  });
  return { loss, accuracy: right / rows.length };
}
