import { progress } from "../../display/progress.js";
import type { Provenance } from "../../display/payload/provenance.js";
import { CancelledError } from "../../session/client.js";
import { cancelSignal } from "../../session/host.js";
import { randomNumbers } from "../../session/sampling.js";
import type { Session } from "../../session/session.js";
import { clipByGlobalNorm, globalNorm } from "../optimisers/clip.js";
import { Optimiser, type OptimiserOptions, type OptimiserState } from "../optimisers/optimiser.js";
import { scheduleFactor, type Schedule } from "../optimisers/schedule.js";
import { evaluatePrompt, type Evaluation } from "./evaluate.js";
import { initialPrompt, type InitialPrompt } from "./initial.js";
import {
  checkPrompt,
  idsOf,
  promptEdit,
  promptModule,
  withPlaceholders,
  type SoftPrompt,
} from "./softPrompt.js";
import { classLogProbabilities, verbaliser, type LabelWord } from "./verbaliser.js";

/** A text, or its token ids, and the index of its class. */
export interface TuningRow {
  readonly text: string | readonly number[];
  readonly label: number;
}

export interface TuneOptions {
  readonly train: readonly TuningRow[];
  /** Rows that decide which epoch's prompt is kept; without them it is the last. */
  readonly validation?: readonly TuningRow[];
  /** One or several words of each class, such as `[" bad", " fine", " good"]`; each is one token. */
  readonly words: readonly (LabelWord | readonly LabelWord[])[];
  /** What the model reads of a text; default `{text}`. Rows of token ids are taken as they are. */
  readonly template?: string;
  /** Rows of the prompt. Default 8. */
  readonly tokens?: number;
  /** Default `vocab`. */
  readonly init?: InitialPrompt;
  /** A prompt to go on from instead of a new one, where its optimiser stood, and how many epochs it has had. */
  readonly from?: {
    readonly prompt: SoftPrompt;
    readonly optimiser?: OptimiserState;
    readonly epochs?: number;
  };
  /** Default AdamW of learning rate 0.01 without weight decay. */
  readonly optimiser?: OptimiserOptions;
  /** Over `totalEpochs`. Default constant. */
  readonly schedule?: Schedule;
  /** Epochs that this call makes. Default 5. */
  readonly epochs?: number;
  /** Epochs of the schedule. Default: those before and in this call. */
  readonly totalEpochs?: number;
  /** Rows of one backward pass, and how many passes make a step. Default 16 and 1. */
  readonly batch?: number;
  readonly accumulate?: number;
  /** Largest norm of the gradient. Default: not clipped. */
  readonly clip?: number;
  /** Epochs without a better validation loss after which it stops. Default: never. */
  readonly patience?: number;
  /** Of the first prompt and of the order of rows. Default 0. */
  readonly seed?: number;
  /** Whether the rows come in another order each epoch. Default true. */
  readonly shuffle?: boolean;
  readonly signal?: AbortSignal;
  readonly quiet?: boolean;
}

/** One step: the mean cross-entropy of its rows before it, nats, the gradient's norm, and the prompt's norm after it. */
export interface TuningStep {
  readonly epoch: number;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly promptNorm: number;
}

/** One epoch; its validation is undefined where there are no such rows. */
export interface TuningEpoch {
  readonly loss: number;
  readonly validation: Evaluation | undefined;
}

export interface Tuned {
  /** The prompt of the best epoch. */
  readonly prompt: SoftPrompt;
  readonly seed: number;
  readonly steps: readonly TuningStep[];
  readonly epochs: readonly TuningEpoch[];
  /** Index of the epoch that is kept; undefined when none was finished. */
  readonly best: number | undefined;
  readonly stopped: "epochs" | "patience" | "interrupted";
  /** The last prompt and its optimiser, to go on from. */
  readonly last: { readonly prompt: SoftPrompt; readonly optimiser: OptimiserState; readonly epochs: number };
  readonly provenance: Provenance;
}

/**
 * Tunes a soft prompt on labelled texts (Lester et al. 2021; Tian et al. 2023): the model is frozen, and rows before the
 * embeddings go along the gradient of the cross-entropy of the right class's label words at each text's last token. Runs on
 * the live session, on any mesh. An interrupt keeps the best so far.
 *
 * Throws one line, before anything runs, when a row, a word or a setting does not fit.
 */
export async function tune(session: Session, options: TuneOptions): Promise<Tuned> {
  const { train, validation, tokens = 8, init = "vocab", seed = 0, epochs = 5, batch = 16 } = options;
  const {
    accumulate = 1,
    clip,
    patience = Infinity,
    schedule = { kind: "constant" },
    shuffle = true,
  } = options;
  const template = options.template ?? "{text}";
  if (train.length === 0) throw new Error("no rows to tune on");
  if (!template.includes("{text}")) throw new Error(`template "${template}" has no {text}`);
  for (const [name, count] of Object.entries({ epochs, batch, accumulate }))
    if (!Number.isInteger(count) || count < 1) throw new Error(`${name} ${count}: must be 1 or more`);
  const words = await verbaliser(session, options.words);
  const wrong = [...train, ...(validation ?? [])].find(({ label }) => words.sizes[label] === undefined);
  if (wrong !== undefined)
    throw new Error(`class ${wrong.label} of a row: there are words of ${words.sizes.length} classes`);
  const prompt = options.from?.prompt ?? (await initialPrompt(session, init, tokens, seed));
  await checkPrompt(session, prompt);
  const inTemplate = ({ text }: TuningRow) =>
    typeof text === "string" ? template.replace("{text}", text) : text;
  const ids = await idsOf(session, train.map(inTemplate), prompt.tokens);

  const rows = { ...prompt, data: prompt.data.slice() };
  const parameter = { name: promptModule.name, shape: [rows.tokens, rows.units], data: rows.data };
  const optimiser = new Optimiser(
    [parameter],
    options.optimiser ?? { kind: "adamW", learningRate: 0.01, weightDecay: 0 },
  );
  if (options.from?.optimiser) optimiser.restore(options.from.optimiser);
  const perEpoch = Math.ceil(train.length / (batch * accumulate));
  const begun = options.from?.epochs ?? 0;
  const total = (options.totalEpochs ?? begun + epochs) * perEpoch;
  if ((begun + epochs) * perEpoch > total)
    throw new Error(`${begun + epochs} epochs of a schedule of ${options.totalEpochs}`);
  scheduleFactor(schedule, 0, total);
  const signal = cancelSignal(options.signal);

  const steps: TuningStep[] = [];
  const done: TuningEpoch[] = [];
  let best: { epoch: number; data: Float32Array; loss: number } | undefined;
  let provenance: Provenance | undefined;
  let stopped: Tuned["stopped"] = "epochs";
  const bar =
    options.quiet === true ? undefined : progress(epochs * perEpoch, `tuning a prompt, seed ${seed}`);
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = shuffle ? shuffled(train.length, seed, begun + epoch) : [...train.keys()];
      const first = steps.length;
      for (let from = 0; from < order.length; from += batch * accumulate) {
        const chosen = order.slice(from, from + batch * accumulate);
        const gradient = new Float32Array(rows.data.length);
        let loss = 0;
        for (let at = 0; at < chosen.length; at += batch) {
          const part = chosen.slice(at, at + batch);
          const run = await session.backward(
            withPlaceholders(
              rows.tokens,
              part.map((i) => ids[i]!),
            ),
            {
              hooks: [promptEdit(session, rows)],
              logits: "last",
              given: {
                words: words.ids,
                labels: { shape: [part.length, 1, 1], data: part.map((i) => train[i]!.label) },
              },
              // The sum, so that rows count alike however they are cut into passes.
              loss: ({ logits, given }) =>
                classLogProbabilities(logits, given["words"]!, words.sizes)
                  .pick(given["labels"]!)
                  .sum([0, 1, 2])
                  .mul(-1 / chosen.length),
              ...(signal && { signal }),
            },
          );
          loss += run.loss;
          provenance = run.provenance;
          run.trained[promptModule.name]![promptModule.tensor]!.data.forEach((x, i) => (gradient[i]! += x));
        }
        const gradientNorm = clip === undefined ? globalNorm([gradient]) : clipByGlobalNorm([gradient], clip);
        if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm))
          throw new Error(`the loss at step ${steps.length} is ${loss}: the learning rate is too high`);
        optimiser.step(
          new Map([[parameter.name, gradient]]),
          scheduleFactor(schedule, begun * perEpoch + steps.length, total),
        );
        steps.push({ epoch, loss, gradientNorm, promptNorm: globalNorm([rows.data]) });
        bar?.advance(1, `epoch ${epoch + 1}, loss ${loss.toFixed(3)}${accuracyOf(done)}`);
      }
      const own = steps.slice(first);
      const checked =
        validation &&
        (await evaluatePrompt(session, rows, validation, {
          words: options.words,
          template,
          batch,
          ...(signal && { signal }),
        }));
      const loss = own.reduce((sum, step) => sum + step.loss, 0) / own.length;
      done.push({ loss, validation: checked });
      const judged = checked?.loss ?? -epoch;
      if (best === undefined || judged < best.loss) best = { epoch, data: rows.data.slice(), loss: judged };
      if (epoch - best.epoch >= patience) {
        stopped = "patience";
        break;
      }
    }
  } catch (error) {
    // What has been found so far is worth keeping; that nothing has is an interrupt like any other.
    if (!(error instanceof CancelledError) || steps.length === 0) throw error;
    stopped = "interrupted";
  } finally {
    bar?.finish();
  }
  const last = { ...rows, data: rows.data.slice() };
  return {
    prompt: best ? { ...rows, data: best.data } : last,
    seed,
    steps,
    epochs: done,
    best: best?.epoch,
    stopped,
    last: { prompt: last, optimiser: optimiser.state(), epochs: begun + done.length },
    provenance: {
      ...provenance!,
      seed,
      call: `tune(${train.length} rows, ${rows.tokens} tokens, ${steps.length} steps)`,
    },
  };
}

function accuracyOf(done: readonly TuningEpoch[]): string {
  const accuracy = done.at(-1)?.validation?.accuracy;
  return accuracy === undefined ? "" : `, validation ${(100 * accuracy).toFixed(1)} %`;
}

/** The numbers below `count` in an order drawn by the seed, another one each epoch (Fisher & Yates 1938). */
function shuffled(count: number, seed: number, epoch: number): number[] {
  const random = randomNumbers(seed, 1 + epoch);
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
