import { beforeAll, describe, expect, it } from "vitest";
import type { Captured, Edit, Session, fairness } from "../../kernel/src/index.js";
import { vitrail, withSession } from "./sessions.js";

const { add, capture, edit, initialPrompt, logitLens, patch, promptEdits, withPlaceholders } = vitrail;
const { attentionOnTerms, gapByLayer, gapGradient, patchTerms, plantedPrompt, plantedSuite } =
  vitrail.fairness;

// Words of two, one, three and one tokens, two of them of one class.
const words = [[" bad .", " negative"], " okay . the", " good"] as const;
const classOf = [0, 0, 1, 2];
const reading = { words, template: plantedPrompt.of("{text}"), batch: 7, quiet: true };
const errors = plantedSuite().filter(({ label }) => label !== 0);
const templates = [...new Set(errors.map(({ template }) => template))].slice(0, 4);
const suite = errors.filter(
  ({ group, template }) => (group === "hill" || group === "plain") && templates.includes(template),
);
const groups = ["hill", "plain"] as const;
const point = "layers.0.residual.out";
let folder: string;

const meanOf = (numbers: readonly number[]) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
const far = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a).toHaveLength(b.length);
  return Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!)));
};
const byGroup = (values: readonly number[]) =>
  groups.map((group) => meanOf(values.filter((_, i) => suite[i]!.group === group)));

/** Probabilities of the three classes from the log-probabilities of the four words. */
function classesOf(logs: readonly number[]): number[] {
  const chances = [0, 1, 2].map((label) =>
    logs.reduce((sum, log, word) => (classOf[word] === label ? sum + Math.exp(log) : sum), 0),
  );
  const sum = chances.reduce((total, x) => total + x, 0);
  return chances.map((x) => x / sum);
}

async function idsOf(session: Session) {
  const tokenizer = await session.tokenizer();
  const rows: number[][] = [];
  for (const { text } of suite)
    rows.push((await tokenizer.encode(reading.template.replace("{text}", text))).ids);
  const own: number[][] = [];
  for (const word of words.flat()) own.push((await tokenizer.encode(word, { continues: true })).ids);
  return { rows, words: own };
}

/** Probabilities of the classes behind rows, [row][class], of every word by a pass of its own and the logits of all places. */
async function said(
  session: Session,
  rows: readonly number[][],
  own: readonly number[][],
  hooksOf: (positions: number) => readonly Edit[] = () => [],
): Promise<number[][]> {
  const logs = rows.map((): number[] => []);
  for (const word of own) {
    const input = rows.map((row) => [...row, ...word.slice(0, -1)]);
    const positions = Math.max(...input.map(({ length }) => length));
    const { logits } = await session.forward(input, { hooks: [...hooksOf(positions)] });
    const [, , vocabulary] = logits!.shape as [number, number, number];
    rows.forEach(({ length }, row) => {
      const each = word.map((id, i) => {
        const from = (row * positions + length - 1 + i) * vocabulary;
        const place = logits!.data.subarray(from, from + vocabulary);
        return place[id]! - Math.log(place.reduce((sum, x) => sum + Math.exp(x), 0));
      });
      logs[row]!.push(each.reduce((sum, x) => sum + x, 0));
    });
  }
  return logs.map(classesOf);
}

/** What the four calls should say, by passes of one process that append each word by hand. */
async function expected(session: Session) {
  const { rows, words: own } = await idsOf(session);
  expect(own.map(({ length }) => length)).toEqual([2, 1, 3, 1]);
  const answers = await said(session, rows, own);
  const firstOnly = await said(
    session,
    rows,
    own.map((word) => word.slice(0, 1)),
  );

  const layers: number[][] = [];
  const lensLogs = rows.map((): number[][] => []);
  for (const word of own) {
    const { rows: lens, points } = await logitLens(
      session,
      rows.map((row) => [...row, ...word.slice(0, -1)]),
      { tokens: [...new Set(word)] },
    );
    lens.forEach(({ chosen }, row) =>
      points.forEach((_, at) => {
        const logs = word.map((id, i) => {
          const { logProbability } = chosen.find(({ token }) => token === id)!;
          return logProbability[at]![rows[row]!.length - 1 + i]!;
        });
        (lensLogs[row]![at] ??= []).push(logs.reduce((sum, x) => sum + x, 0));
      }),
    );
  }
  for (const at of lensLogs[0]!.keys())
    layers.push(byGroup(lensLogs.map((each) => classesOf(each[at]!)[0]!)));
  return { rows, own, answers, firstOnly, layers };
}

/** A step along a gradient of the rows' own tokens, which stand behind a prompt, in a pass of so many positions. */
function alongGradient({ shape, data }: Captured, step: number, before: number) {
  const [rows, longest, units] = shape as [number, number, number];
  const size = Math.hypot(...data);
  return (positions: number): Edit[] => {
    const own = positions - before;
    const moved = new Float32Array(rows * own * units);
    for (let row = 0; row < rows; row++) {
      const each = data.subarray(row * longest * units, (row + 1) * longest * units);
      moved.set(
        each.map((x) => (step * x) / size),
        row * own * units,
      );
    }
    return [edit(`${point}[position=${before}:]`, add({ shape: [rows, own, units], data: moved }))];
  };
}

let truth: Awaited<ReturnType<typeof expected>>;
beforeAll(async () => {
  folder = await vitrail.plantedCheckpoint({ strength: 0.8 });
  truth = await withSession(folder, {}, expected);
}, 180_000);

const negative = (all: readonly number[][]) => all.map(([p]) => p!);
const odds = (p: number) => Math.log(p / (1 - p));
const gapOf = (answers: readonly number[][]) => {
  const [hill, plain] = byGroup(negative(answers).map(odds));
  return hill! - plain!;
};

describe.each([
  ["one process", {}],
  ["data 2", { mesh: { data: 2 } }],
  ["pipeline 2 × tensor 2", { devices: 4, mesh: { pipeline: 2, tensor: 2 } }],
] as const)("looks inwards by words of several tokens (%s)", (name, mesh) => {
  it("every layer's gap is that of the sums over the words' tokens", async () => {
    await withSession(folder, mesh, async (session) => {
      const [found] = (await gapByLayer(session, suite, reading)).categories;
      // There is a gap, the layers do not all say the same, and the tokens behind the first change it.
      const answers = byGroup(negative(truth.answers));
      expect(answers[0]! - answers[1]!).toBeGreaterThan(0.3);
      expect(far(truth.layers[0]!, truth.layers[1]!)).toBeGreaterThan(0.05);
      expect(far(answers, byGroup(negative(truth.firstOnly)))).toBeGreaterThan(1e-2);
      expect(found!.groups).toEqual(groups);
      expect(far(found!.means.flat(), truth.layers.flat())).toBeLessThan(1e-5);
      expect(far(found!.means.at(-1)!, answers)).toBeLessThan(1e-5);
    });
  });

  it("a patched term changes every word's tokens", async () => {
    await withSession(folder, mesh, async (session) => {
      const options = { ...reading, from: "hill", to: "plain" };
      const { categories, points } = await patchTerms(session, suite, options);
      const answers = byGroup(negative(truth.answers));
      expect(categories[0]!.unpaired).toBe(0);
      expect(Math.abs(categories[0]!.own - answers[0]!)).toBeLessThan(1e-5);
      expect(Math.abs(categories[0]!.other - answers[1]!)).toBeLessThan(1e-5);
      // A pair by hand: its one-token terms stand at the same place.
      const [own, other] = groups.map((group) => suite.findIndex((row) => row.group === group)) as [
        number,
        number,
      ];
      const [mine, theirs] = [truth.rows[own]!, truth.rows[other]!];
      const at = mine.findIndex((id, i) => id !== theirs[i]);
      expect(mine.toSpliced(at, 1, theirs[at]!)).toEqual(theirs);
      const pair = [suite[own]!, suite[other]!];
      const [found] = (await patchTerms(session, pair, options)).categories;
      const run = await session.forward([theirs], {
        hooks: points.map((name) => capture(`${name}[position=${at}]`)),
      });
      const patched: number[] = [];
      for (const name of points) {
        const change = edit(`${name}[position=${at}]`, patch(run.get(name)));
        patched.push((await said(session, [mine], truth.own, () => [change]))[0]![0]!);
      }
      expect(Math.max(...patched) - Math.min(...patched)).toBeGreaterThan(0.1);
      expect(far(found!.patched, patched)).toBeLessThan(1e-5);
    });
  });

  it("the gradient over the rows' own tokens is what a small step in all their copies does", async () => {
    await withSession(folder, mesh, async (session) => {
      const options = { ...reading, between: groups, at: [point] };
      const [found] = (await gapGradient(session, suite, options)).categories;
      expect(Math.abs(found!.gap - gapOf(truth.answers))).toBeLessThan(1e-4);
      expect(Math.abs(found!.gap - gapOf(truth.firstOnly))).toBeGreaterThan(1e-2);
      const captured = found!.gradients.get(point)!;
      const lengths = truth.rows.map(({ length }) => length);
      const [rows, longest, units] = captured.shape as [number, number, number];
      expect([rows, longest]).toEqual([suite.length, Math.max(...lengths)]);
      expect(captured.lengths!["position"]).toEqual(lengths);
      const padding = lengths.flatMap((length, row) => [
        ...captured.data.subarray((row * longest + length) * units, (row + 1) * longest * units),
      ]);
      expect(padding.length).toBeGreaterThan(0);
      expect(padding.every((x) => x === 0)).toBe(true);
      const atLast = lengths.map((length, row) => {
        const from = (row * longest + length - 1) * units;
        return Math.hypot(...captured.data.subarray(from, from + units));
      });
      expect(Math.abs(found!.atLast[0]! - meanOf(atLast))).toBeLessThan(1e-5);

      const size = Math.hypot(...captured.data);
      expect(size).toBeGreaterThan(1e-2);
      const gapAt = async (step: number) =>
        gapOf(await said(session, truth.rows, truth.own, alongGradient(captured, step, 0)));
      const slope = ((await gapAt(1e-2)) - (await gapAt(-1e-2))) / 2e-2;
      expect(Math.abs(slope - size) / size).toBeLessThan(1e-2);
      // A row some of whose copies one replica had and some the other was held by both; rows follow one another.
      const held = captured.shards.filter(({ axis }) => axis === 0).map(({ parts }) => parts);
      expect(held).toHaveLength(name === "data 2" ? 1 : 0);
      for (const parts of held) {
        expect(parts.reduce((end, { from, to }) => (from === end ? to : NaN), 0)).toBe(rows);
        expect(parts.some(({ ranks }) => ranks.length === 2)).toBe(true);
      }
    });
  });

  it("attention asks for no words, and takes any", async () => {
    await withSession(folder, mesh, async (session) => {
      const { template, batch, quiet } = reading;
      const without = { template, batch, quiet };
      const heads = async (options: fairness.AttentionOnTermsOptions) =>
        (await attentionOnTerms(session, suite, options)).categories[0]!.means.flat(2);
      const plain = await heads(without);
      expect(Math.max(...plain)).toBeGreaterThan(0.1);
      expect(await heads(reading)).toEqual(plain);
      expect(far(await heads({ ...without, template: "{text} the mood is" }), plain)).toBeGreaterThan(1e-3);
    });
  });
});

it("words that share their beginning are no part of the gradient either, however many passes there are", async () => {
  await withSession(folder, {}, async (session) => {
    const tokenizer = await session.tokenizer();
    const words = await Promise.all(
      [" okay bad", " okay okay", " okay good"].map(async (word) => {
        const { ids } = await tokenizer.encode(word, { continues: true });
        expect(ids).toHaveLength(2);
        return { ids };
      }),
    );
    const options = { ...reading, words, between: groups, at: [point] };
    const of = async (batch: number) =>
      (await gapGradient(session, suite, { ...options, batch })).categories[0]!.gradients.get(point)!;
    const [once, parts] = [await of(suite.length), await of(3)];
    expect(Math.hypot(...parts.data)).toBeGreaterThan(1e-2);
    expect(once.shape).toEqual(parts.shape);
    expect(once.shape[1]).toBe(Math.max(...truth.rows.map(({ length }) => length)));
    expect(far([...once.data], [...parts.data])).toBeLessThan(1e-5);
  });
});

it("behind a tuned prompt they are read as classifyByPrompt reads them", async () => {
  await withSession(folder, { mesh: { data: 2 } }, async (session) => {
    const tokens = 3;
    const prompt = await initialPrompt(session, tokens, 1);
    const texts = suite.map(({ text }) => text);
    const answers = await vitrail.classifyByPrompt(session, prompt, texts, reading);
    const [hill, plain] = byGroup(negative(answers)) as [number, number];
    expect(far([hill, plain], byGroup(negative(truth.answers)))).toBeGreaterThan(1e-2);
    const options = { ...reading, prompt };
    const [layers] = (await gapByLayer(session, suite, options)).categories;
    expect(far(layers!.means.at(-1)!, [hill, plain])).toBeLessThan(1e-5);
    const [patched] = (await patchTerms(session, suite, { ...options, from: "hill", to: "plain" }))
      .categories;
    expect(far([patched!.own, patched!.other], [hill, plain])).toBeLessThan(1e-5);
    expect(far([patched!.patched.at(-1)!, patched!.patched[0]!], [hill, plain])).toBeLessThan(1e-5);

    const [slope] = (await gapGradient(session, suite, { ...options, between: groups, at: [point] }))
      .categories;
    expect(Math.abs(slope!.gap - gapOf(answers))).toBeLessThan(1e-4);
    const captured = slope!.gradients.get(point)!;
    expect(captured.lengths!["position"]).toEqual(truth.rows.map(({ length }) => length));
    const size = Math.hypot(...captured.data);
    expect(size).toBeGreaterThan(1e-2);
    const placed = withPlaceholders(tokens, truth.rows).map((row) => [...row]);
    const gapAt = async (step: number) => {
      const moved = alongGradient(captured, step, tokens);
      const hooks = (positions: number) => [...promptEdits(session, prompt), ...moved(positions)];
      return gapOf(await said(session, placed, truth.own, hooks));
    };
    const found = ((await gapAt(1e-2)) - (await gapAt(-1e-2))) / 2e-2;
    expect(Math.abs(found - size) / size).toBeLessThan(1e-2);
  });
});

it("a row that leaves no place for the words behind it is refused, where they are read", async () => {
  await withSession(folder, {}, async (session) => {
    const { maxPositions } = session.dimensions;
    const [row] = suite;
    const tokenizer = await session.tokenizer();
    // One token less than the model reads, and words of three read two behind it.
    const { length } = (await tokenizer.encode(row!.text)).ids;
    const long = { ...reading, template: `${"the ".repeat(maxPositions - 1 - length)}{text}` };
    const { ids } = await tokenizer.encode(long.template.replace("{text}", row!.text));
    expect(ids).toHaveLength(maxPositions - 1);
    await expect(gapByLayer(session, [row!], long)).rejects.toThrow(`at most ${maxPositions - 2}`);
    expect((await attentionOnTerms(session, [row!], long)).rows).toBe(1);
    const short = { ...long, words: [" bad", " okay", " good"] };
    expect((await gapByLayer(session, [row!], short)).rows).toBe(1);
    await expect(attentionOnTerms(session, [row!], { of: -1 })).rejects.toThrow(
      "class -1: must be 0 or more",
    );
  });
});
