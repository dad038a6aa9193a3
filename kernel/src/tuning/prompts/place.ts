import type { Session } from "../../session/session.js";
import { deepened, initialPrompt, type InitialOptions } from "./initial.js";
import { checkCourse } from "../training/goingOn.js";
import { anew, courseOf, told } from "./course.js";
import { checkPrompt, type SoftPrompt } from "./softPrompt.js";
import type { TuneOptions, TuningDigest, TuningPlace } from "./types.js";

/** The place that a tuning goes on from; undefined for a new one. */
export function placeOf({ from }: TuneOptions): TuningPlace | undefined {
  if (from === undefined) return undefined;
  if ("last" in from)
    throw new Error("from is a whole tuning: give its last to go on, or { prompt } to begin anew with it");
  return "steps" in from ? from : undefined;
}

/**
 * Throws one line where data or settings are not those of the tuning that is gone on from, so that its best and its epoch
 * under way would mean something else.
 */
export function checkPlace(place: TuningPlace, options: TuneOptions, data: TuningDigest): void {
  const { seed = place.seed, batch = 16, accumulate = 1, shuffle = true, patience = Infinity } = options;
  if (seed !== place.seed)
    throw new Error(`seed ${seed} for a tuning of seed ${place.seed}: it goes on with its own, or ${anew}`);
  for (const which of ["train", "validation"] as const)
    if (data[which] !== place.data[which])
      throw new Error(`${which} rows that are not those of the tuning to go on from: ${anew}`);
  const { words, template = "{text}" } = options;
  if (JSON.stringify(words) !== JSON.stringify(place.reading.words))
    throw new Error(
      `label words ${JSON.stringify(words)} for a tuning by ${JSON.stringify(place.reading.words)}: ${anew}`,
    );
  if (template !== place.reading.template)
    throw new Error(`template "${template}" for a tuning by "${place.reading.template}": ${anew}`);
  const { order, steps, epochs, best } = place;
  checkCourse(place.course, courseOf(options, epochs.length + (options.epochs ?? 5)), epochs.length, told);
  if (best !== undefined && epochs.length - 1 - best.epoch >= patience)
    throw new Error(
      `patience ${patience} is spent: of ${epochs.length} epochs, that of index ${best.epoch} is the best`,
    );
  if (!steps.some(({ epoch }) => epoch === epochs.length)) return;
  if (batch * accumulate !== order.rows)
    throw new Error(
      `steps of ${batch * accumulate} rows in the midst of an epoch whose steps have ${order.rows}`,
    );
  if (shuffle !== order.shuffle)
    throw new Error(`shuffle ${shuffle} in the midst of an epoch with shuffle ${order.shuffle}`);
}

/** How a tuning's first prompt is made; undefined where it is given, and that of its beginning where it goes on. */
export function initOf(options: TuneOptions): InitialOptions | undefined {
  const { from, init, text, deviation } = options;
  const own = {
    init: init ?? "vocab",
    ...(text !== undefined && { text }),
    ...(deviation !== undefined && { deviation }),
  };
  if (from === undefined) return own;
  const before = placeOf(options)?.init;
  const isAsked = init !== undefined || text !== undefined || deviation !== undefined;
  if (isAsked && JSON.stringify(own) !== JSON.stringify(before))
    throw new Error(
      `${printed(own)}, and the prompt to go on from ${before === undefined ? "was given" : `began with ${printed(before)}`}`,
    );
  return before;
}

const printed = ({ init, text, deviation }: InitialOptions) =>
  [
    `init "${init}"`,
    ...(text === undefined ? [] : [`text ${JSON.stringify(text)}`]),
    ...(deviation === undefined ? [] : [`deviation ${deviation}`]),
  ].join(", ");

/** Throws one line for a given prompt that is not for this model, or not what is asked for. */
export async function checkGiven(
  session: Session,
  { from, tokens, deep }: TuneOptions,
): Promise<SoftPrompt | undefined> {
  if (from === undefined) return undefined;
  const { prompt, optimiser } = from;
  await checkPrompt(session, prompt);
  if (tokens !== undefined && tokens !== prompt.tokens)
    throw new Error(`tokens ${tokens}, and the prompt to go on from has ${prompt.tokens}`);
  if (deep === false && prompt.deep !== undefined)
    throw new Error("deep: false, and the prompt to go on from is deep");
  if (deep === true && prompt.deep === undefined && optimiser !== undefined)
    throw new Error("deep: true, and the optimiser to go on from is that of a prompt that is not");
  return prompt;
}

/** The prompt that a tuning begins with: the given one, or a new one, made deep where that is asked for. */
export async function firstPrompt(
  session: Session,
  given: SoftPrompt | undefined,
  { tokens = 8, deep = false, ...init }: TuneOptions,
  seed: number,
): Promise<SoftPrompt> {
  const prompt = given ?? (await initialPrompt(session, tokens, seed, init));
  return deep && prompt.deep === undefined ? deepened(session, prompt) : prompt;
}
