import { describe, expect, it, vi } from "vitest";
import type { Dense, Generation, Session, StreamedToken } from "../../kernel/src/index.js";
import { distance, tolerance } from "./closeness.js";
import { readGenerations, readGolden, type Values } from "./goldens.js";
import { meshes } from "./meshes.js";
import { vitrail, withSession } from "./sessions.js";

const {
  CancelledError,
  Session: Sessions,
  add,
  capture,
  edit,
  mean,
  scale,
  trainable,
  traced,
  zero,
} = vitrail;

const sampled = { maxTokens: 10, temperature: 1.5, topK: 100, topP: 0.95, stop: [] };

/** Logits of a row at each of its first `count` steps, [step, token]. */
function logitsOf({ steps, prompts }: Generation, row: number, count: number): Values {
  const parts = steps.slice(0, count).map((step, index) => {
    const { data, shape } = step.get("logits");
    const [, positions, tokens] = shape as [number, number, number];
    const last = index === 0 ? prompts[row]!.length - 1 : 0;
    return data.subarray((row * positions + last) * tokens, (row * positions + last + 1) * tokens);
  });
  const tokens = parts[0]!.length;
  const data = new Float32Array(parts.length * tokens);
  parts.forEach((part, index) => data.set(part, index * tokens));
  return { shape: [parts.length, tokens], data };
}

async function keptBytes(session: Session): Promise<number> {
  return (await session.status()).ranks.reduce((sum, { cacheBytes }) => sum + cacheBytes, 0);
}

describe.each(["opt", "llama-grouped", "gpt2", "gpt-neox"])("generation of %s", (name) => {
  const { folder } = readGolden(name);
  const wanted = readGenerations(name);
  const prompts = wanted.map(({ prompt }) => prompt);
  const forced = wanted.map((row) => row.forced);
  const hooks = [capture("logits")];

  it.each(Object.entries(meshes))(
    "gives what transformers' cache gives at every step (%s)",
    async (_, options) => {
      await withSession(folder, options, async (session) => {
        const run = await session.generate(prompts, { forced, hooks });
        expect(run.rows.map(({ ids }) => ids)).toEqual(forced);
        for (const [row, { logits }] of wanted.entries()) {
          const got = logitsOf(run, row, logits.shape[0]!);
          expect(distance(got, logits), `row ${row}`).toBeLessThanOrEqual(tolerance(logits));
          // What another row or another step gives is far from it.
          const tokens = logits.shape[1]!;
          for (const other of [1, 2]) {
            const stranger = logitsOf(run, (row + other) % wanted.length, 8);
            const same = { shape: [8, tokens], data: logits.data.subarray(0, 8 * tokens) };
            expect(distance(stranger, same)).toBeGreaterThan(1e-2);
          }
          const later = { shape: [7, tokens], data: got.data.subarray(tokens, 8 * tokens) };
          const earlier = { shape: [7, tokens], data: logits.data.subarray(0, 7 * tokens) };
          expect(distance(later, earlier)).toBeGreaterThan(1e-2);
        }
      });
    },
  );

  it.each(Object.entries(meshes))(
    "is edited at chosen steps as PyTorch's hooks do it (%s)",
    async (_, options) => {
      await withSession(folder, options, async (session) => {
        const vector = Float32Array.from({ length: session.dimensions.hidden }, (_, i) => Math.sin(i) * 4);
        const ways = {
          data: add(vector),
          trained: trainable("shift", { vector }, (x, p) => x.add(p.vector)),
          here: ({ data }: Dense) => data.map((x, i) => x + vector[i % vector.length]!),
        };
        for (const [way, change] of Object.entries(ways)) {
          const steps = [2, { from: 5, to: 7 }];
          const hooks = [edit("layers.0.residual.out", change, { steps }), capture("logits")];
          const run = await session.generate(prompts, { forced, hooks });
          for (const [row, { logits, stepped }] of wanted.entries()) {
            expect(distance(logits, stepped), `row ${row} is moved`).toBeGreaterThan(1e-2);
            const got = logitsOf(run, row, stepped.shape[0]!);
            expect(distance(got, stepped), `row ${row}, by ${way}`).toBeLessThanOrEqual(tolerance(stepped));
          }
        }
        // One step later is another thing.
        const later = edit("layers.0.residual.out", add(vector), { steps: [3, { from: 6, to: 8 }] });
        const other = await session.generate(prompts, { forced, hooks: [later, capture("logits")] });
        for (const [row, { stepped }] of wanted.entries())
          expect(distance(logitsOf(other, row, stepped.shape[0]!), stepped)).toBeGreaterThan(1e-2);
      });
    },
  );

  it.each(Object.entries(meshes))("continues ragged prompts as each alone (%s)", async (_, options) => {
    await withSession(folder, options, async (session) => {
      const told: StreamedToken[] = [];
      const run = await session.generate(prompts, {
        maxTokens: 12,
        onToken: (token) => void told.push(token),
      });
      expect(run.rows.map(({ ids }) => ids)).toEqual(wanted.map(({ greedy }) => greedy));
      expect(run.provenance.seed).toBeNull();
      run.rows.forEach(({ ids, tokens, text }, row) => {
        const own = told.filter((each) => each.row === row);
        expect(own.map(({ token }) => token)).toEqual(tokens);
        expect(tokens.map(({ id }) => id)).toEqual(ids);
        expect(own.map(({ step }) => step)).toEqual(ids.map((_, step) => step));
        if (name !== "gpt-neox") expect(own.map((each) => each.text).join("")).toBe(text);
      });
      // Each row alone gives the same.
      for (const [row, prompt] of prompts.entries()) {
        const alone = await session.generate([prompt], { maxTokens: 12 });
        expect(alone.rows[0]!.ids).toEqual(wanted[row]!.greedy);
      }
    });
  });

  it("draws the same by seed on every mesh, and other tokens by another seed", async () => {
    const bySeed = async (session: Session, seed: number) => {
      const run = await session.generate(prompts, { ...sampled, seed });
      expect(run.provenance.seed).toBe(seed);
      return run.rows.map(({ ids }) => ids);
    };
    const drawn: (readonly number[])[][] = [];
    for (const options of Object.values(meshes))
      drawn.push(await withSession(folder, options, (session) => bySeed(session, 5)));
    for (const each of drawn) expect(each).toEqual(drawn[0]);
    await withSession(folder, {}, async (session) => {
      expect(await bySeed(session, 6)).not.toEqual(drawn[0]);
      // A seed that nobody gave is recorded, and gives the same again.
      const run = await session.generate(prompts, sampled);
      expect(await bySeed(session, run.provenance.seed!)).toEqual(run.rows.map(({ ids }) => ids));
    });
  });

  it("scores continuations with the prompt shared", async () => {
    for (const options of Object.values(meshes)) {
      await withSession(folder, options, async (session) => {
        const { scores } = await session.score([prompts[0]!], forced);
        for (const [row, { logProbabilities, total, tokens }] of scores.entries()) {
          const expected = wanted[row]!.scores;
          expect(tokens.map(({ id }) => id)).toEqual(forced[row]);
          const data = Float32Array.from(logProbabilities);
          const values = { shape: [expected.length], data: Float32Array.from(expected) };
          expect(distance({ shape: [data.length], data }, values)).toBeLessThanOrEqual(1e-4);
          expect(total).toBeCloseTo(
            expected.reduce((a, b) => a + b, 0),
            3,
          );
        }
        expect(scores[0]!.total).not.toBeCloseTo(scores[1]!.total, 1);
        await vi.waitFor(async () => expect(await keptBytes(session)).toBe(0), 5000);
      });
    }
  });
});

describe.each(["opt", "llama-grouped", "gpt2"])("hooks in a generation of %s", (name) => {
  const { folder } = readGolden(name);
  const wanted = readGenerations(name);
  const prompts = wanted.map(({ prompt }) => prompt);
  const forced = wanted.map((row) => row.forced);
  const point = "layers.0.residual.out";

  it.each(Object.entries(meshes))(
    "fire at every step, as one whole forward pass has them (%s)",
    async (_, options) => {
      await withSession(folder, options, async (session) => {
        // What acts at each position by itself means the same whether or not positions come one by one.
        const change = [
          edit(
            point,
            traced((x) => x.mul(1.5).add(0.3)),
          ),
          edit(
            "layers.*.attention.{scores,pattern}",
            traced((x) => x.mul(0.6)),
          ),
          edit("layers.1.attention.z[head=1]", zero()),
        ];
        const hooks = [...change, capture("layers.*.mlp.output"), capture("logits")];
        for (const [row, prompt] of prompts.entries()) {
          const whole = [...prompt, ...forced[row]!.slice(0, -1)];
          const once = await session.forward([whole], { hooks });
          const bare = await session.forward([whole]);
          expect(distance(once.get("logits"), { ...bare.logits! })).toBeGreaterThan(1e-2);
          const steps = await session.generate([prompt], { forced: [forced[row]!], hooks });
          for (const [key, { data, shape }] of once.captures) {
            const parts = steps.steps.map((step) => step.get(key).data);
            const joined = Float32Array.from(parts.flatMap((part) => [...part]));
            expect(distance({ shape, data: joined }, { shape, data }), key).toBeLessThanOrEqual(1e-4);
          }
        }
      });
    },
  );

  it("are kept of the steps chosen, whatever each of them is of", async () => {
    await withSession(folder, {}, async (session) => {
      const hooks = [
        capture(`${point}[position=1]`, { steps: [0] }),
        capture("layers.0.mlp.output", { steps: [{ from: 2, to: 4 }] }),
      ];
      const [prompt] = prompts;
      const all = await session.generate([prompt!], {
        forced: [forced[0]!],
        hooks: [capture(point), capture("layers.0.mlp.output")],
      });
      const some = await session.generate([prompt!], { forced: [forced[0]!], hooks });
      expect(some.steps.map(({ captures }) => [...captures.keys()])).toEqual(
        forced[0]!.map((_, step) =>
          step === 0 ? [point] : step === 2 || step === 3 ? ["layers.0.mlp.output"] : [],
        ),
      );
      const { shape, data } = all.steps[0]!.get(point);
      const units = shape.at(-1)!;
      expect(some.steps[0]!.get(point).data).toEqual(data.slice(units, 2 * units));
      for (const step of [2, 3])
        expect(some.steps[step]!.get("layers.0.mlp.output").data).toEqual(
          all.steps[step]!.get("layers.0.mlp.output").data,
        );
      await expect(session.forward([prompt!], { hooks })).rejects.toThrow(/capture .* is for some steps/);
      await expect(
        session.generate([prompt!], { maxTokens: 2, hooks: [capture(point, { steps: [7] })] }),
      ).rejects.toThrow(`capture "${point}" at steps 7 never acts: there are at most 2 steps, from 0`);
      // As a lasting hook it waits for a generation.
      session.hooks.add(hooks);
      expect((await session.forward([prompt!])).captures.size).toBe(0);
      expect((await session.generate([prompt!], { maxTokens: 3 })).steps[0]!.captures.size).toBe(1);
    });
  });

  it("act only at the steps chosen, and from there on", async () => {
    await withSession(folder, { devices: 2, mesh: { tensor: 2 } }, async (session) => {
      const size = (await session.forward([[5]], { hooks: [capture(point)] })).get(point).shape.at(-1)!;
      const vector = Float32Array.from({ length: size }, (_, i) => Math.sin(i) * 8);
      const logits = async (steps: Parameters<typeof edit>[2]) => {
        const hooks = [capture("logits"), ...(steps ? [edit(point, add(vector), steps)] : [])];
        return session.generate(prompts, { forced, hooks });
      };
      const bare = await logits(undefined);
      const third = await logits({ steps: [3] });
      const late = await logits({ steps: [0, { from: 5, to: 7 }] });
      const apart = (a: Generation, b: Generation, step: number) =>
        distance(a.steps[step]!.get("logits"), b.steps[step]!.get("logits"));
      for (const step of [0, 1, 2]) expect(apart(bare, third, step)).toBe(0);
      // The edited position stays in the cache, which later steps read.
      for (const step of [3, 4, 5]) expect(apart(bare, third, step), `${step}`).toBeGreaterThan(1e-2);
      expect(apart(bare, late, 0)).toBeGreaterThan(1e-2);
      const prompt = await logits({ steps: [0] });
      for (const step of [0, 1, 4]) expect(apart(prompt, late, step)).toBe(0);
      expect(apart(prompt, late, 5)).toBeGreaterThan(1e-2);
    });
  });

  it("give each row what it gives alone, though others have ended or are longer", async () => {
    await withSession(folder, {}, async (session) => {
      const change = edit(point, mean(["position"]));
      const hooks = [change, edit("layers.0.attention.output[position=-1]", scale(2)), capture("logits")];
      const all = await session.generate(prompts, { forced, hooks });
      for (const [row, prompt] of prompts.entries()) {
        const alone = await session.generate([prompt], { forced: [forced[row]!], hooks });
        const count = forced[row]!.length;
        expect(distance(logitsOf(all, row, count), logitsOf(alone, 0, count))).toBeLessThanOrEqual(1e-4);
      }
      // A mean over the batch leaves out rows that have ended, and only those.
      const steps = [{ from: 1 }];
      const together = [edit(point, mean(["batch", "position"]), { steps }), capture("logits")];
      const pair = prompts.slice(0, 2);
      const first = forced[0]!;
      const alone = await session.generate([prompts[0]!], { forced: [first], hooks: together });
      const ended = await session.generate(pair, { forced: [first, [7]], hooks: together });
      const both = await session.generate(pair, { forced: [first, forced[1]!], hooks: together });
      expect(distance(logitsOf(ended, 0, 12), logitsOf(alone, 0, 12))).toBeLessThanOrEqual(1e-4);
      expect(distance(logitsOf(both, 0, 12), logitsOf(alone, 0, 12))).toBeGreaterThan(1e-2);
      expect(ended.steps.length).toBe(12);
    });
  });
});

describe("a generation", () => {
  const { folder } = readGolden("opt");
  const wanted = readGenerations("opt");
  const prompts = wanted.map(({ prompt }) => prompt);
  const { greedy } = wanted[0]!;

  it("ends each row by itself: at a token, at a text, or at the length", async () => {
    await withSession(folder, {}, async (session) => {
      const stop = greedy[4]!;
      const run = await session.generate(prompts, { maxTokens: 12, stop });
      run.rows.forEach(({ ids, ended }, row) => {
        const all = wanted[row]!.greedy;
        const at = all.indexOf(stop);
        expect(ids).toEqual(at < 0 ? all : all.slice(0, at + 1));
        expect(ended).toBe(at >= 0 || all.length < 12 ? "stop" : "length");
      });
      expect(run.rows[0]!.ended).toBe("stop");
      const free = await session.generate([prompts[0]!], { maxTokens: 12 });
      const text = free.rows[0]!.text.slice(2, 4);
      const stopped = await session.generate([prompts[0]!], { maxTokens: 12, stop: [text] });
      expect(stopped.rows[0]!.ended).toBe("stop");
      expect(stopped.rows[0]!.text).toContain(text);
      const last = stopped.rows[0]!.tokens.at(-1)!.text;
      expect(stopped.rows[0]!.text.slice(0, -last.length)).not.toContain(text);
      expect(free.rows[0]!.text.startsWith(stopped.rows[0]!.text)).toBe(true);
      expect(stopped.rows[0]!.ids.length).toBeLessThan(12);
    });
  });

  it("keeps keys and values while it goes on, and nothing afterwards, whatever ends it", async () => {
    await withSession(folder, { devices: 2, mesh: { pipeline: 2 } }, async (session) => {
      let during: Promise<number> | undefined;
      const bytes = async (options: Parameters<Session["generate"]>[1]) => {
        during = undefined;
        const onToken = ({ step }: StreamedToken) => {
          if (step === 3) during = keptBytes(session);
        };
        const ended = session.generate(prompts, { maxTokens: 12, onToken, ...options });
        await ended.catch(() => {});
        await vi.waitFor(async () => expect(await keptBytes(session)).toBe(0), 5000);
        return ended;
      };
      const before = await bytes({});
      expect(await during!).toBeGreaterThan(0);

      const abort = new AbortController();
      const onToken = ({ step }: StreamedToken) => {
        if (step === 4) abort.abort();
      };
      await expect(bytes({ signal: abort.signal, onToken })).rejects.toThrow(CancelledError);
      // The interrupt of the running cell comes through the notebook that the session is used in.
      const cell = new AbortController();
      const host = { cellSignal: () => cell.signal, sessionOpened() {}, sessionClosed() {} };
      const place = Symbol.for("vitrail.host");
      Reflect.set(globalThis, place, host);
      const interrupt = ({ step }: StreamedToken) => {
        if (step === 4) cell.abort();
      };
      try {
        await expect(bytes({ onToken: interrupt })).rejects.toThrow(CancelledError);
      } finally {
        Reflect.deleteProperty(globalThis, place);
      }
      const thrower = () => {
        throw new Error("enough of this");
      };
      await expect(bytes({ onToken: thrower })).rejects.toThrow("enough of this");
      const later = async () => {
        await Promise.resolve();
        throw new Error("enough of that");
      };
      await expect(bytes({ onToken: later })).rejects.toThrow("enough of that");
      // The session goes on as if nothing had been.
      expect((await bytes({})).rows).toEqual(before.rows);
    });
  });

  it("leaves nothing behind when its client goes, and runs beside others", async () => {
    await withSession(folder, {}, async (session) => {
      const other = await Sessions.open(folder, { name: session.name, quiet: true });
      const left = other.generate(prompts, {
        maxTokens: 12,
        onToken: ({ step }) => {
          if (step === 2) other.detach();
        },
      });
      const mine = session.generate(prompts, { maxTokens: 12 });
      await expect(left).rejects.toThrow("was left by detach");
      expect((await mine).rows.map(({ ids }) => ids)).toEqual(wanted.map((row) => row.greedy));
      await vi.waitFor(async () => expect(await keptBytes(session)).toBe(0), 5000);
      // A room of people who share the session.
      const many = await Promise.all(
        Array.from({ length: 32 }, () => session.generate(prompts, { maxTokens: 12 })),
      );
      for (const { rows } of many)
        expect(rows.map(({ ids }) => ids)).toEqual(wanted.map((row) => row.greedy));
      await vi.waitFor(async () => expect(await keptBytes(session)).toBe(0), 5000);
    });
  });

  it("reads and tells text", async () => {
    await withSession(folder, {}, async (session) => {
      const run = await session.generate("the ", {
        maxTokens: 5,
        hooks: [capture("layers.1.attention.pattern")],
      });
      const tokenizer = await session.tokenizer();
      expect(run.rows[0]!.text).toBe(tokenizer.decode(run.rows[0]!.ids, { skipSpecial: true }));
      expect(run.provenance.call).toBe(
        'generate("the ", capture("layers.1.attention.pattern"), maxTokens: 5)',
      );
      const length = run.prompts[0]!.length;
      run.steps.forEach((step, index) => {
        const { shape, data } = step.get("layers.1.attention.pattern");
        expect(shape.slice(2)).toEqual(index === 0 ? [length, length] : [1, length + index]);
        for (let line = 0; line < data.length; line += shape[3]!)
          expect(data.subarray(line, line + shape[3]!).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
      });
    });
  });

  it("is refused in one line, before anything runs, when it cannot be", async () => {
    await withSession(folder, {}, async (session) => {
      const point = "layers.0.residual.out";
      const refused: [Parameters<Session["generate"]>[1], string][] = [
        [{ maxTokens: 0 }, "maxTokens 0"],
        [{ maxTokens: 43 }, "prompt of 7 tokens (row 0) and 43 more: the model reads at most 48"],
        [{ temperature: -1 }, "temperature -1"],
        [{ topP: 0.5 }, "topP without a temperature"],
        [{ seed: 3 }, "seed 3 without a temperature"],
        [{ temperature: 1, seed: -3 }, "seed -3"],
        [{ stop: "" }, "stop text is empty"],
        [{ stop: [281] }, "stop token 281 is outside the vocabulary"],
        [{ forced: [[1]] }, "forced tokens for 1 rows: there are 3 prompts"],
        [{ forced: [[1], [], [2]] }, "forced row 1 is empty"],
        [{ forced: [[1], [999], [2]] }, "forced token id 999 (row 1)"],
        [{ hooks: [capture("layers.0.attention.pattern[key=0]")] }, "keys cannot be chosen in a generation"],
        [
          { hooks: [edit("layers.0.attention.pattern[key=0]", zero())] },
          "keys cannot be chosen in a generation",
        ],
        [
          { hooks: [edit("layers.0.attention.pattern", mean(["head"]))] },
          "mean at layers.0.attention.pattern",
        ],
        [
          { hooks: [edit(point, zero(), { steps: [64] })], maxTokens: 12 },
          "never acts: there are at most 12 steps",
        ],
        [{ hooks: [edit(point, zero(), { steps: [{ from: 3, to: 3 }] })] }, "3 to 3 is no step"],
        [{ hooks: [edit(point, zero(), { steps: 3 as never })] }, "steps 3 is no list, such as [0, 2]"],
        [{ temperature: "1" as never }, "temperature 1: must be 0"],
        [
          { hooks: [capture(`${point}[position=2]`)] },
          `step 1, of one token a row: selector "${point}[position=2]": position 2 is outside`,
        ],
        [{ hooks: [capture("layers.0.residual.outt")] }, `nearest is ${point}`],
      ];
      for (const [options, message] of refused)
        await expect(session.generate(prompts, options), message).rejects.toThrow(message);
      await expect(
        session.forward(prompts, { hooks: [edit(point, zero(), { steps: [0] })] }),
      ).rejects.toThrow("forward and backward passes have none, generate has");
      await expect(session.score(prompts, prompts)).rejects.toThrow(
        "3 prompts: continuations are scored after one",
      );
      await expect(session.score([prompts[0]!], [Array.from({ length: 43 }, () => 5)])).rejects.toThrow(
        "continuation 0 of 43: the model reads at most 48",
      );
      await expect(session.score(prompts[0]!, [[5], []])).rejects.toThrow(
        "continuations: empty input (row 1): a row needs at least one token",
      );
      // As long as the model reads, the last token needs no position.
      const full = await session.generate([prompts[0]!], {
        forced: [Array.from({ length: 42 }, (_, i) => i + 5)],
      });
      expect(full.steps.length).toBe(42);
      await vi.waitFor(async () => expect(await keptBytes(session)).toBe(0), 5000);
    });
  });

  it("goes on with the longest row behind the end of others, to the last position", async () => {
    for (const name of ["opt", "gpt2"])
      await withSession(readGolden(name).folder, {}, async (session) => {
        const { maxPositions } = session.dimensions;
        const full = Array.from({ length: maxPositions }, (_, i) => i + 3);
        const forced = [[5], full.slice(0, 20)];
        const hooks = [capture("logits")];
        const both = await session.generate([full, [4]], { forced, hooks });
        const alone = await session.generate([[4]], { forced: [forced[1]!], hooks });
        const away = distance(logitsOf(both, 1, 20), logitsOf(alone, 0, 20));
        expect(away).toBeLessThanOrEqual(1e-4);
      });
  });

  it("never gives a token whose logit an edit made −Infinity", async () => {
    await withSession(folder, {}, async (session) => {
      const [banned] = wanted[0]!.greedy;
      const { vocabulary } = session.dimensions;
      const ban = edit("logits", ({ data }) =>
        data.map((x, i) => (i % vocabulary === banned ? -Infinity : x)),
      );
      for (const sampling of [
        {},
        { temperature: 2, seed: 1 },
        { temperature: 2, seed: 1, topK: 200, topP: 0.9 },
      ]) {
        const run = await session.generate(prompts, { maxTokens: 12, stop: [], hooks: [ban], ...sampling });
        for (const { ids } of run.rows) expect(ids).not.toContain(banned);
      }
      const none = edit("logits", ({ data }) => data.map(() => -Infinity));
      await expect(session.generate(prompts, { hooks: [none] })).rejects.toThrow(
        "row 0 at step 0: all logits are -Infinity",
      );
      const broken = edit("logits", ({ data }, { step }) =>
        data.map((x, i) => (step === 1 && i >= vocabulary && i < 2 * vocabulary ? NaN : x)),
      );
      await expect(session.generate(prompts, { hooks: [broken] })).rejects.toThrow(
        "row 1 at step 1: logit of token 0 is NaN",
      );
      const [prompt] = prompts;
      await expect(session.score(prompt!, [[5], [6, 7]], { hooks: [broken] })).rejects.toThrow(
        "continuation 1 at token 1: logit of token 0 is NaN",
      );
    });
  });

  it("scores what the edited model says, by lasting hooks and by its own", async () => {
    for (const options of Object.values(meshes))
      await withSession(folder, options, async (session) => {
        const [prompt] = prompts;
        const rest = wanted.map(({ forced }) => forced);
        const change = edit("layers.0.residual.out", ({ data }) =>
          data.map((x, i) => 2 * x + Math.sin(i % 40)),
        );
        const ban = edit("layers.1.attention.z[head=1]", zero());
        const trained = trainable(
          "double",
          { shift: Float32Array.from({ length: 40 }, (_, i) => Math.sin(i)) },
          (x, p) => x.mul(2).add(p.shift),
        );
        const totals = async (how: Parameters<Session["score"]>[2]) =>
          (await session.score([prompt!], rest, how)).scores.map(({ total }) => total);
        const bare = await totals({});
        const expected = await Promise.all(
          rest.map(async (ids) => {
            const row = [...prompt!, ...ids.slice(0, -1)];
            const { logits } = await session.forward([row], { hooks: [change, ban] });
            const tokens = logits!.shape[2]!;
            return ids.reduce((sum, id, i) => {
              const from = (prompt!.length - 1 + i) * tokens;
              const line = [...logits!.data.subarray(from, from + tokens)];
              const most = Math.max(...line);
              return sum + line[id]! - most - Math.log(line.reduce((so, x) => so + Math.exp(x - most), 0));
            }, 0);
          }),
        );
        const found = await totals({ hooks: [change, ban] });
        found.forEach((total, i) => expect(total).toBeCloseTo(expected[i]!, 3));
        expect(Math.abs(found[0]! - bare[0]!)).toBeGreaterThan(1e-2);
        // What the host makes of it, a trained module makes in the model.
        const inModel = await totals({ hooks: [edit("layers.0.residual.out", trained), ban] });
        inModel.forEach((total, i) => expect(total).toBeCloseTo(expected[i]!, 3));
        session.hooks.add([change, ban, capture("embedding")], { groups: ["both"] });
        expect(await totals({})).toEqual(found);
        expect(await totals({ groups: ["both"], complement: true })).toEqual(bare);
        await expect(totals({ hooks: [capture("embedding")] })).rejects.toThrow(
          'capture "embedding" in a score, which returns none: use forward or generate',
        );
        await expect(totals({ hooks: [edit("layers.0.residual.out[position=0]", zero())] })).rejects.toThrow(
          /layers\.0\.residual\.out\[position=…\] \[batch, position, unit \d+\], between .*: positions cannot be chosen in a score/,
        );
      });
  });

  it("starts over when the workers die, and says so", async () => {
    await withSession(folder, {}, async (session) => {
      const [rank] = (await session.status()).ranks;
      const onToken = ({ row, step }: StreamedToken) => {
        if (row === 0 && step === 2) process.kill(rank!.pid!, "SIGKILL");
      };
      await expect(session.generate(prompts, { maxTokens: 12, onToken })).rejects.toThrow(
        /was killed by SIGKILL|are no longer kept/,
      );
      const run = await session.generate(prompts, { maxTokens: 12 });
      expect(run.rows.map(({ ids }) => ids)).toEqual(wanted.map((row) => row.greedy));
    });
  });
});

it("gives at every step of a long generation what one pass over all of it gives", async () => {
  const { folder } = readGolden("llama-grouped");
  const prompts = [[5, 6, 7], [9]];
  const count = 80;
  for (const options of [meshes["one process"], meshes["tensor 2"], { mesh: { data: 2 } }])
    await withSession(folder, options, async (session) => {
      const run = await session.generate(prompts, {
        maxTokens: count,
        temperature: 1,
        seed: 3,
        stop: [],
        hooks: [capture("logits")],
      });
      for (const [row, prompt] of prompts.entries()) {
        const { ids } = run.rows[row]!;
        expect(new Set(ids).size).toBeGreaterThan(10);
        const got = logitsOf(run, row, ids.length);
        const whole = await session.forward([[...prompt, ...ids.slice(0, -1)]]);
        const tokens = got.shape[1]!;
        const expected = { shape: got.shape, data: whole.logits!.data.slice((prompt.length - 1) * tokens) };
        expect(distance(got, expected)).toBeLessThan(1e-4);
        const shifted = { shape: got.shape, data: whole.logits!.data.slice(0, got.data.length) };
        if (prompt.length > 1) expect(distance(got, shifted)).toBeGreaterThan(1e-2);
      }
    });
});
