import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import type {
  GridRun,
  MeasuredRun,
  Prefix,
  Session,
  SoftPrompt,
  TuneOptions,
  TuningData,
} from "../../kernel/src/index.js";
import { distance, tolerance } from "./closeness.js";
import { readGolden, readTensors } from "./goldens.js";
import { meshes, meshesOf } from "./meshes.js";
import { vitrail, withSession } from "./sessions.js";

const { classifyByPrompt, evaluatePrompt, initialPrompt, loadPrompt, nearestTokens } = vitrail;
const { promptEdits, savePrompt, tune, tuneGrid, withPlaceholders } = vitrail;
const folderOf = (name: string) =>
  join(dirname(fileURLToPath(import.meta.url)), "..", "goldens", "prompts", `peft-${name}`);

// The cases mean the same as those of test/oracle/soft_prompts.py.
const words = [[7, 11], 13];
const longWords = [[{ ids: [3, 9] }, 7], { ids: [3, 4, 5] }];
const batch = 4;

function cases(name: string) {
  const wanted = readTensors("prompts", name);
  const { shape, data } = wanted.get("prompt");
  const prompt: SoftPrompt = { tokens: shape[0]!, units: shape[1]!, data };
  const labels = [...wanted.get("labels").data];
  const rows = labels.map((label, r) => ({ text: [...wanted.get(`ids.${r}`).data], label }));
  const options: TuneOptions = {
    words,
    from: { prompt },
    batch,
    shuffle: false,
    quiet: true,
    learningRate: 0.05,
  };
  return { wanted, prompt, rows, options };
}

describe.each(["galactica", "opt-350m", "llama-grouped", "gpt2"])("soft prompts of %s", (name) => {
  const { wanted, prompt, rows, options } = cases(name);
  const { folder } = readGolden(name);

  it.each(meshesOf(name, meshes))("are what peft and autograd say (%s)", async (_, mesh) => {
    await withSession(folder, mesh, async (session: Session) => {
      const input = withPlaceholders(prompt.tokens, [rows[0]!.text]);
      const bare = await session.forward(input);
      const run = await session.forward(input, { hooks: promptEdits(session, prompt) });
      const { shape, data } = wanted.get("logits");
      const own = { shape, data: run.logits!.data };
      expect(distance(own, { shape, data })).toBeLessThanOrEqual(tolerance({ shape, data }));
      expect(distance({ shape, data: bare.logits!.data }, own)).toBeGreaterThan(1e-2);

      // Fewer rows at once than there are: rows of like length run together, and come back in their order.
      const probabilities = await classifyByPrompt(
        session,
        prompt,
        rows.map(({ text }) => text),
        { words, batch: 5 },
      );
      const classes = wanted.get("classes");
      const expected = { shape: classes.shape, data: classes.data.map(Math.exp) };
      const got = { shape: classes.shape, data: Float32Array.from(probabilities.flat()) };
      expect(distance(got, expected)).toBeLessThan(1e-5);

      const epochs = Math.ceil((20 * batch) / rows.length);
      const tuned = await tune(session, rows, { ...options, epochs });
      const losses = [...wanted.get("losses").data];
      losses.forEach((loss, step) =>
        expect(Math.abs(tuned.steps[step]!.loss - loss), `loss of step ${step}`).toBeLessThan(1e-4),
      );
      const right = (of: string, from: number) => {
        const { shape: sizes, data: said } = wanted.get(of);
        const [zero, one] = [0, 1].map((label) => (row: number) => said[row * sizes[1]! + label]!) as [
          (row: number) => number,
          (row: number) => number,
        ];
        const own = rows.slice(from, from + batch).map(({ label }, r) => {
          const other = zero(from + r) - one(from + r);
          return label === 0 ? other > 0 : other < 0;
        });
        return own.filter(Boolean).length / batch;
      };
      expect(tuned.steps[0]!.accuracy).toBe(right("classes", 0));
      // Without learning every step sees the first prompt.
      const still = { ...options, epochs: 1, learningRate: 0, optimiser: { kind: "sgd" } } as const;
      const unmoved = await tune(session, rows, { ...still, batch: 2, accumulate: 2 });
      const shares = [0, 4, 8].map((from) => right("classes", from));
      expect(unmoved.steps.map(({ accuracy }) => accuracy)).toEqual(shares);
      expect(unmoved.epochs[0]!.accuracy).toBeCloseTo((shares[0]! + shares[1]! + shares[2]!) / 3, 12);
      // One step of plain descent moves the prompt by its gradient, entry by entry.
      const gradient = wanted.get("gradient").data;
      const norm = Math.sqrt(gradient.reduce((sum, x) => sum + x * x, 0));
      const rate = 100 / norm;
      const few = rows.slice(0, batch);
      const step = { ...options, epochs: 1, learningRate: rate, optimiser: { kind: "sgd" } } as const;
      const moved = await tune(session, few, step);
      const largest = gradient.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      const away = moved.last.prompt.data.map((x, i) => (prompt.data[i]! - x) / rate - gradient[i]!);
      expect(away.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / largest).toBeLessThan(1e-5);
      expect(Math.abs(tuned.steps[0]!.gradientNorm - norm) / norm).toBeLessThan(1e-5);
      // Clipped to a tenth of its length it moves it a tenth as far.
      const clipped = await tune(session, few, { ...step, clip: norm / 10 });
      const tenth = clipped.last.prompt.data.map((x, i) => 10 * (prompt.data[i]! - x) - rate * gradient[i]!);
      expect(tenth.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / (rate * largest)).toBeLessThan(1e-4);
      expect(new Set(tuned.steps.map(({ promptNorm }) => promptNorm)).size).toBe(tuned.steps.length);
      // Words of several tokens, read one behind the other.
      const texts = rows.map(({ text }) => text);
      const long = wanted.get("long.classes");
      const said = await classifyByPrompt(session, prompt, texts, { words: longWords, batch: 5 });
      const longGot = { shape: long.shape, data: Float32Array.from(said.flat()) };
      expect(distance(longGot, { shape: long.shape, data: long.data.map(Math.exp) })).toBeLessThan(1e-5);
      const byLong = await tune(session, rows, { ...options, words: longWords, epochs: 3 });
      wanted
        .get("long.losses")
        .data.forEach((loss, step) =>
          expect(Math.abs(byLong.steps[step]!.loss - loss), `long words, step ${step}`).toBeLessThan(1e-4),
        );

      expect(byLong.steps[0]!.accuracy).toBe(right("long.classes", 0));

      // Adafactor, at a rate of one's own and at its relative one, is transformers'.
      for (const [of, learningRate] of [
        ["adafactor", 0.05],
        ["relative", "relative"],
      ] as const) {
        const kind = { optimiser: { kind: "adafactor" }, learningRate } as const;
        const found = await tune(session, rows, { ...options, ...kind, epochs: 3 });
        const expectedLosses = [...wanted.get(`${of}.losses`).data];
        expectedLosses.forEach((loss, step) =>
          expect(Math.abs(found.steps[step]!.loss - loss), `${of}, step ${step}`).toBeLessThan(1e-4),
        );
        const unlike = expectedLosses.map((loss, step) => Math.abs(loss - losses[step]!));
        expect(Math.max(...unlike)).toBeGreaterThan(1e-2);
        const { data: end } = wanted.get(`${of}.prompt`);
        const seven = await tune(session, [...rows, ...rows, ...rows.slice(0, 4)], {
          ...options,
          ...kind,
          epochs: 1,
        });
        const length = (entry: (i: number) => number) => Math.hypot(...Array.from(end, (_, i) => entry(i)));
        const missed = length((i) => seven.last.prompt.data[i]! - end[i]!);
        expect(missed / length((i) => end[i]! - prompt.data[i]!), of).toBeLessThan(1e-3);
      }

      // Rows before every layer: the first loss is the shallow one's, and then they part.
      const deep = await tune(session, rows, { ...options, deep: true, epochs: 3 });
      const deepLosses = wanted.get("deep.losses").data;
      deepLosses.forEach((loss, step) =>
        expect(Math.abs(deep.steps[step]!.loss - loss), `deep prompt, step ${step}`).toBeLessThan(1e-4),
      );
      const apart = [...deepLosses].map((loss, step) => Math.abs(loss - losses[step]!));
      expect(Math.max(...apart)).toBeGreaterThan(1e-3);
      // Read once and gone on from, it gives what it gives within the text.
      const [first] = texts as [number[]];
      const within = await session.forward(withPlaceholders(prompt.tokens, [first]), {
        hooks: promptEdits(session, deep.prompt),
        logits: "last",
      });
      const [byDeep] = await classifyByPrompt(session, deep.prompt, [first], { words: [7, 13] });
      const [seven, thirteen] = [within.logits!.data[7]!, within.logits!.data[13]!];
      expect(byDeep![1]).toBeCloseTo(1 / (1 + Math.exp(seven - thirteen)), 5);
      // Two passes a step give the same step.
      const cut = await tune(session, rows, { ...options, epochs: 1, batch: 2, accumulate: 2 });
      cut.steps.forEach(({ loss }, step) => expect(loss).toBeCloseTo(losses[step]!, 4));
    });
  });

  it("are read from peft's folder, and written as it writes them", async () => {
    const read = await loadPrompt(folderOf(name));
    expect(read.prompt).toEqual(prompt);
    const out = mkdtempSync(join(tmpdir(), "prompt-"));
    try {
      savePrompt(out, read, { model: name });
      expect(await loadPrompt(out)).toEqual(read);
      const json = (path: string) =>
        JSON.parse(readFileSync(join(path, "adapter_config.json"), "utf8")) as object;
      expect(json(folderOf(name))).toMatchObject({ peft_type: "PROMPT_TUNING", token_dim: prompt.units });
      expect(json(out)).toMatchObject({ peft_type: "PROMPT_TUNING", token_dim: prompt.units });
    } finally {
      rmSync(out, { recursive: true });
    }
  });
});

describe("tuning", () => {
  const { prompt, rows, options } = cases("llama-grouped");
  const { folder } = readGolden("llama-grouped");

  it("keeps the best epoch, stops early or when it is told, and goes on where it stood", async () => {
    await withSession(folder, {}, async (session) => {
      const validation = rows.slice(0, 6);
      const data = { train: rows, validation };
      const tuned = await tune(session, data, { ...options, epochs: 4, shuffle: true, seed: 3 });
      const best = Math.min(...tuned.epochs.map(({ validation: checked }) => checked!.loss));
      expect(tuned.epochs[tuned.best!]!.validation!.loss).toBe(best);
      expect((await evaluatePrompt(session, tuned.prompt, validation, { words })).loss).toBeCloseTo(best, 5);
      expect(tuned.provenance.seed).toBe(3);

      const shuffled = { ...options, shuffle: true, schedule: { kind: "linear" } } as const;
      const twice = await tune(session, rows, { ...shuffled, epochs: 2 });
      const once = await tune(session, rows, { ...shuffled, epochs: 1, totalEpochs: 2 });
      const on = await tune(session, rows, { ...shuffled, epochs: 1, from: once.last });
      expect(on.last.prompt).toEqual(twice.last.prompt);
      expect(on.last.prompt).not.toEqual(once.last.prompt);

      // What does not move is no better after the first epoch.
      const patient = { ...options, epochs: 10, patience: 2, shuffle: true };
      const early = await tune(session, data, { ...patient, optimiser: { kind: "sgd" }, learningRate: 0 });
      expect(early.stopped).toBe("patience");
      expect([early.best, early.epochs.length]).toEqual([0, 3]);

      // Interrupted in the third epoch it keeps the better of the first two: the first, where validation wants the opposite.
      const opposite = validation.map(({ text, label }) => ({ text, label: 1 - label }));
      const misled = { train: rows, validation: opposite };
      const far = { ...options, optimiser: { kind: "sgd" }, learningRate: 0.1 } as const;
      const two = await tune(session, misled, { ...far, epochs: 2 });
      expect(two.best).toBe(0);
      expect(two.prompt).not.toEqual(two.last.prompt);
      const stop = new AbortController();
      const backward = session.backward.bind(session);
      let passes = 0;
      session.backward = (...call) => {
        if (passes++ === two.steps.length + 1) stop.abort();
        return backward(...call);
      };
      const halted = await tune(session, misled, { ...far, epochs: 100, signal: stop.signal });
      session.backward = backward;
      expect([halted.stopped, halted.best, halted.epochs.length]).toEqual(["interrupted", 0, 2]);
      expect(halted.steps).toHaveLength(two.steps.length + 1);
      expect(halted.prompt).toEqual(two.prompt);
      await expect(tune(session, rows, { ...options, signal: AbortSignal.abort() })).rejects.toThrow(
        vitrail.CancelledError,
      );
    });
  });

  it("shows loss and accuracy beside its bar, also without rows to validate by", async () => {
    await withSession(folder, {}, async (session) => {
      const bar = async (data: TuningData) => {
        const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
        try {
          const tuned = await tune(session, data, { ...options, quiet: false, epochs: 2 });
          return { tuned, text: written.mock.calls.map(([text]) => String(text)).join("") };
        } finally {
          written.mockRestore();
        }
      };
      const alone = await bar(rows);
      const loss = alone.tuned.steps.at(-1)!.loss.toFixed(3);
      const training = (100 * alone.tuned.epochs[1]!.accuracy).toFixed(1);
      expect(alone.text).toBe(
        `tuning a prompt, seed 0 ${"█".repeat(24)} 100 %  epoch 2, loss ${loss}, training ${training} %\n`,
      );
      const validation = rows.slice(0, 5);
      const checked = await bar({ train: rows, validation });
      const before = (100 * checked.tuned.epochs[0]!.validation!.accuracy).toFixed(1);
      expect(checked.text).toBe(alone.text.replace("\n", `, validation ${before} %\n`));
    });
  });

  it("runs over a grid, and keeps by a rule whose effect it tells", async () => {
    await withSession(folder, {}, async (session) => {
      const data = { train: rows, validation: rows.slice(0, 6), test: rows.slice(6) };
      const how = { words, batch, epochs: 1, quiet: true };
      const grid = { ...how, seeds: [1, 2], tokens: [2, 4], learningRates: [0.001, 0.1] };
      // How much likelier the first class is in the rows of the first class than in those of the other.
      const measure = async ({ tuned }: MeasuredRun) => {
        const texts = rows.map(({ text }) => text);
        const said = await classifyByPrompt(session, tuned.prompt, texts, { words });
        const mean = (label: number) => {
          const own = said.filter((_, i) => rows[i]!.label === label);
          return own.reduce((sum, [first]) => sum + first!, 0) / own.length;
        };
        return { gap: mean(0) - mean(1), norm: tuned.steps.at(-1)!.promptNorm };
      };
      const found = await tuneGrid(session, data, { ...grid, select: "published", measure });
      expect(found.runs).toHaveLength(8);
      expect(found.runs[3]).toMatchObject({ seed: 1, tokens: 4, learningRate: 0.1 });
      expect(found.runs[3]!.tuned.prompt.tokens).toBe(4);
      const again = await tune(session, data, { ...how, seed: 1, tokens: 4, learningRate: 0.1 });
      expect(found.runs[3]!.tuned.prompt).toEqual(again.prompt);
      const kept = found.runs.filter(({ isKept }) => isKept);
      expect(kept).toHaveLength(5);
      const worst = Math.min(...kept.map(({ validation }) => validation.accuracy));
      for (const { isKept, validation } of found.runs)
        if (!isKept) expect(validation.accuracy).toBeLessThanOrEqual(worst);
      // What the choice does is told of the rows that chose, of those that did not, and of what was measured.
      const { validation, test, measured } = found.selection;
      const means = (of: (run: GridRun) => number) => {
        const mean = (some: readonly GridRun[]) => some.reduce((sum, run) => sum + of(run), 0) / some.length;
        return { all: mean(found.runs), kept: mean(kept) };
      };
      for (const [effect, of] of [
        [validation, (run: GridRun) => run.validation.accuracy],
        [test, (run: GridRun) => run.test.accuracy],
        [measured["gap"]!, (run: GridRun) => run.measured["gap"]!],
        [measured["norm"]!, (run: GridRun) => run.measured["norm"]!],
      ] as const) {
        const { all, kept: chosen } = means(of);
        expect(effect.all).toBeCloseTo(all, 10);
        expect(effect.kept).toBeCloseTo(chosen, 10);
        const squares = found.runs.reduce((sum, run) => sum + (of(run) - all) ** 2, 0);
        expect(effect.byChance).toBeCloseTo(Math.sqrt((squares / 7) * (1 / 5 - 1 / 8)), 10);
      }
      expect(validation.kept).toBeGreaterThan(validation.all);
      expect(measured["norm"]!.byChance).toBeGreaterThan(0);
      expect(Math.abs(measured["gap"]!.kept - measured["gap"]!.all)).toBeGreaterThan(0);
      expect(Object.keys(measured)).toEqual(["gap", "norm"]);
      expect(await measure(found.runs[0]!)).toEqual(found.runs[0]!.measured);
      await expect(
        tuneGrid(session, data, { ...grid, seeds: [1], tokens: [2], select: "published" }),
      ).rejects.toThrow("a rule that keeps 5 of 2 runs");
      await expect(tuneGrid(session, data, { ...grid, seeds: [] })).rejects.toThrow(
        "seeds: give one or more",
      );

      // An interrupt in the second run's first step, and in the first one's.
      const backward = session.backward.bind(session);
      const interrupted = async (after: number) => {
        const stop = new AbortController();
        let steps = 0;
        session.backward = (...call) => {
          if (steps++ === after) stop.abort();
          return backward(...call);
        };
        return tuneGrid(session, data, { ...grid, select: "published", measure, signal: stop.signal });
      };
      const begun = await interrupted(found.runs[0]!.tuned.steps.length);
      expect([begun.runs.length, begun.planned, found.planned]).toEqual([1, 8, 8]);
      expect(begun.runs[0]).toEqual({ ...found.runs[0], tuned: begun.runs[0]!.tuned, isKept: true });
      expect(begun.runs[0]!.tuned.prompt).toEqual(found.runs[0]!.tuned.prompt);
      await expect(interrupted(0)).rejects.toThrow(vitrail.CancelledError);
    });
  });

  it("begins at tokens of the vocabulary or at random, by the seed, and says which tokens are near", async () => {
    await withSession(folder, {}, async (session) => {
      const drawn = await initialPrompt(session, 4, 1);
      expect(drawn.units).toBe(prompt.units);
      expect(await initialPrompt(session, 4, 1)).toEqual(drawn);
      expect(await initialPrompt(session, 4, 2)).not.toEqual(drawn);
      const table = await session.parameter("model.embed_tokens.weight");
      const near = await nearestTokens(session, drawn, 2);
      near.forEach(([first, second], row) => {
        expect(first!.cosine).toBeCloseTo(1, 5);
        expect(second!.cosine).toBeLessThan(first!.cosine);
        const own = table.data.subarray(first!.id * drawn.units, (first!.id + 1) * drawn.units);
        expect([...drawn.data.subarray(row * drawn.units, (row + 1) * drawn.units)]).toEqual([...own]);
      });
      const random = await initialPrompt(session, 100, 1, { init: "random", deviation: 0.5 });
      const mean = random.data.reduce((sum, x) => sum + x, 0) / random.data.length;
      const deviation = Math.sqrt(
        random.data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / random.data.length,
      );
      expect(Math.abs(deviation - 0.5)).toBeLessThan(0.02);
    });
  });

  it("begins at a text's tokens with its special ones, cut or repeated to the length, as peft does", async () => {
    // The demo's tokenizer, unlike those of the goldens, puts a beginning before a text.
    await withSession(vitrail.demoCheckpoint(), {}, async (session) => {
      const text = "the sentiment of this";
      const { ids } = await (await session.tokenizer()).encode(text);
      const table = await session.parameter("model.decoder.embed_tokens.weight");
      const units = table.shape[1]!;
      const rowsFor = (read: readonly number[]) =>
        read.flatMap((id) => [...table.data.subarray(id * units, (id + 1) * units)]);
      const bare = await (await session.tokenizer()).encode(text, { special: false });
      expect([...ids]).toEqual([2, ...bare.ids]);
      expect(ids.length).toBeGreaterThan(3);
      const own = (tokens: number) => initialPrompt(session, tokens, 0, { init: "text", text });
      const cut = await own(3);
      expect([cut.tokens, cut.units]).toEqual([3, units]);
      expect([...cut.data]).toEqual(rowsFor([...ids].slice(0, 3)));
      const exact = await own(ids.length);
      expect([...exact.data]).toEqual(rowsFor([...ids]));
      const long = await own(2 * ids.length + 2);
      expect([...long.data]).toEqual(rowsFor([...ids, ...ids, ...[...ids].slice(0, 2)]));
      const tuned = await tune(session, rows, {
        words,
        batch,
        epochs: 1,
        quiet: true,
        tokens: 3,
        init: "text",
        text,
        ...({ optimiser: { kind: "sgd" }, learningRate: 0 } as const),
      });
      expect(tuned.prompt).toEqual(cut);
      await expect(initialPrompt(session, 3, 0, { text })).rejects.toThrow(
        'a text to begin with, and init "vocab"',
      );
    });
  });

  it("reads the prompt once, and computes logits only where label words are read", async () => {
    await withSession(folder, {}, async (session) => {
      const prefix = vi.spyOn(session, "prefix");
      const forward = vi.spyOn(session, "forward");
      const texts = rows.map(({ text }) => text);
      const asked = async (label: TuneOptions["words"], given: SoftPrompt | undefined) => {
        prefix.mockClear();
        forward.mockClear();
        await classifyByPrompt(session, given, texts, { words: label, batch: 5 });
        const [kept] = await Promise.all(prefix.mock.results.map(({ value }) => value as Promise<Prefix>));
        return { kept, calls: forward.mock.calls };
      };
      const short = await asked(words, prompt);
      expect(prefix).toHaveBeenCalledTimes(1);
      expect(prefix.mock.calls[0]![0]).toEqual(withPlaceholders(prompt.tokens, [[]]));
      // Twelve rows, five at once.
      expect(short.calls).toHaveLength(3);
      const read: (readonly number[])[] = [];
      for (const [input, how] of short.calls) {
        expect(how).toMatchObject({ logits: "last" });
        expect(how!.after).toBe(short.kept);
        // The prompt's edits act on its own pass and on no other.
        expect(how!.hooks).toBeUndefined();
        read.push(...(input as number[][]));
      }
      expect(read.map((row) => row.join()).sort()).toEqual(
        texts.map((row) => (row as number[]).join()).sort(),
      );
      // Of words of several tokens, the place of each token behind each beginning.
      const long = await asked(longWords, prompt);
      expect(prefix).toHaveBeenCalledTimes(1);
      for (const [input, how] of long.calls) {
        expect(how!.after).toBe(long.kept);
        const lengths = (input as number[][]).map((row) => row.length);
        const places = how!.logits as number[][];
        expect(places).toHaveLength(lengths.length);
        places.forEach((each, row) => {
          expect(each).toHaveLength(3);
          expect(Math.max(...each)).toBe(lengths[row]! - 1);
          expect(Math.min(...each)).toBeGreaterThanOrEqual(lengths[row]! - 3);
        });
      }
      const without = await asked(words, undefined);
      expect(prefix).not.toHaveBeenCalled();
      for (const [, how] of without.calls) expect(how).not.toHaveProperty("after");
      vi.restoreAllMocks();
    });
  });

  it("takes off what the model says of nothing", async () => {
    await withSession(folder, {}, async (session) => {
      const texts = rows.map(({ text }) => text).slice(0, 3);
      const plain = await classifyByPrompt(session, prompt, texts, { words });
      const nothing = [[2], [9, 4]];
      const ofNothing = await classifyByPrompt(session, prompt, nothing, { words });
      const mean = [0, 1].map((label) => (ofNothing[0]![label]! + ofNothing[1]![label]!) / 2);
      const got = await classifyByPrompt(session, prompt, texts, { words, calibrate: nothing });
      got.forEach(([first], i) => {
        // The odds of the classes are divided by those at nothing (Zhao et al. 2021).
        const odds = plain[i]![0]! / plain[i]![1]! / (mean[0]! / mean[1]!);
        expect(first).toBeCloseTo(odds / (1 + odds), 6);
        expect(Math.abs(first! - plain[i]![0]!)).toBeGreaterThan(1e-2);
      });
      await expect(classifyByPrompt(session, prompt, texts, { words, calibrate: [] })).rejects.toThrow(
        "calibrate: give one or more texts without content, such as N/A",
      );
    });
  });

  it("keeps a deep prompt, which is no prompt of peft's", async () => {
    await withSession(folder, {}, async (session) => {
      const { prompt: deep } = await tune(session, rows, { ...options, deep: true, epochs: 1 });
      const out = mkdtempSync(join(tmpdir(), "prompt-"));
      try {
        savePrompt(out, deep, { model: "llama-grouped" });
        expect(await loadPrompt(out)).toEqual({ prompt: deep });
        const config = readFileSync(join(out, "adapter_config.json"), "utf8");
        expect(JSON.parse(config)).toMatchObject({ peft_type: "VITRAIL_DEEP_PROMPT" });
      } finally {
        rmSync(out, { recursive: true });
      }
      // It goes on from what it is, and a shallow one becomes deep by itself.
      const again = await tune(session, rows, { ...options, from: { prompt: deep }, epochs: 1 });
      expect(again.prompt.deep?.data.length).toBe(deep.deep?.data.length);
      await expect(tune(session, rows, { ...options, from: { prompt: deep }, deep: false })).rejects.toThrow(
        "deep: false, and the prompt to go on from is deep",
      );
      const short = { ...deep, deep: { units: deep.units, data: new Float32Array(3) } };
      await expect(tune(session, rows, { ...options, from: { prompt: short } })).rejects.toThrow(
        "deep prompt of 3 numbers",
      );
    });
  });

  it("is kept with all that it takes to ask by it again, and refused by a model of another shape", async () => {
    const out = mkdtempSync(join(tmpdir(), "prompt-"));
    const texts = rows.map(({ text }) => text);
    const asked = await withSession(folder, {}, async (session) => {
      const data = { train: rows, validation: rows.slice(0, 6) };
      const settings = {
        words: longWords,
        init: "random",
        tokens: 3,
        batch,
        epochs: 1,
        quiet: true,
      } as const;
      const tuned = await tune(session, data, { ...settings, seed: 4 });
      savePrompt(out, tuned, { model: "llama-grouped" });
      const { fingerprint } = await session.status();
      const kept = await loadPrompt(out);
      expect(kept.provenance).toMatchObject({ fingerprint, seed: 4 });
      expect(kept.provenance!.versions).toHaveProperty("vitrail");
      expect(kept.init).toEqual({ init: "random" });
      const sha = createHash("sha256");
      sha.update(JSON.stringify(rows.map(({ text, label }) => [text, label])));
      expect(kept.data!.train).toBe(sha.digest("hex"));
      expect(kept.data!.validation).not.toBe(kept.data!.train);
      return classifyByPrompt(session, tuned.prompt, texts, { words: longWords });
    });
    const { prompt: kept, reading } = await loadPrompt(out);
    await withSession(folder, {}, async (session) => {
      expect(await classifyByPrompt(session, kept, texts, reading!)).toEqual(asked);
    });
    await withSession(readGolden("opt-350m").folder, {}, async (session) => {
      const units = cases("opt-350m").prompt.units;
      expect(units).not.toBe(kept.units);
      await expect(classifyByPrompt(session, kept, texts, reading!)).rejects.toThrow(
        `prompt of ${kept.units} units a token: this model's embeddings have ${units}`,
      );
    });
    rmSync(out, { recursive: true });
  });

  it("is refused in one line before anything runs", async () => {
    await withSession(folder, {}, async (session) => {
      const ask = (more: Partial<TuneOptions>, data: TuningData = rows) =>
        tune(session, data, { ...options, ...more });
      await expect(ask({}, [])).rejects.toThrow("no rows to tune on");
      await expect(ask({ words: [7] })).rejects.toThrow("label words of 1 classes: there must be 2 or more");
      await expect(ask({ words: [7, [8, 7]] })).rejects.toThrow("label word 7 stands for two classes");
      await expect(ask({ words: [7, { ids: [7, 8] }] })).rejects.toThrow(
        "label word 7 begins [7,8]: give others",
      );
      await expect(ask({ words: [7, { ids: [] }] })).rejects.toThrow("label word [] has no tokens");
      await expect(ask({ words: [7, 100_000] })).rejects.toThrow("token id 100000 is outside the vocabulary");
      await expect(ask({}, [{ text: [4, 5], label: 2 }])).rejects.toThrow(
        "row 0 has label 2: there are words of 2 classes",
      );
      await expect(ask({ template: "no place" })).rejects.toThrow('template "no place" has no {text}');
      const narrow = { ...prompt, units: prompt.units - 1, data: prompt.data.slice(prompt.tokens) };
      await expect(ask({ from: { prompt: narrow } })).rejects.toThrow(
        `prompt of ${prompt.units - 1} units a token: this model's embeddings have ${prompt.units}`,
      );
    });
  });
});
