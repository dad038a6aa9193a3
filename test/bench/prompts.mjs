import { open } from "./forward.mjs";
import { interleave, median, pairedRatio, randomRows, timed } from "./measure.mjs";

const { classifyByPrompt, initialPrompt, tune } = await import("../../kernel/dist/index.js");

const words = [100, 200, 300];
const tokens = 8;
const steps = 4;
const sentences = 2000;
const batches = [8, 16, 32, 64];

const rowsOf = ({ units, data }) =>
  Array.from({ length: tokens }, (_, i) => [...data.subarray(i * units, (i + 1) * units)]);

/** Tuning steps of a soft prompt, against peft. */
export async function benchPromptSteps({ folder, vocabulary, peft, rounds, threads, say }) {
  const session = await open(folder, { weights: "pack", threads });
  try {
    say(`soft-prompt steps, ${threads} thread(s)`);
    const prompt = await initialPrompt(session, tokens, 1);
    const rows = randomRows(8, 32, vocabulary);
    const labels = rows.map((_, i) => i % words.length);
    const train = rows.map((text, i) => ({ text, label: labels[i] }));
    const losses = {};
    const times = await interleave(
      {
        peft: async () => {
          const step = { rows, labels, words, prompt: rowsOf(prompt), steps };
          const answer = await peft({ threads, step });
          losses.peft = answer.losses;
          return answer.ms / steps;
        },
        own: async () => {
          const ms = await timed(async () => {
            const settings = { batch: rows.length, epochs: steps, shuffle: false, quiet: true };
            const tuned = await tune(session, train, { words, from: { prompt }, ...settings });
            losses.own = tuned.steps.map(({ loss }) => loss);
          });
          return ms / steps;
        },
      },
      rounds,
    );
    losses.own.forEach((loss, i) => expectNear("loss", loss, losses.peft[i], 1e-3));
    const ms = { peft: median(times.peft), own: median(times.own) };
    return { threads, ms, ratio: pairedRatio(times, "own", "peft") };
  } finally {
    await session.close();
  }
}

/** Sentences scored by a prompt, against loops over transformers. */
export async function benchPromptScores({ folder, vocabulary, peft, threads, say }) {
  const session = await open(folder, { weights: "pack", threads });
  try {
    const prompt = await initialPrompt(session, tokens, 1);
    const rows = template(sentences, vocabulary);
    const loop = (cached) => (part, batch) =>
      peft({ threads, score: { prompt: rowsOf(prompt), rows: part, words, batch, cached } });
    const scorers = {
      plain: loop(false),
      cached: loop(true),
      own: async (part, batch) => {
        let said;
        const ms = await timed(async () => {
          said = await classifyByPrompt(session, prompt, part, { words, batch, quiet: true });
        });
        return { ms, said };
      },
    };
    const best = {};
    const answers = {};
    for (const [name, score] of Object.entries(scorers)) {
      say(`prompted scoring, ${name}, ${threads} thread(s)`);
      const times = [];
      for (const batch of batches) {
        await score(rows.slice(0, batch), batch);
        times.push({ batch, ms: (await score(rows.slice(0, 200), batch)).ms });
      }
      best[name] = times.sort((a, b) => a.ms - b.ms)[0].batch;
      answers[name] = (await score(rows.slice(0, 40), best[name])).said;
    }
    for (const name of ["plain", "cached"])
      answers.own.forEach((each, i) =>
        each.forEach((p, c) => expectNear(name, p, answers[name][i][c], 1e-4)),
      );
    say(`prompted scoring of ${sentences} sentences, ${threads} thread(s)`);
    const parts = Array.from({ length: 5 }, (_, i) =>
      rows.slice((i * sentences) / 5, ((i + 1) * sentences) / 5),
    );
    const names = Object.keys(scorers);
    const times = Object.fromEntries(names.map((name) => [name, []]));
    for (const [i, part] of parts.entries())
      for (const [j] of names.entries()) {
        const name = names[(i + j) % names.length];
        times[name].push((await scorers[name](part, best[name])).ms);
      }
    const perSecond = (name) => (1000 * sentences) / times[name].reduce((sum, ms) => sum + ms, 0);
    return {
      threads,
      best,
      perSecond: Object.fromEntries(names.map((name) => [name, perSecond(name)])),
      plain: pairedRatio(times, "plain", "own"),
      cached: pairedRatio(times, "cached", "own"),
    };
  } finally {
    await session.close();
  }
}

/** Rows of 7 to 18 tokens, as template sentences have. */
function template(count, vocabulary) {
  return randomRows(count, 18, vocabulary).map((row, i) => row.slice(0, 7 + ((i * 7) % 12)));
}

/** Both sides must have done the same work. */
function expectNear(what, own, theirs, most) {
  if (!(Math.abs(own - theirs) <= most)) throw new Error(`${what}: ours ${own}, theirs ${theirs}`);
}
