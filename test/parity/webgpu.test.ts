import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Session } from "../../kernel/src/index.js";
import { distance, tolerance } from "./closeness.js";
import { relative } from "./differentiating.js";
import { expectParity, observedRow } from "./expectation.js";
import { readGolden } from "./goldens.js";
import { endWaiting, forwardWithAll, observed, returnedLogits, vitrail, withSession } from "./sessions.js";
import { missing, showDrivers, swiftShader } from "./softwareGpus.js";

const { capture, edit, scale, traced } = vitrail;

if (missing && process.env["CI"]) {
  it("has a software GPU in continuous integration", () => {
    expect.fail(`${missing} is not installed`);
  });
}
if (missing) console.warn(`WebGPU parity is skipped: ${missing} is not installed`);

describe.skipIf(missing !== undefined)("on a software GPU through WebGPU", () => {
  let runtime: string;
  let undo: () => void;

  beforeAll(() => {
    runtime = mkdtempSync(join(tmpdir(), "vitrail-webgpu-"));
    undo = showDrivers([swiftShader], runtime);
  });
  afterAll(async () => {
    // They see the software GPU, and keep files in its folder.
    await endWaiting();
    undo();
    rmSync(runtime, { recursive: true, force: true });
  });

  it.each([
    "opt",
    "opt-350m",
    "galactica",
    "galactica-unbiased",
    "llama-linear",
    "llama-grouped",
    "gpt2",
    "gpt-neox",
  ])("%s gives transformers' logits and hook points", { timeout: 300_000 }, async (name) => {
    const golden = readGolden(name);
    const rows = golden.rows.map((row) => row.ids);
    const run = (device: string) =>
      withSession(golden.folder, { devices: [device] }, async (session) => {
        expect((await session.status()).ranks[0]!.device).toBe(device);
        return observed(await forwardWithAll(session, rows));
      });
    const gpu = await run("webgpu:0");
    expectParity(golden, gpu);
    // Other kernels round otherwise: equal bits would mean that the CPU had computed this.
    expect(distance(gpu.get("logits")!, (await run("cpu")).get("logits")!)).toBeGreaterThan(0);
  });

  it.each(["opt", "llama-grouped", "gpt2"])(
    "%s is edited and differentiated as on the CPU",
    { timeout: 300_000 },
    async (name) => {
      const golden = readGolden(name);
      const rows = golden.rows.map((row) => row.ids);
      const [early, late] = ["layers.0.residual.out", "layers.1.mlp.hidden"];
      const changes = {
        compiled: edit(
          late,
          traced((x) => x.softmax().mul(x).mul(4)),
        ),
        host: edit(`${early}[position=-1]`, ({ data }) => data.map((x, i) => 2 * x + Math.sin(i))),
      };
      const logits = async (session: Session, hooks: Parameters<Session["forward"]>[1]) =>
        returnedLogits(await session.forward(rows, hooks));
      const run = (device: string) =>
        withSession(golden.folder, { devices: [device] }, async (session) => {
          const bare = await logits(session, {});
          const edited = [];
          for (const change of Object.values(changes))
            edited.push(await logits(session, { hooks: [change] }));
          const backward = await session.backward(rows, {
            loss: (values) => values.logits.mul(values.logits).sum([2]).mul(values.valid).mean([0, 1]),
            at: [early, late],
            hooks: [changes.compiled],
          });
          const gradients = [early, late].map((point) => backward.gradient(point));
          return { bare, edited, loss: backward.loss, gradients };
        });
      const [gpu, cpu] = [await run("webgpu:0"), await run("cpu")];
      Object.keys(changes).forEach((label, i) => {
        expect(distance(cpu.edited[i]!, cpu.bare), label).toBeGreaterThan(1e-2);
        expect(distance(gpu.edited[i]!, cpu.edited[i]!), label).toBeLessThanOrEqual(
          tolerance(cpu.edited[i]!),
        );
      });
      expect(gpu.loss / cpu.loss).toBeCloseTo(1, 4);
      cpu.gradients.forEach((expected, i) => {
        const most = Math.max(...expected.data.map(Math.abs));
        expect(most).toBeGreaterThan(1e-3);
        const away = distance(gpu.gradients[i]!, expected);
        expect(away).toBeLessThanOrEqual(1e-4 * most);
        // Equal bits would mean that the CPU had computed this.
        expect(away).toBeGreaterThan(0);
      });
    },
  );

  it.each(["opt", "opt-350m", "llama-grouped", "gpt2", "gpt-neox"])(
    "%s is edited, read and differentiated at every point that its capabilities name, as on the CPU",
    { timeout: 300_000 },
    async (name) => {
      const golden = readGolden(name);
      const rows = golden.rows.map((row) => row.ids);
      const run = (device: string) =>
        withSession(golden.folder, { devices: [device] }, async (session) => {
          const { points } = session.capabilities();
          // Smaller, so that scores of several edits do not grow beyond what the tolerance is made for.
          const edits = points.map((point) => edit(point.name, scale(0.8)));
          const bare = observed(await forwardWithAll(session, rows));
          const edited = observed(await session.forward(rows, { hooks: [...edits, capture("*")] }));
          const { gradients } = await session.backward(rows, {
            loss: ({ logits }) => logits.mul(logits).mean([0, 1, 2]),
            at: points.filter(({ differentiate }) => differentiate).map((point) => point.name),
            hooks: edits,
          });
          expect([...edited.keys()].toSorted()).toEqual(points.map((point) => point.name).toSorted());
          return { bare, edited, gradients };
        });
      const [gpu, cpu] = [await run("webgpu:0"), await run("cpu")];
      for (const [point, expected] of cpu.edited) {
        const row = (from: typeof expected) => observedRow(from, golden, 0);
        expect(distance(row(expected), row(cpu.bare.get(point)!)), point).toBeGreaterThan(1e-2);
        expect(distance(row(gpu.edited.get(point)!), row(expected)), point).toBeLessThanOrEqual(
          tolerance(row(expected)),
        );
      }
      expect([...gpu.gradients.keys()]).toEqual([...cpu.gradients.keys()]);
      for (const [point, expected] of cpu.gradients)
        expect(relative(gpu.gradients.get(point)!, expected), point).toBeLessThan(1e-4);
    },
  );
});
