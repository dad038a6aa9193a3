import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { Value } from "../../kernel/src/graph/value.js";
import { readGolden } from "./goldens.js";
import { vitrail, withSession } from "./sessions.js";

const { capture, edit, editGradient, scale, skip, traced, trainable, zero } = vitrail;
const golden = readGolden("llama-grouped");
const rows = golden.rows.map((row) => row.ids);
const mesh = { devices: 4, mesh: { pipeline: 2, tensor: 2 } };

describe("a run repeated on one process", () => {
  it("agrees with the run on a mesh, and says whether its edits change anything", async () => {
    await withSession(golden.folder, mesh, async (session) => {
      const hooks = [
        capture("layers.1.residual.out"),
        edit(
          "layers.1.mlp.hidden",
          traced((x) => x.softmax().mul(x)),
        ),
      ];
      const found = await session.verify(await session.forward(rows, { hooks }));
      expect(found.positions).toBe(rows.reduce((sum, row) => sum + row.length, 0));
      expect([found.verdict, found.top1]).toEqual(["supported", 1]);
      expect(found.totalVariation!.largest).toBeLessThan(1e-4);
      expect(found.deviations.map(({ name }) => name)).toEqual(["layers.1.residual.out", "logits"]);
      for (const { largest } of found.deviations) expect(largest).toBeLessThan(1e-4);
      expect(found.effect!.largest).toBeGreaterThan(1e-2);
      expect(found.effect!.isThere).toBe(true);

      const idle = await session.verify(
        await session.forward(rows, { hooks: [edit("layers.1.residual.out", scale(1))] }),
      );
      expect(idle.effect).toMatchObject({ largest: 0, isThere: false, at: undefined });
      const plain = await session.verify(await session.forward(rows, { logits: "last" }));
      expect([plain.effect, plain.positions]).toEqual([undefined, rows.length]);
      const short = await session.verify(
        await session.forward(rows, {
          hooks: [skip("layers.0"), capture("layers.1.residual.in")],
          logits: "none",
        }),
      );
      expect([short.top1, short.positions]).toEqual([undefined, 0]);
      expect(short.deviations.map(({ name }) => name)).toEqual(["layers.1.residual.in"]);
    });
  });

  it("reads the parameters that the run read, or says that they are others now, and finds what is wrong", async () => {
    await withSession(golden.folder, {}, async (session) => {
      const own = await session.forward(rows);
      await session.editParameter("model.norm.weight", ({ data }) => data.map((x) => 2 * x));
      const edited = await session.forward(rows);
      const found = await session.verify(edited);
      expect(found.deviations[0]!.largest).toBeLessThan(1e-4);
      await expect(session.verify(own)).rejects.toThrow(
        "parameters were edited or restored since the run: it read the checkpoint's own",
      );
      // The numbers of a run that was tampered with are not those of its repetition.
      const { data } = edited.logits!;
      const [row, tokens] = [0, session.dimensions.vocabulary];
      const least = data.subarray(row, tokens).reduce((best, x, i, all) => (x < all[best]! ? i : best), 0);
      data[least] = 100;
      const wrong = await session.verify(edited);
      expect(wrong.top1).toBeLessThan(1);
      expect(wrong.verdict).toBe("wrong");
      // A hundredth off in every logit, the same tokens are likeliest.
      const again = await session.forward(rows);
      data.forEach((_, i) => (data[i] = 1.01 * again.logits!.data[i]!));
      expect((await session.verify(edited)).verdict).toBe("degraded");
      expect(wrong.totalVariation!.largest).toBeGreaterThan(0.5);
      expect(wrong.deviations[0]!.largest).toBeGreaterThan(50);
      await expect(session.verify({ ...own })).rejects.toThrow(
        "verify needs what this session's forward, backward, generate or score returned",
      );
    });
  });
});

describe("a repetition", () => {
  const twice = edit("layers.0.residual.out", scale(2));

  it("has the lasting hooks that acted, whatever the groups, and no others", async () => {
    await withSession(golden.folder, { mesh: { data: 2 } }, async (session) => {
      session.hooks.add(twice, { groups: ["double"] });
      session.hooks.add(edit("layers.1.mlp.output", scale(3)), { groups: ["other"] });
      const effects: number[] = [];
      for (const choice of [
        { groups: ["double"] },
        { groups: ["double"], complement: true },
        {},
        { groups: [] },
      ]) {
        const found = await session.verify(await session.forward(rows, choice));
        expect(found.verdict).toBe("supported");
        effects.push(found.effect?.largest ?? 0);
      }
      expect(new Set(effects).size).toBe(4);
      expect(effects.map((effect) => effect > 1e-2)).toEqual([true, true, true, false]);
    });
  });

  it("knows what hooks had saved before the run, and several go on at the same time", async () => {
    await withSession(golden.folder, {}, async (session) => {
      session.saved.set("factor", 3);
      const grow = edit("layers.0.residual.out", (x, { saved }) => {
        const factor = saved.get("factor") as number;
        saved.set("factor", factor + 1);
        return x.data.map((value) => factor * value);
      });
      const runs = [
        await session.forward(rows, { hooks: [grow] }),
        await session.forward(rows, { hooks: [grow] }),
      ];
      expect(runs[0]!.logits!.data).not.toEqual(runs[1]!.logits!.data);
      const found = await Promise.all(runs.map((run) => session.verify(run)));
      expect(found.map(({ verdict, effect }) => [verdict, effect!.isThere])).toEqual([
        ["supported", true],
        ["supported", true],
      ]);
      expect(session.saved.get("factor")).toBe(5);
    });
  });

  it("compares what a readout returned, and counts the edits of a prefix", async () => {
    await withSession(golden.folder, { devices: 2, mesh: { tensor: 2 } }, async (session) => {
      const squares = {
        compute: ({ logits }: { logits: Value }) => ({ squares: logits.mul(logits).sum([2]) }),
      };
      const read = await session.forward(rows, { logits: "none", readout: squares, hooks: [twice] });
      const found = await session.verify(read);
      expect(found.deviations.map(({ name }) => name)).toEqual(["readout squares"]);
      expect(found.effect!.isThere).toBe(true);
      expect(found.verdict).toBe("supported");
      const bare = await session.forward(rows, { logits: "none" });
      await expect(session.verify(bare)).rejects.toThrow("verify has nothing to compare");

      const prefix = await session.prefix([3, 4, 5], { hooks: [twice] });
      const after = await session.forward(rows, { after: prefix });
      prefix.release();
      const behind = await session.verify(after);
      expect(behind).toMatchObject({ verdict: "supported", effect: { isThere: true } });
    });
  });
});

/** What is printed of the row that begins with this. */
function printed(found: object, what: string): string {
  const text = inspect(found);
  return text
    .split("\n")
    .find((line) => line.startsWith(what))!
    .slice(what.length)
    .trim();
}

describe("values that are not finite", () => {
  it.each([
    ["−∞, which bans tokens", -Infinity],
    ["NaN", NaN],
  ])("are equal on a mesh and on one process, and an effect: %s", async (_, odd) => {
    await withSession(golden.folder, mesh, async (session) => {
      const ban = edit("logits", (x) => x.data.map((value, i) => (i % 7 === 0 ? odd : value)));
      const run = await session.forward(rows, { hooks: [ban] });
      expect(run.logits!.data[0]).toBe(odd);
      const found = await session.verify(run);
      expect([found.verdict, found.top1]).toEqual(["supported", 1]);
      expect(found.totalVariation!.largest).toBeLessThan(1e-4);
      expect(found.deviations[0]!.relative).toBeLessThan(1e-4);
      expect(found.effect).toMatchObject({ largest: Infinity, isThere: true, at: "logits" });
      expect(printed(found, "edits")).toBe("have an effect, infinite at most, at logits");

      // In another place than the repetition has it.
      run.logits!.data[1] = odd;
      expect(await session.verify(run)).toMatchObject({ verdict: "wrong" });
    });
  });
});

describe("the effect of edits", () => {
  it("is seen behind what a run returned, and a small one is told from none", async () => {
    await withSession(golden.folder, {}, async (session) => {
      const hooks = [capture("layers.0.residual.out"), edit("layers.1.mlp.output", zero())];
      for (const options of [{ logits: "none" }, { stopAfter: "layers.1" }] as const) {
        const found = await session.verify(await session.forward(rows, { ...options, hooks }));
        expect(found.deviations.map(({ name }) => name)).toEqual(["layers.0.residual.out"]);
        expect(found.effect).toMatchObject({ isThere: true, isReturned: false, at: "logits" });
        const whole = await session.verify(await session.forward(rows, { hooks }));
        expect(whole.effect).toMatchObject({ isThere: true, isReturned: true, at: "logits" });
        expect(found.effect!.largest / whole.effect!.largest).toBeCloseTo(1, 4);
        expect(printed(found, "edits")).toMatch(/at most, on the logits that the run left out; none on what/);
      }
      const small = await session.verify(
        await session.forward(rows, { hooks: [edit("layers.1.mlp.output", scale(1.000001))] }),
      );
      expect(small.effect!.isThere).toBe(false);
      expect(small.effect!.largest).toBeGreaterThan(0);
      expect(printed(small, "edits")).toMatch(
        /^have no effect above rounding \(largest \S+ at logits\), of logits$/,
      );
    });
  });

  it("is told of each edit, those of a prefix too", async () => {
    await withSession(golden.folder, { devices: 2, mesh: { tensor: 2 } }, async (session) => {
      const [idle, twice, half] = [scale(1), scale(2), scale(0.5)].map((change) =>
        edit("layers.0.mlp.output", change),
      );
      const after = await session.prefix([3, 4, 5], { hooks: [twice!, idle!] });
      const found = await session.verify(
        await session.forward(rows, { after, hooks: [idle!, twice!, half!, skip("layers.1")] }),
      );
      after.release();
      expect(found.verdict).toBe("supported");
      expect(found.edits.map(({ edit: name, effect }) => [name, effect!.isThere])).toEqual([
        ['edit("layers.0.mlp.output", scale 2) in the prefix', true],
        ['edit("layers.0.mlp.output", scale 1) in the prefix', false],
        ['edit("layers.0.mlp.output", scale 1)', false],
        ['edit("layers.0.mlp.output", scale 2)', true],
        ['edit("layers.0.mlp.output", scale 0.5)', true],
        ['skip("layers.1")', true],
      ]);
      expect(printed(found, 'edit("layers.0.mlp.output", scale 1)  ')).toBe("has no effect at all on logits");
    });
  });

  it("of an edit is not known where another needs what it saves", async () => {
    await withSession(golden.folder, {}, async (session) => {
      const keep = edit("layers.0.residual.out", (x, { saved }) => {
        saved.set("kept", x.data.slice());
        return x;
      });
      const use = edit("layers.1.residual.out", (x, { saved }) => {
        const kept = saved.get("kept") as Float32Array | undefined;
        if (kept === undefined) throw new Error("nothing was kept");
        return x.data.map((value, i) => value + kept[i]!);
      });
      const run = await session.forward(rows, { hooks: [keep, use] });
      session.saved.clear();
      const found = await session.verify(run);
      expect(found).toMatchObject({ verdict: "supported", effect: { isThere: true } });
      expect(found.edits[0]).toMatchObject({ effect: undefined });
      expect(found.edits[0]!.failure).toContain("nothing was kept");
      expect(found.edits[1]!.effect!.isThere).toBe(true);
      expect([...session.saved.keys()]).toEqual([]);
    });
  });
});

describe("a backward pass", () => {
  it("is repeated on one process with its gradients, and finds what is wrong", async () => {
    await withSession(golden.folder, mesh, async (session) => {
      const asked = {
        loss: ({ logits }: { logits: Value }) => {
          const loss = logits.mul(logits).mean([0, 1, 2]);
          return { loss, double: loss.mul(2) };
        },
        at: "layers.0.mlp.hidden",
        parameters: "model.layers.1.mlp.up_proj.weight",
        hooks: [
          capture("layers.1.residual.out"),
          edit("layers.1.residual.out", scale(0.5)),
          editGradient("layers.1.residual.in", scale(3)),
          editGradient("layers.0.residual.out", scale(1)),
        ],
      };
      const run = await session.backward(rows, asked);
      const found = await session.verify(run);
      expect(found.deviations.map(({ name }) => name)).toEqual([
        "layers.1.residual.out",
        "readout double",
        "loss",
        "layers.0.mlp.hidden@gradient",
        "model.layers.1.mlp.up_proj.weight@gradient",
      ]);
      for (const { relative } of found.deviations) expect(relative).toBeLessThan(1e-4);
      expect([found.verdict, found.top1, found.positions]).toEqual(["supported", undefined, 0]);
      expect(found.edits.map(({ effect }) => effect!.isThere)).toEqual([true, true, false]);
      // What comes three times as large is two thirds of it away from what it is without.
      const { effect } = found.edits[1]!;
      const { data } = run.gradient("layers.0.mlp.hidden");
      expect(effect!.at).toBe("layers.0.mlp.hidden@gradient");
      const most = data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      expect(effect!.largest / most).toBeCloseTo(2 / 3, 4);
      run.gradient("layers.0.mlp.hidden").data[0]! += 1;
      expect((await session.verify(run)).verdict).toBe("wrong");
    });
  });
});

describe("a backward pass through a trained module", () => {
  it("says what the module does, whose gradient is there with it alone", async () => {
    await withSession(golden.folder, mesh, async (session) => {
      const b = new Float32Array(session.dimensions.hidden).fill(0.5);
      const shift = trainable("shift", { b }, (x, p) => x.add(p.b));
      const run = await session.backward(rows, {
        loss: ({ logits }) => logits.mul(logits).mean([0, 1, 2]),
        at: "layers.0.mlp.hidden",
        hooks: [edit("layers.1.residual.out", shift), editGradient("layers.1.residual.in", scale(3))],
      });
      const found = await session.verify(run);
      expect(found.verdict).toBe("supported");
      expect(found.deviations.map(({ name }) => name)).toContain("shift.b@gradient");
      expect(found.edits.map(({ effect }) => effect!.isThere)).toEqual([true, true]);
      expect(found.edits[0]!.effect!.compared).toEqual(["loss", "layers.0.mlp.hidden@gradient"]);
    });
  });
});

describe.each(["opt", "gpt2"])("a run of %s", (name) => {
  it("is the same on one process as on a mesh, edited", async () => {
    const { folder, rows: texts } = readGolden(name);
    const own = texts.map((row) => row.ids);
    await withSession(folder, { devices: 2, mesh: { pipeline: 1, tensor: 2 } }, async (session) => {
      const hooks = [capture("*.attention.pattern"), edit("layers.0.mlp.hidden", scale(2))];
      const found = await session.verify(await session.forward(own, { hooks }));
      expect([found.verdict, found.top1, found.effect!.isThere]).toEqual(["supported", 1, true]);
      expect(found.positions).toBe(own.reduce((sum, row) => sum + row.length, 0));
      for (const { relative } of found.deviations) expect(relative).toBeLessThan(1e-4);
    });
  });
});
