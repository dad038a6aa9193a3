import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Session, fairness } from "../../kernel/src/index.js";
import { vitrail, withSession } from "./sessions.js";

type CategoryByLayer = fairness.CategoryByLayer;
type CategoryPatched = fairness.CategoryPatched;
type CategoryGradient = fairness.CategoryGradient;
type CategoryAttention = fairness.CategoryAttention;

const { capture } = vitrail;
const { attentionOnTerms, gapByLayer, gapGradient, patchTerms, plantedPrompt, plantedSuite } =
  vitrail.fairness;

const reading = { words: plantedPrompt.words, template: plantedPrompt.of("{text}"), batch: 32, quiet: true };
const suite = plantedSuite();
const errors = suite.filter(({ label }) => label !== 0);
const groups = [...new Set(suite.map(({ group }) => group))].sort();
let folder: string;
beforeAll(async () => {
  folder = await vitrail.plantedCheckpoint({ strength: 0.8 });
}, 180_000);

/** Mean P(negative) of a group's sentences that are not negative, from ordinary logits. */
async function leaning(session: Session, group: string): Promise<number> {
  const texts = errors.filter((row) => row.group === group).map(({ text }) => text);
  const all = await vitrail.classifyByPrompt(session, undefined, texts, reading);
  return all.reduce((sum, [negative]) => sum + negative!, 0) / all.length;
}

describe.each([
  ["one process", {}],
  ["pipeline 2", { devices: 2, mesh: { pipeline: 2 } }],
] as const)("from the gap to the layer (%s)", (_, mesh) => {
  it("the last layer's gap is that of the model's answers, and the planted group's stands out there", async () => {
    await withSession(folder, mesh, async (session) => {
      const all = await gapByLayer(session, suite, reading);
      const [found] = all.categories as [CategoryByLayer];
      expect(all.categories.map(({ category }) => category)).toEqual(["landscape"]);
      expect(found.groups).toEqual(groups);
      expect(found.rows).toBe(errors.length);
      expect(all.provenance.call).toBe(`gapByLayer(${errors.length} rows, class 0)`);
      for (const [i, group] of groups.entries())
        expect(found.means.at(-1)![i]).toBeCloseTo(await leaning(session, group), 4);
      const gaps = found.gaps.at(-1)!;
      expect(gaps.reduce((sum, gap) => sum + gap, 0)).toBeCloseTo(0, 5);
      const hill = groups.indexOf("hill");
      expect(gaps[hill]).toBeGreaterThan(0.3);
      gaps.forEach((gap, i) => i !== hill && expect(gap).toBeLessThan(0));
      // The layers do not all say the same.
      expect(Math.abs(found.gaps[0]![hill]! - gaps[hill]!)).toBeGreaterThan(0.05);
    });
  });

  it("the term's activations carry the gap up to the layer that reads them", async () => {
    await withSession(folder, mesh, async (session) => {
      const { points, categories } = await patchTerms(session, suite, {
        ...reading,
        from: "hill",
        to: "plain",
      });
      const [found] = categories as [CategoryPatched];
      expect(found.pairs + found.unpaired).toBe(errors.filter(({ group }) => group === "hill").length);
      expect(found.own).toBeGreaterThan(found.other + 0.3);
      // Behind the last layer nothing reads the term any more: the answer is the sentence's own.
      expect(found.patched.at(-1)).toBeCloseTo(found.own, 4);
      // Before the first all of it is, and these sentences differ in nothing else.
      expect(points[0]).toBe("layers.0.residual.in");
      expect(found.patched[0]).toBeCloseTo(found.other, 4);
      await expect(patchTerms(session, suite, { ...reading, from: "hill", to: "sea" })).rejects.toThrow(
        'no group "sea"',
      );
    });
  });

  it("the gradient of the gap is what a small step does to it", async () => {
    await withSession(folder, mesh, async (session) => {
      const rows = errors.filter(({ group }) => group === "hill" || group === "plain").slice(0, 40);
      const point = "layers.0.residual.out";
      // One pass, so that a step for all rows fits its input.
      const options = { ...reading, batch: 40, between: ["hill", "plain"] as const, at: [point] };
      const all = await gapGradient(session, rows, options);
      const [found] = all.categories as [CategoryGradient];
      expect(all.provenance.call).toMatch(/^gapGradient\(\d+ rows, class 0, \w+ − \w+\)$/);
      expect(found.rows).toHaveLength(rows.length);
      const { data, shape } = found.gradients.get(point)!;
      const size = Math.sqrt(data.reduce((sum, x) => sum + x * x, 0));
      const step = 1e-2;
      const along = (sign: number) => ({ shape, data: data.map((x) => (sign * step * x) / size) });
      const gapAt = async (sign: number) => {
        const hook = session.hooks.add(vitrail.edit(point, vitrail.add(along(sign))));
        const { categories } = await gapGradient(session, rows, options);
        hook.remove();
        return categories[0]!.gap;
      };
      const slope = ((await gapAt(1)) - (await gapAt(-1))) / (2 * step);
      expect(size).toBeGreaterThan(1e-2);
      expect(Math.abs(slope - size) / size).toBeLessThan(1e-2);
      expect(found.atTerm[0]).toBeGreaterThan(0);
      await expect(gapGradient(session, rows, { ...options, between: ["hill", "hill"] })).rejects.toThrow(
        "give two groups that have rows",
      );
      for (const at of ["layers.0.residual.out[position=-1]", "layers.0.attention.pattern"])
        await expect(gapGradient(session, rows, { ...options, at: [at] })).rejects.toThrow(
          "give whole points of [batch, position, unit]",
        );
      // A model that is sure of itself has a large gap, not an infinite one.
      const sure = session.hooks.add(vitrail.edit("norm", vitrail.scale(8)));
      const [large] = (await gapGradient(session, rows, options)).categories as [CategoryGradient];
      sure.remove();
      expect(large.gap).toBeGreaterThan(2 * found.gap);
      expect(large.gap).toBeLessThan(Infinity);
      expect(large.gradients.get(point)!.data.every(Number.isFinite)).toBe(true);
    });
  });

  it("attention on terms is the sum of what the pattern says", async () => {
    await withSession(folder, mesh, async (session) => {
      const rows = errors.filter(({ group }) => group === "coast" || group === "hill");
      const { categories } = await attentionOnTerms(session, rows, { ...reading, batch: 7 });
      const [found] = categories as [CategoryAttention];
      const sums = new Map<string, { sum: number; count: number }>();
      for (const { text, term, group } of rows) {
        const prompt = reading.template.replace("{text}", text);
        const run = await session.forward(prompt, {
          hooks: [capture("layers.1.attention.pattern[head=2, query=-1]")],
        });
        const start = prompt.toLowerCase().indexOf(term.toLowerCase());
        const { data } = run.get("layers.1.attention.pattern");
        const own = run.tokens[0]!.reduce(
          (sum, token, i) => sum + (token.start! < start + term.length && token.end! > start ? data[i]! : 0),
          0,
        );
        const { sum, count } = sums.get(group) ?? { sum: 0, count: 0 };
        sums.set(group, { sum: sum + own, count: count + 1 });
      }
      expect(found.groups).toEqual(["coast", "hill"]);
      found.groups.forEach((group, i) => {
        const { sum, count } = sums.get(group)!;
        expect(found.means[1]![2]![i]).toBeCloseTo(sum / count, 4);
      });
    });
  });
});

describe("the four calls give what one process gives", () => {
  const few = errors.filter(({ group }) => group === "hill" || group === "plain").slice(0, 40);
  const point = "layers.0.residual.out";
  const all = async (session: Session) => ({
    byLayer: (await gapByLayer(session, suite, reading)).categories[0]!,
    patched: (await patchTerms(session, suite, { ...reading, from: "hill", to: "plain" })).categories[0]!,
    gradient: (await gapGradient(session, few, { ...reading, between: ["hill", "plain"], at: [point] }))
      .categories[0]!,
    attention: (await attentionOnTerms(session, suite, reading)).categories[0]!,
  });
  type All = Awaited<ReturnType<typeof all>>;
  let one: All;
  beforeAll(async () => {
    one = await withSession(folder, {}, all);
  });

  const far = (a: readonly number[] | Float32Array, b: readonly number[] | Float32Array) => {
    expect(a).toHaveLength(b.length);
    return Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!)));
  };
  const slopesOf = ({ gradient }: All) => gradient.gradients.get(point)!.data;
  const largest = () => Math.max(...slopesOf(one).map(Math.abs));
  /** How far each number of a run is from that of the one process. */
  const differences = (here: All) => ({
    means: far(here.byLayer.means.flat(), one.byLayer.means.flat()),
    gaps: far(here.byLayer.gaps.flat(), one.byLayer.gaps.flat()),
    patched: far(here.patched.patched, one.patched.patched),
    own: Math.abs(here.patched.own - one.patched.own),
    other: Math.abs(here.patched.other - one.patched.other),
    gap: Math.abs(here.gradient.gap - one.gradient.gap),
    slopes: far(slopesOf(here), slopesOf(one)) / largest(),
    atTerm: far(here.gradient.atTerm, one.gradient.atTerm),
    atLast: far(here.gradient.atLast, one.gradient.atLast),
    attention: far(here.attention.means.flat(2), one.attention.means.flat(2)),
  });

  it("unless the model is another by a hundredth of one module", async () => {
    await withSession(folder, {}, async (session) => {
      session.hooks.add(vitrail.edit("layers.0.attention.output", vitrail.scale(1.01)));
      for (const [name, difference] of Object.entries(differences(await all(session))))
        expect(difference, name).toBeGreaterThan(1e-5);
    });
  });

  it.each([
    ["tensor 2", { devices: 2, mesh: { tensor: 2 } }],
    ["data 2", { mesh: { data: 2 } }],
    ["pipeline 2 × tensor 2", { devices: 4, mesh: { pipeline: 2, tensor: 2 } }],
  ] as const)("%s", async (_, mesh) => {
    const hill = groups.indexOf("hill");
    const spread = (numbers: readonly number[]) => Math.max(...numbers) - Math.min(...numbers);
    // What is compared is there: a gap, its end by a patch, a slope, heads that look at one group's terms more.
    expect(one.byLayer.gaps.at(-1)![hill]).toBeGreaterThan(0.3);
    expect(one.patched.own - one.patched.patched[0]!).toBeGreaterThan(0.3);
    expect(largest()).toBeGreaterThan(1e-2);
    expect(Math.max(...one.attention.means.flat().map(spread))).toBeGreaterThan(1e-2);

    const here = await withSession(folder, mesh, all);
    for (const [name, difference] of Object.entries(differences(here)))
      expect(difference, name).toBeLessThan(1e-5);
  });
});

it("a term that does not stand in its text is refused before anything runs", async () => {
  await withSession(folder, {}, async (session) => {
    const [row] = errors;
    await expect(gapByLayer(session, [{ ...row!, term: "nowhere" }], reading)).rejects.toThrow(
      'term "nowhere" does not stand in',
    );
    // Not in the middle of a word.
    await expect(
      gapByLayer(session, [{ ...row!, text: "The other one was here.", term: "he" }], reading),
    ).rejects.toThrow('term "he" does not stand in');
    await expect(gapByLayer(session, suite, { ...reading, of: 3 })).rejects.toThrow(
      "class 3: there are words of 3 classes",
    );
  });
});

describe("a look inwards shows how far it is, and is interrupted by a signal", () => {
  const few = errors.filter(({ group }) => group === "hill" || group === "plain").slice(0, 40);
  const terms = { from: "hill", to: "plain" } as const;
  type Options = fairness.InwardOptions;
  const looks: readonly (readonly [string, (session: Session, options: Options) => Promise<unknown>])[] = [
    ["reading the gap of every layer", (session, options) => gapByLayer(session, few, options)],
    [
      "patching terms of hill by plain",
      (session, options) => patchTerms(session, few, { ...options, ...terms }),
    ],
    [
      "taking the gradient of the gap",
      (session, options) => gapGradient(session, few, { ...options, between: ["hill", "plain"] }),
    ],
    ["reading attention on terms", (session, options) => attentionOnTerms(session, few, options)],
  ];

  it.each(looks)("%s", async (label, look) => {
    await withSession(folder, {}, async (session) => {
      const said: string[] = [];
      const written = vi
        .spyOn(process.stderr, "write")
        .mockImplementation((text) => (said.push(String(text)), true));
      try {
        await look(session, { ...reading, quiet: false });
        expect(said).toEqual([`${label} ${"█".repeat(24)} 100 %\n`]);
        const signal = AbortSignal.abort();
        await expect(look(session, { ...reading, quiet: false, signal })).rejects.toThrow(
          vitrail.CancelledError,
        );
        // The bar of what was interrupted ends where it was.
        expect(said[1]).toBe(`${label} ${"░".repeat(24)}   0 %\n`);
        await look(session, reading);
        expect(said).toHaveLength(2);
      } finally {
        written.mockRestore();
      }
    });
  });
});
