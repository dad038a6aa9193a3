import { describe, expect, it } from "vitest";
import type { Edit, Session } from "../../kernel/src/index.js";
import { distance, tolerance } from "./closeness.js";
import { readGolden, readLastLogits } from "./goldens.js";
import { meshes, meshesOf } from "./meshes.js";
import { firstLogits, vitrail, withSession } from "./sessions.js";

const { capture, edit, traced } = vitrail;

/** The edit of test/oracle/module_hooks.py. */
const change = traced((x) => x.tanh().mul(2));

/** The layer that the oracle hooked, and everything outside the layers. */
const isHooked = (path: string) => [...path.matchAll(/\.(\d+)(?=\.|$)/g)].every(([, layer]) => layer === "1");

describe.each(["opt", "opt-350m", "llama-grouped", "gpt2", "gpt-neox", "gpt-neox-sequential"])(
  "modules of %s, by their paths in transformers",
  (name) => {
    const golden = readGolden(name);
    const rows = golden.rows.map((row) => row.ids);
    const wanted = readLastLogits("modules", name);

    const logits = async (session: Session, hooks: readonly Edit[]) =>
      firstLogits(await session.forward(rows, { hooks, logits: "last" }), wanted.get("lm_head")!);

    it("are all there, inputs and outputs, and no others", async () => {
      await withSession(golden.folder, {}, (session) => {
        const paths = session.hookPoints().flatMap(({ aliases }) => aliases);
        // A fused projection is the path of three points.
        expect([...new Set(paths.filter(isHooked))].sort()).toEqual([...wanted.keys()].sort());
        return Promise.resolve();
      });
    });

    it.each(meshesOf(name, meshes))("are edited as PyTorch's hooks edit them (%s)", async (_, options) => {
      await withSession(golden.folder, options, async (session) => {
        const bare = await logits(session, []);
        for (const [path, expected] of wanted) {
          expect(distance(bare, expected), `${path} moves the logits`).toBeGreaterThan(1e-2);
          const edited = await logits(session, [edit(path, change)]);
          expect(distance(edited, expected), path).toBeLessThanOrEqual(tolerance(expected));
        }
      });
    });
  },
);

describe("an input is what one module reads", () => {
  const golden = readGolden("opt");
  const layer = "model.decoder.layers.1";

  it("so that editing it changes neither what others read of the value, nor the value", async () => {
    await withSession(golden.folder, { devices: 2, mesh: { tensor: 2 } }, async (session) => {
      const points = ["attention.norm", "attention.q.in", "attention.q", "attention.k", "residual.mid"];
      const captures = points.map((point) => capture(`layers.1.${point}`));
      const rows = golden.rows.map((row) => row.ids);
      const bare = await session.forward(rows, { hooks: captures });
      const away = async (path: string) => {
        const run = await session.forward(rows, { hooks: [edit(path, change), ...captures] });
        return points.map((p) => distance(run.get(`layers.1.${p}`), bare.get(`layers.1.${p}`)));
      };
      const [norm, read, q, k] = await away(`${layer}.self_attn.q_proj.input`);
      expect([norm, k]).toEqual([0, 0]);
      expect(Math.min(read!, q!)).toBeGreaterThan(1e-2);

      // The residual goes on past the norm: it changes only by what attention then adds, not as the norm's input does.
      const residual = bare.get("layers.1.residual.mid").data;
      const input = await session.forward(rows, {
        hooks: [
          edit(`${layer}.self_attn_layer_norm.input`, change),
          edit("layers.1.attention.output", vitrail.zero()),
          capture("layers.1.residual.in"),
          capture("layers.1.residual.mid"),
          capture("layers.1.attention.norm.in"),
        ],
      });
      expect(input.get("layers.1.residual.mid").data).toEqual(input.get("layers.1.residual.in").data);
      expect(
        distance(input.get("layers.1.attention.norm.in"), input.get("layers.1.residual.in")),
      ).toBeGreaterThan(0.1);
      expect(residual).not.toEqual(input.get("layers.1.residual.mid").data);
    });
  });

  it("is named where it is not a point of its own", async () => {
    await withSession(readGolden("gpt2").folder, {}, async (session) => {
      await expect(
        session.forward([[2, 3]], { hooks: [capture("layers.0.attention.q.in")] }),
      ).rejects.toThrow("c_attn projects queries, keys and values in one: what it reads is attention.in");
      const [row] = session.hookPoints("transformer.h.0.attn.c_attn.input");
      expect(row!.name).toBe("layers.0.attention.in");
    });
  });
});

describe("a point that an architecture does not have", () => {
  it("is refused with the reason, and the session goes on", async () => {
    const capturing = { hooks: [capture("layers.0.residual.mid")] };
    await withSession(readGolden("gpt-neox").folder, { mesh: { tensor: 2 } }, async (session) => {
      await expect(session.forward([[2, 3]], capturing)).rejects.toThrow(
        /^no hook point "layers\.0\.residual\.mid": .*parallel.*; nearest is layers\.0\.residual\.in \[batch, position, unit 64\], between embedding and layers\.0\.attention\.norm\.in$/,
      );
      expect((await session.forward([[2, 3]])).logits!.shape[1]).toBe(2);
      await expect(session.forward([[2, 3]], { hooks: [capture("gpt_neox.rotary_emb")] })).rejects.toThrow(
        /no hook point "gpt_neox\.rotary_emb": its cosines .* attention\.qRotary and kRotary; nearest is layers\.0\.attention\.qRotary \[batch, head 4, position, unit 16\], between/,
      );
    });
    await withSession(readGolden("gpt2").folder, {}, async (session) => {
      for (const [name, nearest] of [
        ["layers.1.attention.kRotary", "layers.1.attention.k [batch, head 4, position, unit 8], between"],
        ["layers.1.mlp.gate.in", "layers.1.mlp.in [batch, position, unit 32], between"],
        ["layers.1.mlp.up", "layers.1.mlp.pre [batch, position, unit 128], between"],
        ["logits.in", "norm [batch, position, unit 32], between layers.1.residual.out and logits"],
      ] as const)
        expect(() => session.hookPoints(name)).toThrow(`; nearest is ${nearest}`);
    });
    await withSession(readGolden("gpt-neox-sequential").folder, {}, async (session) => {
      expect((await session.forward([[2, 3]], capturing)).captures.size).toBe(1);
    });
  });
});
