import { describe, expect, it } from "vitest";
import type { Session } from "../../kernel/src/index.js";
import { distance, tolerance } from "./closeness.js";
import { readGolden, readTensors, type Values } from "./goldens.js";
import { vitrail, withSession } from "./sessions.js";

const { ablateInduction, activationPatching, inductionScores } = vitrail;

// The cases mean the same as those of test/oracle/lenses.py.
const metric = { correct: 5, wrong: 11 };
const ablated = { layer: 1, head: 1 };

const grid = (rows: readonly (readonly number[])[]): Values => ({
  shape: [rows.length, rows[0]!.length],
  data: Float32Array.from(rows.flat()),
});
const list = (values: readonly number[]): Values => ({
  shape: [values.length],
  data: Float32Array.from(values),
});
const ids = ({ data, shape }: Values, row: number) => [
  ...data.subarray(row * shape[1]!, (row + 1) * shape[1]!),
];

function expectClose(what: string, found: Values, expected: Values): void {
  expect(distance(found, expected), what).toBeLessThanOrEqual(tolerance(expected));
}

type Golden = ReturnType<typeof readTensors>;

async function expectInduction(session: Session, golden: Golden): Promise<void> {
  const halves = golden.get("induction.rows");
  const rows = Array.from({ length: halves.shape[0]! }, (_, row) => ids(halves, row));
  const strict = await inductionScores(session, { rows });
  expectClose("strict scores", grid(strict.scores), golden.get("induction.strict"));
  expectClose("loss", list(strict.loss), golden.get("induction.loss"));
  const published = await inductionScores(session, { rows, queries: "published" });
  expectClose("published scores", grid(published.scores), golden.get("induction.published"));
  expect(distance(grid(published.scores), golden.get("induction.strict"))).toBeGreaterThan(1e-3);
  // The head that PyTorch took out, as if it were the strongest.
  const nominated = { ...strict, strongest: () => [{ ...ablated, score: 1 }] };
  const without = await ablateInduction(session, nominated, { heads: 1, draws: 3, quiet: true });
  expectClose("loss without a head", list(without.strongest.loss), golden.get("induction.ablated"));
  expect(distance(list(without.strongest.loss), golden.get("induction.loss"))).toBeGreaterThan(1e-2);
  for (const { heads } of without.random) expect(heads).not.toContainEqual(ablated);
  const second = (loss: readonly number[]) =>
    loss.slice(strict.length).reduce((a, b) => a + b) / (strict.length - 1);
  expect(without.strongest.rise).toBeCloseTo(
    second([...golden.get("induction.ablated").data]) - second([...golden.get("induction.loss").data]),
    4,
  );
}

async function expectPatching(session: Session, golden: Golden): Promise<void> {
  const [clean, corrupt] = ["clean", "corrupt"].map((name) => ids(golden.get(`patching.${name}`), 0));
  const [onClean, onCorrupt] = golden.get("patching.ends").data;
  for (const by of ["position", "head"] as const) {
    const options = { clean: clean!, corrupt: corrupt!, metric, by, quiet: true };
    const expected = golden.get(`patching.${by}`);
    // Four rows side by side, which do not divide nine positions.
    const found = await activationPatching(session, { ...options, rows: 4 });
    expectClose(`patching by ${by}`, grid(found.values), expected);
    expect(found.clean).toBeCloseTo(onClean!, 4);
    expect(found.corrupt).toBeCloseTo(onCorrupt!, 4);
    const back = (part: number) => onCorrupt! + part * (onClean! - onCorrupt!);
    expectClose(`recovered by ${by}`, grid(found.recovered.map((row) => row.map(back))), expected);
  }
}

describe.each(["opt", "llama-grouped", "gpt2"])("%s", (name) => {
  it("gives what PyTorch's hooks give, by every lens", async () => {
    const golden = readTensors("lenses", name);
    await withSession(readGolden(name).folder, {}, async (session) => {
      await expectInduction(session, golden);
      await expectPatching(session, golden);
    });
  });
});

describe("on a mesh", () => {
  it("gives the same over two pipeline stages of two tensor ranks", async () => {
    const golden = readTensors("lenses", "opt");
    const mesh = { devices: 4, mesh: { pipeline: 2, tensor: 2 } };
    await withSession(readGolden("opt").folder, mesh, async (session) => {
      await expectInduction(session, golden);
      await expectPatching(session, golden);
    });
  });
});

describe("what cannot be", () => {
  it("is refused in one line, and the session goes on", async () => {
    const golden = readGolden("opt");
    await withSession(golden.folder, {}, async (session) => {
      const prompts = { clean: [3, 4, 5], corrupt: [3, 4, 5], metric, quiet: true };
      await expect(activationPatching(session, prompts)).rejects.toThrow(
        "there is nothing for a patch to bring back",
      );
      await expect(activationPatching(session, { ...prompts, clean: [3, 4] })).rejects.toThrow(
        "clean prompt of 2 tokens, corrupt of 3",
      );
      await expect(
        activationPatching(session, { ...prompts, points: "layers.*.mlp.output", by: "head" }),
      ).rejects.toThrow("patching by head: layers.0.mlp.output [batch, position, unit] has no head axis");
      await expect(
        activationPatching(session, { ...prompts, metric: { correct: 3, wrong: 999 } }),
      ).rejects.toThrow("token id 999 is outside the vocabulary: ids are 0 to 280");
      await expect(inductionScores(session, { tokens: { from: 5, to: 300 } })).rejects.toThrow(
        "tokens 5 to 300: must be at least 2 ids inside the vocabulary of 281",
      );
      const found = await inductionScores(session, { length: 8, batch: 2 });
      await expect(ablateInduction(session, found, { heads: 7 })).rejects.toThrow(
        "7 random heads: only 5 are not among the strongest",
      );
      const stop = AbortSignal.abort();
      await expect(inductionScores(session, { length: 8, signal: stop })).rejects.toThrow(
        vitrail.CancelledError,
      );
      expect((await inductionScores(session, { length: 8, batch: 2 })).scores).toEqual(found.scores);
    });
  });
});
