import { open, shapes } from "./forward.mjs";
import { interleave, median, pairedRatio, randomRows, timed } from "./measure.mjs";

/** Cross-entropy of the next token at every position; the last position's label is the row's first token. */
const loss = ({ logits, given }) => logits.logSoftmax().pick(given.labels.unsqueeze(2)).mean([0, 1, 2]).neg();

/** The gradient of one loss at all residuals, weights frozen, against autograd in eager PyTorch. */
export async function benchGradients({ folder, vocabulary, pytorch, rounds, threads, say }) {
  const session = await open(folder, { weights: "pack", threads });
  try {
    const result = [];
    for (const { batch, length } of shapes) {
      say(`gradients ${batch}×${length}, ${threads} thread(s)`);
      const rows = randomRows(batch, length, vocabulary);
      const data = rows.flatMap((row) => [...row.slice(1), row[0]]);
      const asked = {
        loss,
        given: { labels: { shape: [batch, length], data } },
        at: ["layers.*.residual.*"],
      };
      const run = (activations) => () => timed(() => session.backward(rows, { ...asked, activations }));
      const times = await interleave(
        { torch: () => pytorch.gradient(threads, rows), save: run("save"), recompute: run("recompute") },
        rounds,
      );
      const ms = Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
      result.push({
        shape: `${batch}×${length}`,
        threads,
        ms,
        save: pairedRatio(times, "save", "torch"),
        recompute: pairedRatio(times, "recompute", "torch"),
      });
    }
    return result;
  } finally {
    await session.close();
  }
}
