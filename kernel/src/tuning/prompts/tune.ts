import { progress } from "../../display/progress.js";
import { cancelSignal } from "../../session/host.js";
import { randomNumbers } from "../../session/sampling.js";
import { madeOfRuns } from "../../session/provenance.js";
import type { Session } from "../../session/session.js";
import { globalNorm } from "../optimisers/clip.js";
import { Descent } from "../training/descent.js";
import { untilInterrupted } from "../training/untilInterrupted.js";
import { withLossCurve } from "../lossCurve.js";
import { evaluatePrompt } from "./evaluate.js";
import { firstPrompt } from "./place.js";
import { prepare } from "./prepare.js";
import { progressNote } from "./progressNote.js";
import { promptGradient } from "./promptStep.js";
import { shuffled } from "./rows.js";
import { copied, partsOf } from "./softPrompt.js";
import type { Tuned, TuneOptions, TuningData, TuningEpoch, TuningPlace, TuningStep } from "./types.js";

/**
 * Tunes a soft prompt on labelled texts (Lester et al. 2021; Tian et al. 2023): the model is frozen, and rows before the
 * embeddings go along the gradient of the cross-entropy of the right class's label words at each text's last token. Runs on
 * the live session, on any mesh. An interrupt keeps the best so far; with `from: tuned.last` and the epochs that are left the
 * same call goes on from there, and gives what it would have given without the interrupt.
 *
 * Throws one line, before anything runs, when a row, a word or a setting does not fit; later, when a loss is no longer finite.
 */
export async function tune(session: Session, data: TuningData, options: TuneOptions): Promise<Tuned> {
  const prepared = await prepare(session, data, options);
  const { words, train, validation, place, seed, course, perEpoch, total, ...known } = prepared;
  const { epochs = 5, batch = 16, accumulate = 1, patience = Infinity, shuffle = true } = options;
  const prompt = copied(await firstPrompt(session, prepared.given, options, seed));
  const parameters = partsOf(session, prompt).map(({ module, shape, data: values }) => ({
    name: module,
    shape,
    data: values,
  }));
  const descent = new Descent(parameters, {
    ...course,
    total,
    from: options.from?.optimiser,
  });
  const signal = cancelSignal(options.signal);

  const steps: TuningStep[] = [...(place?.steps ?? [])];
  const done: TuningEpoch[] = [...(place?.epochs ?? [])];
  const stepsOf = (epoch: number) => steps.filter((step) => step.epoch === epoch);
  const rowsOf = (order: readonly number[], step: number) =>
    order.slice(step * batch * accumulate, (step + 1) * batch * accumulate);
  const before = steps.length;
  const end = done.length + epochs;
  let { best, provenance }: Partial<TuningPlace> = place ?? {};
  let stopped: Tuned["stopped"] = "epochs";
  const toDo = epochs * perEpoch - stepsOf(done.length).length;
  const bar = options.quiet === true ? undefined : progress(toDo, `tuning a prompt, seed ${seed}`);
  const ended = await untilInterrupted(
    bar,
    () => steps.length > before,
    async () => {
      for (let epoch = done.length; epoch < end; epoch++) {
        const order = shuffle ? shuffled(train.length, randomNumbers(seed, 1 + epoch)) : [...train.keys()];
        const made = stepsOf(epoch);
        let seen = made.reduce((sum, _, step) => sum + rowsOf(order, step).length, 0);
        let rightSoFar = made.reduce(
          (sum, { accuracy }, step) => sum + Math.round(accuracy * rowsOf(order, step).length),
          0,
        );
        for (let step = made.length; step < perEpoch; step++) {
          const chosen = rowsOf(order, step).map((i) => train[i]!);
          const how = { batch, signal: options.signal };
          const { loss, right, gradients, ...run } = await promptGradient(
            session,
            prompt,
            words,
            chosen,
            how,
          );
          provenance = run.provenance;
          const gradientNorm = descent.follow(
            epoch * perEpoch + step,
            loss,
            new Map(parameters.map(({ name }, i) => [name, gradients[i]!])),
          );
          const accuracy = right / chosen.length;
          const promptNorm = globalNorm(parameters.map(({ data: values }) => values));
          steps.push({ epoch, loss, accuracy, gradientNorm, promptNorm });
          [seen, rightSoFar] = [seen + chosen.length, rightSoFar + right];
          const validated = done.at(-1)?.validation?.accuracy;
          bar?.advance(
            1,
            progressNote({ epoch: epoch + 1, loss, accuracy: rightSoFar / seen, validation: validated }),
          );
        }
        const checked =
          validation &&
          (await evaluatePrompt(
            session,
            prompt,
            validation.map(({ ids, label }) => ({ text: ids, label })),
            { words: options.words, batch, quiet: true, ...(signal && { signal }) },
          ));
        if (checked !== undefined && Number.isNaN(checked.loss))
          throw new Error(`the validation loss of epoch ${epoch} is NaN: the learning rate is too high`);
        const own = stepsOf(epoch);
        const loss = own.reduce((sum, step) => sum + step.loss, 0) / own.length;
        done.push({ loss, accuracy: rightSoFar / seen, validation: checked });
        // Without rows to validate by, the last is kept.
        const kept = best && done[best.epoch]?.validation?.loss;
        if (checked === undefined || kept === undefined || checked.loss < kept)
          best = { epoch, prompt: copied(prompt) };
        if (epoch - best!.epoch >= patience) {
          stopped = "patience";
          break;
        }
      }
    },
  );
  if (ended === "interrupted") stopped = ended;
  const call = `tune(${train.length} rows, ${prompt.tokens} tokens, ${steps.length} steps)`;
  const shared = {
    seed,
    steps,
    epochs: done,
    reading: known.reading,
    init: known.init,
    data: known.data,
    provenance: madeOfRuns(provenance!, call, seed),
  };
  const order = { rows: batch * accumulate, shuffle };
  const last = { ...shared, prompt: copied(prompt), optimiser: descent.state(), best, order, course };
  const result: Tuned = { ...shared, prompt: best?.prompt ?? last.prompt, best: best?.epoch, stopped, last };
  const checks = done.flatMap(({ validation: checked }, epoch) =>
    checked ? [{ x: steps.filter((step) => step.epoch <= epoch).length, y: checked.loss }] : [],
  );
  return withLossCurve(
    result,
    `Tuning of a prompt of ${prompt.tokens} tokens`,
    steps.map(({ loss: each }) => each),
    checks.length === 0 ? undefined : { x: checks.map(({ x }) => x), y: checks.map(({ y }) => y) },
  );
}
