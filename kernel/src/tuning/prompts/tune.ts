import { progress } from "../../display/progress.js";
import type { Provenance } from "../../display/payload/provenance.js";
import { CancelledError } from "../../session/cancelled.js";
import { cancelSignal } from "../../session/host.js";
import { randomNumbers } from "../../session/sampling.js";
import { madeOfRuns } from "../../session/provenance.js";
import type { Session } from "../../session/session.js";
import { clipByGlobalNorm, globalNorm } from "../optimisers/clip.js";
import { Optimiser, type OptimiserOptions } from "../optimisers/optimiser.js";
import { scheduleFactor } from "../optimisers/schedule.js";
import { withLossCurve } from "../lossCurve.js";
import { evaluatePrompt } from "./evaluate.js";
import { deepened, initialPrompt } from "./initial.js";
import { progressNote } from "./progressNote.js";
import { promptGradient } from "./promptStep.js";
import { checkPrompt, copied, idsOf, partsOf, type SoftPrompt } from "./softPrompt.js";
import { checkTemplate, inTemplate } from "./template.js";
import type { Tuned, TuneOptions, TuningData, TuningEpoch, TuningRow, TuningStep } from "./types.js";
import { verbaliser } from "./verbaliser.js";

/**
 * Tunes a soft prompt on labelled texts (Lester et al. 2021; Tian et al. 2023): the model is frozen, and rows before the
 * embeddings go along the gradient of the cross-entropy of the right class's label words at each text's last token. Runs on
 * the live session, on any mesh. An interrupt keeps the best so far.
 *
 * Throws one line, before anything runs, when a row, a word or a setting does not fit.
 */
export async function tune(session: Session, data: TuningData, options: TuneOptions): Promise<Tuned> {
  const { train, validation = undefined } = "train" in data ? data : { train: data };
  const { tokens = 8, seed = 0, epochs = 5, batch = 16, learningRate = 0.01 } = options;
  const {
    accumulate = 1,
    clip,
    patience = Infinity,
    schedule = { kind: "constant" },
    shuffle = true,
  } = options;
  const template = options.template ?? "{text}";
  if (train.length === 0) throw new Error("no rows to tune on");
  checkTemplate(template);
  if (!(patience >= 1)) throw new Error(`patience ${patience}: must be 1 epoch or more`);
  for (const [name, count] of Object.entries({ epochs, batch, accumulate }))
    if (!Number.isInteger(count) || count < 1) throw new Error(`${name} ${count}: must be 1 or more`);
  const words = await verbaliser(session, options.words);
  const wrong = [...train, ...(validation ?? [])].find(({ label }) => words.sizes[label] === undefined);
  if (wrong !== undefined)
    throw new Error(`class ${wrong.label} of a row: there are words of ${words.sizes.length} classes`);
  const given = options.from?.prompt ?? (await initialPrompt(session, tokens, seed, options));
  await checkPrompt(session, given);
  if (options.deep === false && given.deep !== undefined)
    throw new Error("deep: false, and the prompt to go on from is deep");
  const isDeepened = options.deep === true && given.deep === undefined;
  if (isDeepened && options.from?.optimiser !== undefined)
    throw new Error("deep: true, and the optimiser to go on from is that of a prompt that is not");
  const first = isDeepened ? await deepened(session, given) : given;
  const read = ({ text }: TuningRow) => (typeof text === "string" ? inTemplate(template, text) : text);
  const ids = await idsOf(session, train.map(read), first.tokens + words.longest - 1);

  const prompt = copied(first);
  const parameters = partsOf(session, prompt).map(({ module, shape, data }) => ({
    name: module,
    shape,
    data,
  }));
  const kind = options.optimiser ?? { kind: "adamW", weightDecay: 0 };
  const optimiser = new Optimiser(parameters, { ...kind, learningRate } as OptimiserOptions);
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
  let best: { epoch: number; prompt: SoftPrompt; loss: number } | undefined;
  let provenance: Provenance | undefined;
  let stopped: Tuned["stopped"] = "epochs";
  const bar =
    options.quiet === true ? undefined : progress(epochs * perEpoch, `tuning a prompt, seed ${seed}`);
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = shuffle ? shuffled(train.length, seed, begun + epoch) : [...train.keys()];
      const before = steps.length;
      let seen = 0;
      let rightSoFar = 0;
      for (let from = 0; from < order.length; from += batch * accumulate) {
        const chosen = order.slice(from, from + batch * accumulate);
        const { loss, right, gradients, ...run } = await promptGradient(
          session,
          prompt,
          words,
          chosen.map((i) => ({ ids: ids[i]!, label: train[i]!.label })),
          { batch, signal: options.signal },
        );
        provenance = run.provenance;
        const gradientNorm = clip === undefined ? globalNorm(gradients) : clipByGlobalNorm(gradients, clip);
        if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm))
          throw new Error(`the loss at step ${steps.length} is ${loss}: the learning rate is too high`);
        optimiser.step(
          new Map(parameters.map(({ name }, i) => [name, gradients[i]!])),
          scheduleFactor(schedule, begun * perEpoch + steps.length, total),
        );
        const accuracy = right / chosen.length;
        const promptNorm = globalNorm(parameters.map(({ data }) => data));
        steps.push({ epoch, loss, accuracy, gradientNorm, promptNorm });
        [seen, rightSoFar] = [seen + chosen.length, rightSoFar + right];
        const validated = done.at(-1)?.validation?.accuracy;
        bar?.advance(
          1,
          progressNote({ epoch: epoch + 1, loss, accuracy: rightSoFar / seen, validation: validated }),
        );
      }
      const own = steps.slice(before);
      const checked =
        validation &&
        (await evaluatePrompt(session, prompt, validation, {
          words: options.words,
          template,
          batch,
          ...(signal && { signal }),
        }));
      const loss = own.reduce((sum, step) => sum + step.loss, 0) / own.length;
      done.push({ loss, accuracy: rightSoFar / seen, validation: checked });
      const judged = checked?.loss ?? -epoch;
      if (best === undefined || judged < best.loss) best = { epoch, prompt: copied(prompt), loss: judged };
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
  const last = copied(prompt);
  const result: Tuned = {
    prompt: best?.prompt ?? last,
    seed,
    steps,
    epochs: done,
    best: best?.epoch,
    stopped,
    last: { prompt: last, optimiser: optimiser.state(), epochs: begun + done.length },
    provenance: madeOfRuns(
      provenance!,
      `tune(${train.length} rows, ${prompt.tokens} tokens, ${steps.length} steps)`,
      seed,
    ),
  };
  const checks = done.flatMap((epoch, i) =>
    epoch.validation ? [{ x: (i + 1) * perEpoch, y: epoch.validation.loss }] : [],
  );
  return withLossCurve(
    result,
    `Tuning of a prompt of ${prompt.tokens} tokens`,
    steps.map(({ loss: each }) => each),
    checks.length === 0 ? undefined : { x: checks.map(({ x }) => x), y: checks.map(({ y }) => y) },
  );
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
