import { describe, expect, it, vi } from "vitest";
import type { Run, Session } from "../../kernel/src/index.js";
import { distance, tolerance } from "./closeness.js";
import { expectedRow } from "./expectation.js";
import { readGolden, type Values } from "./goldens.js";
import { meshes } from "./meshes.js";
import { vitrail, withSession } from "./sessions.js";

const { capture, edit, scale, traced } = vitrail;

/** Entries [from, to) along the first axis. */
function part({ shape, data }: Values, from: number, to: number): Values {
  const size = shape.slice(1).reduce((a, b) => a * b, 1);
  return { shape: [to - from, ...shape.slice(1)], data: data.subarray(from * size, to * size) };
}

/** Row `row` of a batch [batch, position, …], its first `length` positions. */
function ofRow({ shape, data }: Values, row: number, length: number): Values {
  return part(
    part({ shape: shape.slice(1), data: part({ shape, data }, row, row + 1).data }, 0, length),
    0,
    length,
  );
}

const logitsOf = (run: Run): Values => ({ shape: run.logits!.shape, data: run.logits!.data });

describe.each(["opt", "llama-grouped", "gpt2", "gpt-neox"])("rows after a prefix (%s)", (name) => {
  const golden = readGolden(name);
  const row = golden.rows.findIndex(
    ({ ids }) => ids.length === Math.max(...golden.rows.map((each) => each.ids.length)),
  );
  const { ids } = golden.rows[row]!;
  const cut = Math.floor(ids.length / 2);
  const [beginning, rest] = [ids.slice(0, cut), ids.slice(cut)];
  const rows = [rest, rest.slice(0, 1), [...rest].reverse()];

  it.each(Object.entries(meshes))("are read as transformers reads the whole (%s)", async (_, options) => {
    await withSession(golden.folder, options, async (session: Session) => {
      const expected = expectedRow(golden, "logits", row);
      const after = await session.prefix(beginning);
      const run = await session.forward(rows, { after, hooks: [capture("layers.1.residual.out")] });
      expect(run.provenance.call).toContain(`after: prefix([${cut} token ids])`);
      const own = ofRow(logitsOf(run), 0, rest.length);
      expect(distance(own, part(expected, cut, ids.length))).toBeLessThanOrEqual(tolerance(expected));
      // Without the prefix it is another text.
      const alone = await session.forward(rows);
      expect(distance(ofRow(logitsOf(alone), 0, rest.length), own)).toBeGreaterThan(1e-2);
      // Every row as if it stood by itself behind the prefix, captures too.
      for (const [index, each] of rows.entries()) {
        const full = await session.forward([[...beginning, ...each]], {
          hooks: [capture("layers.1.residual.out")],
        });
        for (const [got, all] of [
          [logitsOf(run), logitsOf(full)],
          [run.get("layers.1.residual.out"), full.get("layers.1.residual.out")],
        ] as const) {
          const end = part(ofRow(all, 0, cut + each.length), cut, cut + each.length);
          expect(distance(ofRow(got, index, each.length), end)).toBeLessThan(1e-5);
        }
      }
      // It is gone on from again and again, and nothing of the rows stays.
      const again = await session.forward(rows, { after, logits: "last" });
      expect(again.logits!.shape[1]).toBe(1);
      expect(distance(ofRow(logitsOf(again), 0, 1), part(own, rest.length - 1, rest.length))).toBeLessThan(
        1e-6,
      );
    });
  });

  it.each(Object.entries(meshes))("see the prefix as it was edited (%s)", async (_, options) => {
    await withSession(golden.folder, options, async (session: Session) => {
      const selector = "layers.0.residual.out";
      const full = await session.forward([ids], {
        hooks: [edit(`${selector}[position=0:${cut}]`, scale(-2))],
      });
      const after = await session.prefix(beginning, { hooks: [edit(selector, scale(-2))] });
      const run = await session.forward([rest], { after });
      const wanted = part(ofRow(logitsOf(full), 0, ids.length), cut, ids.length);
      expect(distance(ofRow(logitsOf(run), 0, rest.length), wanted)).toBeLessThan(1e-5);
      let calls = 0;
      const byHand = await session.prefix(beginning, {
        hooks: [edit(selector, (x) => (calls++, { ...x, data: x.data.map((value) => -2 * value) }))],
      });
      const same = await session.forward([rest, rest, rest], { after: byHand });
      for (const row of [0, 1, 2])
        expect(distance(ofRow(logitsOf(same), row, rest.length), wanted)).toBeLessThan(1e-5);
      expect(calls).toBe(1);
      const bare = await session.forward([rest], { after: await session.prefix(beginning) });
      expect(distance(logitsOf(bare), logitsOf(run))).toBeGreaterThan(1e-2);
      // An edit of the rows leaves the prefix alone.
      const own = await session.forward([rest], {
        after,
        hooks: [
          edit(
            selector,
            traced((x) => x.mul(0.5)),
          ),
        ],
      });
      const both = await session.forward([ids], {
        hooks: [
          edit(`${selector}[position=0:${cut}]`, scale(-2)),
          edit(`${selector}[position=${cut}:${ids.length}]`, scale(0.5)),
        ],
      });
      const end = part(ofRow(logitsOf(both), 0, ids.length), cut, ids.length);
      expect(distance(ofRow(logitsOf(own), 0, rest.length), end)).toBeLessThan(1e-5);
      expect(distance(logitsOf(own), logitsOf(run))).toBeGreaterThan(1e-2);
      const { effect, deviations } = await session.verify(own);
      expect(effect?.isThere).toBe(true);
      expect(deviations[0]!.largest).toBeLessThan(1e-5);
    });
  });
});

it("refuses a prefix that is no longer what was read, and what counts keys", async () => {
  const { folder, rows } = readGolden("opt");
  const { ids } = rows[0]!;
  await withSession(folder, {}, async (session) => {
    const after = await session.prefix(ids.slice(0, 2));
    const pattern = await session.forward([[5]], { after, hooks: [capture("layers.0.attention.pattern")] });
    expect(pattern.get("layers.0.attention.pattern").shape.slice(2)).toEqual([1, 3]);
    const { points } = await session.estimate([[5]], {
      after,
      hooks: [capture("layers.0.attention.pattern")],
    });
    expect(points[0]!.shape).toEqual(pattern.get("layers.0.attention.pattern").shape);
    // What acts on each key by itself means the same; what takes queries for keys fits a whole pass only.
    const halved = edit(
      "layers.*.attention.pattern",
      traced((x) => x.mul(0.5)),
    );
    const whole = await session.forward([[...ids.slice(0, 2), 5]], { hooks: [halved], logits: "last" });
    const begun = await session.prefix(ids.slice(0, 2), { hooks: [halved] });
    const parts = await session.forward([[5]], { after: begun, hooks: [halved], logits: "last" });
    expect(distance(parts.logits!, whole.logits!)).toBeLessThan(1e-5);
    const bare = await session.forward([[5]], { after, logits: "last" });
    expect(distance(bare.logits!, parts.logits!)).toBeGreaterThan(1e-2);
    begun.release();
    const rollout = edit(
      "layers.0.attention.pattern",
      traced((x) => x.matmul(x)),
    );
    await session.forward([ids], { hooks: [rollout] });
    await expect(session.forward([[5]], { after, hooks: [rollout] })).rejects.toThrow(
      /matmul of \[batch, 4, position, key\] and \[batch, 4, position, key\]/,
    );
    await expect(
      session.forward([[5]], { after, hooks: [capture("layers.0.attention.pattern[key=0]")] }),
    ).rejects.toThrow(
      /^layers\.0\.attention\.pattern\[key=…\] \[batch, head 4, query, key\], between .*: keys cannot be chosen after a prefix, whose tokens come before$/,
    );
    const { maxPositions } = session.dimensions;
    const long = Array.from({ length: maxPositions - 1 }, () => 5);
    await expect(session.forward([[5], long], { after })).rejects.toThrow(
      `prefix of 2 tokens and input of ${maxPositions - 1} (row 1): the model reads at most ${maxPositions}`,
    );
    await expect(session.prefix([[5], [6]])).rejects.toThrow("2 rows: a prefix is one row");
    const [{ name }] = session.parameters("*embed_tokens*") as unknown as [{ name: string }];
    await session.editParameter(name, ({ data }) => data.map((x) => x * 2));
    await expect(session.forward([[5]], { after })).rejects.toThrow(
      "parameters were edited or restored since the prefix was read: it read the checkpoint's own",
    );
    session.restoreParameters();
    await session.forward([[5]], { after });
    after.release();
    after.release();
    await expect(session.forward([[5]], { after })).rejects.toThrow(
      "after needs a prefix that this session's prefix() returned and that was not released",
    );
    const kept = async () => (await session.status()).ranks.map(({ cacheBytes }) => cacheBytes);
    await vi.waitFor(async () => expect(await kept()).toEqual([0]), 5000);
  });
});
