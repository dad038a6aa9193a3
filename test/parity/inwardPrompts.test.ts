import { beforeAll, describe, expect, it } from "vitest";
import type { Session, SoftPrompt } from "../../kernel/src/index.js";
import { vitrail, withSession } from "./sessions.js";

const { capture, classifyByPrompt, initialPrompt, promptEdits, tune, withPlaceholders } = vitrail;
const { attentionOnTerms, gapByLayer, gapGradient, patchTerms, plantedPrompt, plantedSuite } =
  vitrail.fairness;

const reading = { words: plantedPrompt.words, template: plantedPrompt.of("{text}"), batch: 32, quiet: true };
const suite = plantedSuite();
const errors = suite.filter(({ label }) => label !== 0);
const templates = [...new Set(errors.map(({ template }) => template))].slice(0, 6);
const few = errors.filter(
  ({ group, template }) => (group === "hill" || group === "plain") && templates.includes(template),
);
const between = ["hill", "plain"] as const;
const tokens = 5;
let folder: string;
beforeAll(async () => {
  folder = await vitrail.plantedCheckpoint({ strength: 0.8 });
}, 180_000);

const meanOf = (numbers: readonly number[]) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
const far = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a).toHaveLength(b.length);
  return Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!)));
};

/** A tuned prompt of rows before the embeddings, or of rows before every layer. */
async function tuned(session: Session, deep: boolean): Promise<SoftPrompt> {
  const { prompt } = await tune(session, suite.slice(0, 64), {
    ...reading,
    tokens,
    deep,
    epochs: 1,
    learningRate: 0.1,
    quiet: true,
  });
  return prompt;
}

describe.each([
  ["one process", {}, false],
  ["one process, deep", {}, true],
  ["pipeline 2, deep", { devices: 2, mesh: { pipeline: 2 } }, true],
] as const)("a gap under a tuned prompt (%s)", (_, mesh, deep) => {
  it("the last layer's gap is that of the answers that classifyByPrompt gives", async () => {
    await withSession(folder, mesh, async (session) => {
      const prompt = await tuned(session, deep);
      const [found] = (await gapByLayer(session, suite, { ...reading, prompt })).categories;
      const [without] = (await gapByLayer(session, suite, reading)).categories;
      const texts = errors.map(({ text }) => text);
      const said = await classifyByPrompt(session, prompt, texts, reading);
      const means = found!.groups.map((group) =>
        meanOf(said.flatMap(([negative], i) => (errors[i]!.group === group ? [negative!] : []))),
      );
      const gaps = means.map((mean) => mean - meanOf(means));
      expect(far(found!.means.at(-1)!, means)).toBeLessThan(1e-5);
      expect(far(found!.gaps.at(-1)!, gaps)).toBeLessThan(1e-5);
      // The prompt makes another gap, at every layer.
      found!.gaps.forEach((each, layer) => expect(far(each, without!.gaps[layer]!)).toBeGreaterThan(1e-3));
    });
  });

  it("terms are patched at the texts' own tokens", async () => {
    await withSession(folder, mesh, async (session) => {
      const prompt = await tuned(session, deep);
      const options = { ...reading, prompt, from: "hill", to: "plain", batch: 7 };
      const [found] = (await patchTerms(session, few, options)).categories;
      const said = await classifyByPrompt(
        session,
        prompt,
        few.filter(({ group }) => group === "hill").map(({ text }) => text),
        reading,
      );
      expect(found!.unpaired).toBe(0);
      expect(Math.abs(found!.own - meanOf(said.map(([negative]) => negative!)))).toBeLessThan(1e-5);
      expect(Math.abs(found!.own - found!.other)).toBeGreaterThan(0.05);
      expect(Math.abs(found!.patched[0]! - found!.other)).toBeLessThan(1e-5);
      expect(Math.abs(found!.patched.at(-1)! - found!.own)).toBeLessThan(1e-5);
    });
  });

  it("the gradient is over the texts' own tokens, and is what a small step there does", async () => {
    await withSession(folder, mesh, async (session) => {
      const prompt = await tuned(session, deep);
      const point = "layers.0.residual.out";
      const options = { ...reading, prompt, batch: few.length, between, at: [point] };
      const measured = async () => (await gapGradient(session, few, options)).categories[0]!;
      const found = await measured();
      const said = await classifyByPrompt(
        session,
        prompt,
        few.map(({ text }) => text),
        reading,
      );
      const odds = (of: string) =>
        meanOf(said.flatMap(([p], i) => (few[i]!.group === of ? [Math.log(p! / (1 - p!))] : [])));
      expect(Math.abs(found.gap - (odds("hill") - odds("plain")))).toBeLessThan(1e-4);
      const { data, shape, lengths } = found.gradients.get(point)!;
      const tokenizer = await session.tokenizer();
      const own: number[] = [];
      for (const { text } of few)
        own.push((await tokenizer.encode(reading.template.replace("{text}", text))).tokens.length);
      expect(shape.slice(0, 2)).toEqual([few.length, Math.max(...own)]);
      expect(lengths!["position"]).toEqual(own);
      const size = Math.hypot(...data);
      const step = 1e-2;
      const gapAt = async (sign: number) => {
        const along = { shape, data: data.map((x) => (sign * step * x) / size) };
        const hook = session.hooks.add(vitrail.edit(`${point}[position=${tokens}:]`, vitrail.add(along)));
        const { gap } = await measured();
        hook.remove();
        return gap;
      };
      const slope = ((await gapAt(1)) - (await gapAt(-1))) / (2 * step);
      expect(size).toBeGreaterThan(1e-3);
      expect(Math.abs(slope - size) / size).toBeLessThan(1e-2);
      const parts = (await gapGradient(session, few, { ...options, batch: 7 })).categories[0]!;
      const joined = parts.gradients.get(point)!;
      expect(joined.lengths).toEqual(lengths);
      expect(far(joined.data, data) / Math.max(...data.map(Math.abs))).toBeLessThan(1e-5);
      expect(far(parts.atTerm, found.atTerm)).toBeLessThan(1e-5);
    });
  });

  it("attention is that to the term's own tokens", async () => {
    await withSession(folder, mesh, async (session) => {
      const prompt = await tuned(session, deep);
      const [found] = (await attentionOnTerms(session, few, { ...reading, prompt, batch: 7 })).categories;
      const sums = new Map<string, number[]>();
      // By another way: the prompt is read once, and each text goes on from its keys, which stand before the text's own.
      const edits = promptEdits(session, prompt);
      const after = await session.prefix(withPlaceholders(tokens, [[]]), { hooks: edits });
      const tokenizer = await session.tokenizer();
      for (const { text, term, group } of few) {
        const read = reading.template.replace("{text}", text);
        const row = (await tokenizer.encode(read)).tokens;
        const run = await session.forward([row.map(({ id }) => id)], {
          after,
          hooks: [capture("layers.1.attention.pattern[head=2, query=-1]")],
        });
        const { data } = run.get("layers.1.attention.pattern");
        const start = read.toLowerCase().indexOf(term.toLowerCase());
        const onTerm = row.map((token, i) =>
          token.start! < start + term.length && token.end! > start ? data[tokens + i]! : 0,
        );
        sums.set(group, [...(sums.get(group) ?? []), onTerm.reduce((sum, x) => sum + x, 0)]);
      }
      after.release();
      const means = found!.groups.map((group) => meanOf(sums.get(group)!));
      expect(far(found!.means[1]![2]!, means)).toBeLessThan(1e-5);
      const [without] = (await attentionOnTerms(session, few, reading)).categories;
      expect(far(found!.means[1]![2]!, without!.means[1]![2]!)).toBeGreaterThan(1e-4);
    });
  });
});

it("a prompt that does not fit, or that lasting hooks put in without places, is refused before anything runs", async () => {
  await withSession(folder, {}, async (session) => {
    const prompt = await initialPrompt(session, tokens, 0);
    const wide = { ...prompt, units: prompt.units + 1, data: new Float32Array(tokens * (prompt.units + 1)) };
    await expect(gapByLayer(session, suite, { ...reading, prompt: wide })).rejects.toThrow(
      `prompt of ${prompt.units + 1} units a token`,
    );
    const { maxPositions } = session.dimensions;
    const long = { ...prompt, tokens: maxPositions, data: new Float32Array(maxPositions * prompt.units) };
    await expect(gapByLayer(session, suite, { ...reading, prompt: long })).rejects.toThrow(
      "the model reads at most 0",
    );
    session.hooks.add(promptEdits(session, prompt));
    await expect(gapByLayer(session, suite, reading)).rejects.toThrow(
      "puts a prompt in the place of the texts' first tokens: remove it, and give the prompt as the option prompt",
    );
    session.hooks.clear();
    expect((await gapByLayer(session, few, { ...reading, prompt })).rows).toBe(few.length);
  });
});
