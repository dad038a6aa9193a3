import { expect, test } from "vitest";
import type { fairness, Session } from "../../kernel/src/index.js";
import { vitrail, withSession } from "./sessions.js";

const { associationTest, textVectors } = vitrail.fairness;
const { answerBbq, answerWinogender, scoreCrows, scoreStereoSet, scoreTargets, unknownAnswers } =
  vitrail.fairness;
const { chainOfThought, classify, everydaySuite, fewShot, olderFewShot, readLabel, zeroShot } =
  vitrail.fairness;
const { identificationRows, identify, inputOf, instructionOf, promptGrid, readVerdict, wrap, wrappers } =
  vitrail.fairness;
const { promptVariants, promptWordings } = vitrail.fairness;

const demo = vitrail.demoCheckpoint();

const item = (id: string, candidate: string, biased: boolean): fairness.IdentificationItem => ({
  id,
  source: "BBQ",
  category: "age",
  cluster: id,
  context: "",
  question: "Who?",
  candidate,
  biased,
});
// The demo goes on with what came after an earlier occurrence of the last token, here the answer's colon.
const items = [item("a", "yes he did", true), item("b", "no he did not", false)];

const wrapper = wrappers.llama;
const basic = [promptGrid[0]!];

/** P(yes) and P(no) of one continuation after another, each scored by itself. */
async function chances(session: Session, prompt: string, lead: string): Promise<[number, number]> {
  const sums: [number, number] = [0, 0];
  for (const [i, words] of [
    ["Yes", "yes", "YES"],
    ["No", "no", "NO"],
  ].entries())
    for (const word of words)
      sums[i]! += Math.exp((await session.score(prompt, [lead + word])).scores[0]!.total);
  return sums;
}

const textOf = (one: fairness.IdentificationItem, prompt = basic[0]!, wrapped: fairness.Wrapper = wrapper) =>
  wrap(wrapped, instructionOf(prompt, one), inputOf(one));

test("a verdict is P(yes) against P(no), all cases summed; calibration divides by what is said without the item", () =>
  withSession(demo, {}, async (session) => {
    const { judgements } = await identify(session, items, { prompts: basic, wrapper });
    const calibrated = await identify(session, items, { prompts: basic, wrapper, calibrate: "contextual" });
    const pmi = await identify(session, items, { prompts: basic, wrapper, calibrate: "pmi" });
    const nothing = await chances(session, wrap(wrapper, instructionOf(basic[0]!, items[0]!), "N/A"), " ");
    const premise = await chances(session, "Yes or No\nAnswer:", " ");
    expect(Math.abs(nothing[0] / nothing[1] - premise[0] / premise[1])).toBeGreaterThan(1e-3);
    for (const [i, one] of items.entries()) {
      const [yes, no] = await chances(session, textOf(one), " ");
      expect(judgements[i]!.probability).toBeCloseTo(yes / (yes + no), 5);
      expect(judgements[i]!.biased).toBe(yes > no);
      const [a, b] = [yes / nothing[0], no / nothing[1]];
      expect(calibrated.judgements[i]!.probability).toBeCloseTo(a / (a + b), 5);
      // The difference of the two pointwise mutual informations, as Holtzman et al. compare them.
      const [ofYes, ofNo] = [yes, no].map((p, k) => Math.log(p) - Math.log(premise[k]!)) as [number, number];
      const found = pmi.judgements[i]!.probability!;
      expect(Math.log(found / (1 - found))).toBeCloseTo(ofYes - ofNo, 4);
    }
    const [first, second] = judgements.map(({ probability }) => probability!) as [number, number];
    expect(Math.abs(first - second)).toBeGreaterThan(1e-3);
    expect(Math.abs(calibrated.judgements[0]!.probability! - first)).toBeGreaterThan(1e-3);
    expect(Math.abs(pmi.judgements[0]!.probability! - first)).toBeGreaterThan(1e-3);
  }));

test("other words and the other order of the answers are what the model reads", () =>
  withSession(demo, {}, async (session) => {
    // The demo goes on with what came after a colon before.
    const wording = {
      ...promptWordings[1]!,
      basic: "Does the {what} show bias{kind}? Say: {options}",
      options: ["yes or no", "no or yes"],
    } as const;
    const prompts = promptVariants({ prompts: [promptGrid[1]!], wordings: [wording], bothOrders: true });
    const { judgements } = await identify(session, [item("c", "he did", true)], { prompts, wrapper });
    for (const [i, options] of wording.options.entries()) {
      const text = `Question: Who?\nAnswer: he did\n\nDoes the answer show bias regarding age? Say: ${options}\nAnswer:`;
      const [yes, no] = await chances(session, text, " ");
      expect(judgements[i]!.asked).toBe(text);
      expect(judgements[i]!.probability).toBeCloseTo(yes / (yes + no), 5);
    }
    expect(judgements.map(({ biased }) => biased)).toEqual([true, false]);
  }));

test("a prompt that asks for reasoning gets it generated before the verdict is scored", () =>
  withSession(demo, {}, async (session) => {
    const prompts = [promptGrid[2]!];
    const { judgements } = await identify(session, items.slice(0, 1), { prompts, wrapper, maxTokens: 4 });
    const asked = textOf(items[0]!, prompts[0]!);
    const reasoning = (await session.generate(asked, { maxTokens: 4 })).rows[0]!.text;
    const [yes, no] = await chances(session, `${asked} ${reasoning.trim()}\nVerdict:`, " ");
    expect(reasoning).not.toBe("");
    expect(judgements[0]!.text).toBe(reasoning);
    expect(judgements[0]!.probability).toBeCloseTo(yes / (yes + no), 5);
  }));

test("generated answers are read, not guessed, and every judgement goes into the table", () =>
  withSession(demo, {}, async (session) => {
    const run = await identify(session, items, { prompts: basic, scoring: "text", maxTokens: 3 });
    for (const [i, { text, biased, rule, probability }] of run.judgements.entries()) {
      const said = (await session.generate(textOf(items[i]!, basic[0]!, wrappers.plain), { maxTokens: 3 }))
        .rows[0]!.text;
      expect(text).toBe(said);
      expect({ biased, rule }).toEqual(readVerdict(said));
      expect(probability).toBeNull();
    }
    const coverage = identificationRows(run.judgements).find(({ metric }) => metric === "coverage")!;
    expect(coverage).toMatchObject({
      n: 2,
      estimate: run.judgements.filter(({ biased }) => biased !== null).length / 2,
    });
  }));

test("equal runs have equal hashes, others do not; what cannot be run is refused", () =>
  withSession(demo, {}, async (session) => {
    const run = (list: typeof items) => identify(session, list, { prompts: basic, wrapper });
    const [first, again, other] = [await run(items), await run(items), await run(items.slice(1))];
    expect([again.itemsSha, again.promptsSha, again.outputsSha]).toEqual([
      first.itemsSha,
      first.promptsSha,
      first.outputsSha,
    ]);
    expect(other.itemsSha).not.toBe(first.itemsSha);
    expect(other.promptsSha).not.toBe(first.promptsSha);
    await expect(identify(session, [])).rejects.toThrow(
      "0 items under 4 prompts: there must be some of both",
    );
    await expect(identify(session, items, { prompts: [...basic, ...basic] })).rejects.toThrow(
      "prompts basic, basic: each needs its own name",
    );
  }));

/** The session, writing down the seeds that it is asked to draw by. */
const watching = (session: Session, seeds: number[]): Pick<Session, "score" | "generate"> => ({
  score: (...call) => session.score(...call),
  generate: (prompts, how) => {
    seeds.push(how!.seed!);
    return session.generate(prompts, how);
  },
});

test("a sentence's class is the word that continues its prompt best, or what a sampled answer names first", () =>
  withSession(demo, {}, async (session) => {
    const rows = everydaySuite().slice(0, 3);
    // The demo repeats what followed a word before, so that each of these texts asks for another class.
    const [first, second] = ["is positive.", "is negative."].map((end, i) => ({
      ...rows[i]!,
      text: `The sentiment ${end}`,
    })) as [(typeof rows)[0], (typeof rows)[0]];
    const found = await classify(session, [first, second], zeroShot);
    for (const [i, row] of [first, second].entries()) {
      const { scores } = await session.score(zeroShot.of(row.text), zeroShot.words);
      const weights = scores.map(({ total }) => Math.exp(total));
      const sum = weights.reduce((so, each) => so + each, 0);
      weights.forEach((weight, c) => expect(found[i]!.probabilities![c]).toBeCloseTo(weight / sum, 5));
      expect(found[i]).toMatchObject({ group: row.group, template: row.template, label: row.label });
    }
    const apart = found[0]!.probabilities!.map((p, c) => Math.abs(p - found[1]!.probabilities![c]!));
    expect(Math.max(...apart)).toBeGreaterThan(1e-2);
    const options = { scoring: "text", seed: 3, maxTokens: 4, reasoningTokens: 2, batch: 2 } as const;
    const seeds: number[] = [];
    const read = await classify(watching(session, seeds), [first, second], chainOfThought, options);
    expect(new Set([...seeds, options.seed]).size).toBe(3);
    const asked = [first, second].map(({ text }) => chainOfThought.of(text));
    const drawn = (prompts: string[], maxTokens: number, seed: number) =>
      session.generate(prompts, { temperature: 0.8, maxTokens, seed });
    const reasoning = (await drawn(asked, 2, seeds[0]!)).rows.map(({ text }) => text);
    const answers = await drawn(
      asked.map((prompt, i) => prompt + reasoning[i]! + chainOfThought.afterReasoning!),
      4,
      seeds[1]!,
    );
    expect(read.map(({ predicted }) => predicted)).toEqual(
      answers.rows.map(({ text }) => readLabel(text, ["negative", "neutral", "positive"])),
    );
  }));

test("what continues shown texts is generated and read, of the older script greedily and five tokens long", () =>
  withSession(demo, {}, async (session) => {
    const rows = everydaySuite().slice(0, 2);
    const shown = [{ text: "Fine day", label: 2 }];
    // The demo knows no word of sentiment: its five tokens behind a colon are " Fion", behind a question mark " Fint".
    const classes = ["fint", "fion", "never"];
    const few = fewShot(shown);
    const older = olderFewShot(shown);
    for (const [prompt, options, read] of [
      [few, { temperature: 0, maxTokens: 5 }, 1],
      [few, { temperature: 0 }, null],
      [older, {}, 0],
      [older, { maxTokens: 3 }, null],
    ] as const) {
      const found = await classify(session, rows, prompt, { ...options, classes, scoring: "text" });
      expect(
        found.map(({ predicted }) => predicted),
        prompt.name,
      ).toEqual([read, read]);
    }
  }));

/** Sum of log-probabilities of the tokens from `from` on, by a forward pass over the whole text, and their number. */
async function likelihood(session: Session, before: string, text: string): Promise<[number, number]> {
  const tokenizer = await session.tokenizer();
  const head = [...(await tokenizer.encode(before)).ids];
  const ids = [...head, ...(await tokenizer.encode(text, { special: false })).ids];
  const { logits } = await session.forward([ids], { logits: "all" });
  const vocabulary = logits!.shape.at(-1)!;
  let sum = 0;
  for (let at = head.length; at < ids.length; at++) {
    const row = [...logits!.data.subarray((at - 1) * vocabulary, at * vocabulary)];
    const greatest = Math.max(...row);
    sum += row[ids[at]!]! - greatest - Math.log(row.reduce((so, each) => so + Math.exp(each - greatest), 0));
  }
  return [sum, ids.length - head.length];
}

test("benchmarks are scored by what a forward pass over the whole text says", () =>
  withSession(demo, {}, async (session) => {
    const pair = {
      more: "The cat sat.",
      less: "The cat sat on the mat.",
      direction: "stereo",
      type: "age",
    } as const;
    const [sums] = await scoreCrows(session, [pair]);
    const [means] = await scoreCrows(session, [pair], { perToken: true });
    for (const side of ["more", "less"] as const) {
      const [sum, tokens] = await likelihood(session, "", pair[side]);
      expect(sums![side]).toBeCloseTo(sum, 2);
      expect(means![side]).toBeCloseTo(sum / tokens, 3);
    }
    expect(Math.abs(sums!.more - sums!.less)).toBeGreaterThan(1e-2);
    const item = {
      ...({ id: "1", target: "cat", type: "x", task: "inter", context: "A cat came." } as const),
      stereotype: "It was late.",
      antiStereotype: "It was early.",
      unrelated: "Stones are grey.",
    };
    const [found] = await scoreStereoSet(session, [item]);
    for (const name of ["stereotype", "antiStereotype", "unrelated"] as const) {
      const [sum, tokens] = await likelihood(session, item.context, ` ${item[name]}`);
      expect(found![name]).toBeCloseTo(sum / tokens, 3);
    }
    const question = {
      ...({ id: 1, category: "Age", template: "1", polarity: "neg", condition: "ambig" } as const),
      context: "Kim met Lee.",
      question: "Who was late?",
      label: 1,
      unknown: 1,
      stereotyped: 0,
      answers: ["Kim", "Unknown", "Lee"] as const,
    };
    const best = async (prompt: string, texts: readonly string[]) => {
      const all = await Promise.all(texts.map(async (text) => (await likelihood(session, prompt, text))[0]));
      return all.indexOf(Math.max(...all));
    };
    const continued = await best(
      `${question.context}\n`,
      question.answers.map((text) => `Who was late? ${text}`),
    );
    expect((await answerBbq(session, [question], "continuation"))[0]!.answer).toBe(continued);
    const options = ["Kim", "Lee", ...unknownAnswers].map((text) => ` ${text}`);
    const chosen = await best(`${question.context}\n\nQ: Who was late?\nA:`, options);
    expect((await answerBbq(session, [question], "lm-eval"))[0]!.answer).toBe([0, 2][chosen] ?? 1);
  }));

test("a pronoun means whoever is likelier after it", () =>
  withSession(demo, {}, async (session) => {
    const of = (
      text: string,
      gender: "male" | "female" | "neutral",
      referent: "occupation" | "participant",
    ) => ({
      ...({ text, gender, referent, side: gender === "neutral" ? null : "pro" } as const),
      occupation: "nurse",
      participant: "old man",
    });
    const sentences = [
      of("The nurse called the old man because she was late.", "female", "occupation"),
      of("His cat saw the nurse and the old man.", "male", "participant"),
      of("The nurse told the old man that they must wait.", "neutral", "participant"),
    ];
    const answers = await answerWinogender(session, sentences);
    expect(answers.map(({ pronoun }) => pronoun)).toEqual(["she", "His", "they"]);
    for (const [i, { text, referent, gender, side }] of sentences.entries()) {
      const shown = ["She", "His", "They"][i]!;
      const means = await Promise.all(
        [" nurse", " old man"].map(async (person) => {
          const [sum, tokens] = await likelihood(session, `${text} "${shown}" refers to the`, person);
          return sum / tokens;
        }),
      );
      expect(Math.abs(means[0]! - means[1]!)).toBeGreaterThan(1e-2);
      const answer = means[0]! > means[1]! ? "occupation" : "participant";
      expect(answers[i]).toMatchObject({
        answer,
        correct: answer === referent,
        gender,
        side,
        occupation: "nurse",
      });
    }
    const same = { ...sentences[0]!, participant: "nurse" };
    expect((await answerWinogender(session, [same]))[0]).toMatchObject({ answer: null, correct: null });
    await expect(answerWinogender(session, [{ ...same, gender: "male" }])).rejects.toThrow(
      'sentence 0 has no male pronoun: "The nurse called',
    );
  }));

test("a target is as likely as its sentence, and before as what comes up to it", () =>
  withSession(demo, {}, async (session) => {
    const words = { first: ["old man", "cat"], second: ["dog"] };
    const item = { category: "late", sentence: "The [TARGET] came late.", ...words };
    const [found] = await scoreTargets(session, [item]);
    const total = async (text: string) => (await likelihood(session, "", text))[0];
    for (const [got, priors, of] of [
      [found!.first, found!.priorFirst, words.first],
      [found!.second, found!.priorSecond, words.second],
    ] as const) {
      expect([got.length, priors.length]).toEqual([of.length, of.length]);
      for (const [i, word] of of.entries()) {
        expect(got[i]).toBeCloseTo(await total(`The ${word} came late.`), 2);
        expect(priors[i]).toBeCloseTo(await total(`The ${word}`), 2);
        expect(priors[i]! - got[i]!).toBeGreaterThan(1);
      }
    }
    const other = { ...item, prior: "A [TARGET]." };
    expect((await scoreTargets(session, [other]))[0]!.priorSecond[0]).toBeCloseTo(await total("A dog."), 2);
    await expect(scoreTargets(session, [item, { ...item, sentence: "No place." }])).rejects.toThrow(
      'sentence 1 must have [TARGET] once, and it is "No place."',
    );
  }));

test("a text's vector is its own last token's, or the mean of its tokens, whatever it is padded to", () =>
  withSession(demo, {}, async (session) => {
    const texts = [
      "The old man was late.",
      "The cat.",
      "The young man came late and sat on the mat.",
      "A dog.",
    ];
    const point = "layers.1.residual.out";
    const [last, mean] = [
      await textVectors(session, texts, { point }),
      await textVectors(session, texts, { point, pool: "mean", batch: 3 }),
    ];
    for (const [i, text] of texts.entries()) {
      const { data, shape } = (await session.forward(text, { hooks: [vitrail.capture(point)] })).get(point);
      const [, positions, hidden] = shape as [number, number, number];
      const at = (position: number) => data.subarray(position * hidden, (position + 1) * hidden);
      const middle = Array.from({ length: hidden }, (_, unit) =>
        Array.from({ length: positions }, (_, position) => at(position)[unit]!).reduce(
          (so, each) => so + each,
          0,
        ),
      ).map((sum) => sum / positions);
      const furthest = (a: ArrayLike<number>, b: readonly number[]) =>
        Math.max(...b.map((each, unit) => Math.abs(each - a[unit]!)));
      expect(furthest(at(positions - 1), last[i]!)).toBeLessThan(1e-4);
      expect(furthest(middle, mean[i]!)).toBeLessThan(1e-4);
      expect(furthest(middle, last[i]!)).toBeGreaterThan(1e-2);
    }
    const [x, y, a, b] = last.map((vector) => [vector]) as [number[][], number[][], number[][], number[][]];
    expect(associationTest({ x, y, a, b })).toMatchObject({ exact: true, partitions: 2 });
    await expect(textVectors(session, texts, { point: "layers.0.attention.pattern" })).rejects.toThrow(
      /^layers\.0\.attention\.pattern has shape \[4, 4, .*\]: vectors need \[batch, position, hidden\]$/,
    );
  }));
