import { describe, expect, it } from "vitest";
import type { Value } from "../../kernel/src/graph/value.js";
import { readGolden } from "./goldens.js";
import { vitrail, withSession } from "./sessions.js";

const { capture, edit, scale, skip, traced } = vitrail;
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
      expect(idle.effect).toEqual({ largest: 0, isThere: false });
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
        "verify needs a run that this session's forward returned",
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

describe.each(["opt", "gpt2", "gpt-neox"])("capabilities of %s", (name) => {
  it("are what backward gives and refuses", async () => {
    await withSession(readGolden(name).folder, { devices: 2, mesh: { pipeline: 2 } }, async (session) => {
      const { points, mesh: printed } = session.capabilities();
      expect(printed).toContain("pipeline 2");
      expect(points.map((point) => point.name)).toEqual(session.hookPoints().map((point) => point.name));
      const can = points.filter(({ differentiate }) => differentiate).map((point) => point.name);
      expect(can).toContain("layers.0.attention.pattern");
      const ask = (at: readonly string[]) =>
        session.backward(
          rows.map((row) => row.map((id) => id % session.dimensions.vocabulary)),
          {
            loss: ({ logits }) => logits.mul(logits).sum([0, 1, 2]),
            at,
          },
        );
      const { gradients } = await ask(can);
      expect([...gradients.keys()].toSorted()).toEqual(can.toSorted());
      for (const { name: other, differentiate } of points)
        if (!differentiate) await expect(ask([other])).rejects.toThrow(`no gradient reaches ${other}`);
    });
  });
});
