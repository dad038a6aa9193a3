import { open } from "./forward.mjs";
import { interleave, median, pairedRatio, randomRows, timed } from "./measure.mjs";

const tokens = 16;

/** Greedy decoding, milliseconds a token after the prompt, against transformers.generate. */
export async function benchGeneration({ folder, vocabulary, pytorch, rounds, threads, say }) {
  const session = await open(folder, { weights: "pack", threads });
  try {
    const result = [];
    for (const { length, target } of [
      { length: 32, target: 0.8 },
      { length: 448, target: 1.05 },
    ]) {
      say(`generation after ${length} tokens, ${threads} thread(s)`);
      const rows = randomRows(1, length, vocabulary);
      const own = (count) => timed(() => session.generate(rows, { maxTokens: count }));
      const theirs = (count) => pytorch.generate(threads, rows, count);
      // What the prompt costs is taken off: it is a forward pass.
      const each = (run) => async () => ((await run(tokens + 1)) - (await run(1))) / tokens;
      const times = await interleave({ own: each(own), torch: each(theirs) }, rounds);
      const ms = { own: median(times.own), torch: median(times.torch) };
      result.push({ length, threads, ms, ratio: pairedRatio(times, "own", "torch"), target });
    }
    return result;
  } finally {
    await session.close();
  }
}
