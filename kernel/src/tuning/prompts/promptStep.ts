import type { Provenance } from "../../display/payload/provenance.js";
import type { Session } from "../../session/session.js";
import { askClasses } from "./asked.js";
import { gradientOf, partsOf, promptEdits, withPlaceholders, type SoftPrompt } from "./softPrompt.js";
import { isRight } from "./evaluate.js";
import type { Verbaliser } from "./verbaliser.js";

/** A row as tokens, and its class. */
export interface ReadRow {
  readonly ids: readonly number[];
  readonly label: number;
}

/** The mean cross-entropy of some rows, nats, and its gradient by the parts of the prompt, in their order. */
export interface PromptGradient {
  readonly loss: number;
  /** Rows whose likeliest class is the right one; classes that are equally likely are wrong. */
  readonly right: number;
  readonly gradients: readonly Float32Array[];
  readonly provenance: Provenance;
}

/** Loss and gradient of rows under a prompt, in passes of `batch` rows, each row counting alike. */
export async function promptGradient(
  session: Session,
  prompt: SoftPrompt,
  words: Verbaliser,
  rows: readonly ReadRow[],
  { batch, signal }: { readonly batch: number; readonly signal: AbortSignal | undefined },
): Promise<PromptGradient> {
  const parts = partsOf(session, prompt);
  const count = words.sizes.length;
  const gradients = parts.map(({ data }) => new Float32Array(data.length));
  let loss = 0;
  let right = 0;
  let provenance: Provenance | undefined;
  for (let at = 0; at < rows.length; at += batch) {
    const part = rows.slice(at, at + batch);
    const asked = askClasses(
      words,
      withPlaceholders(
        prompt.tokens,
        part.map(({ ids }) => ids),
      ),
    );
    const run = await session.backward(asked.rows, {
      hooks: promptEdits(session, prompt),
      logits: asked.logits,
      given: {
        ...asked.given,
        labels: { shape: [part.length, 1, 1], data: part.map(({ label }) => label) },
      },
      loss: (values) => {
        const classes = asked.classes(values);
        const picked = classes.pick(values.given["labels"]!);
        // The sum, so that rows count alike however they are cut into passes.
        return { loss: picked.sum([0, 1, 2]).mul(-1 / rows.length), classes };
      },
      ...(signal && { signal }),
    });
    loss += run.loss;
    const { data } = run.readout.get("classes")!;
    part.forEach(({ label }, i) => {
      if (isRight(data.subarray(i * count, (i + 1) * count), label)) right += 1;
    });
    provenance = run.provenance;
    parts.forEach((each, i) => gradientOf(run, each).forEach((x, j) => (gradients[i]![j]! += x)));
  }
  return { loss, right, gradients, provenance: provenance! };
}
