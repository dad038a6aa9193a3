import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { goldens } from "../../models/checkpoint/goldens.fixture.js";
import { readTensor } from "../../models/checkpoint/read.js";
import { readSafetensors } from "../../models/checkpoint/safetensors.js";
import type { NamedTensor } from "../../models/checkpoint/writeSafetensors.js";
import { clipByGlobalNorm } from "./clip.js";
import { Optimiser } from "./optimiser.js";
import type { OptimiserOptions } from "./optimiser.js";
import { scheduleFactor } from "./schedule.js";
import type { Schedule } from "./schedule.js";
import { loadState, saveState } from "./stateFile.js";

const golden = new Map(
  await Promise.all(
    (await readSafetensors(join(goldens, "optimisers", "trajectories.safetensors"))).map(
      async (stored) => [stored.name, { shape: stored.shape, data: await readTensor(stored) }] as const,
    ),
  ),
);
const names = ["matrix", "vector", "stack"] as const;
const steps = 24;

const cases: Record<string, OptimiserOptions> = {
  sgd: { kind: "sgd", learningRate: 0.05 },
  "sgd momentum": { kind: "sgd", learningRate: 0.02, momentum: 0.9, weightDecay: 0.1 },
  "sgd nesterov": { kind: "sgd", learningRate: 0.02, momentum: 0.9, nesterov: true, weightDecay: 1e-3 },
  adam: { kind: "adam", learningRate: 0.03 },
  "adam decay": { kind: "adam", learningRate: 0.03, betas: [0.8, 0.95], epsilon: 1e-4, weightDecay: 0.2 },
  adamW: { kind: "adamW", learningRate: 0.03 },
  "adamW decay": { kind: "adamW", learningRate: 0.03, betas: [0.9, 0.95], weightDecay: 0.5 },
  "adafactor manual": { kind: "adafactor", learningRate: 0.3, weightDecay: 1e-2 },
  "adafactor mean": {
    kind: "adafactor",
    learningRate: 0.05,
    beta1: 0.9,
    clipThreshold: 0.7,
    decayRate: -0.6,
  },
  "adafactor relative": { kind: "adafactor", learningRate: "relative" },
  "adafactor warm-up": { kind: "adafactor", learningRate: "relative", warmupInit: true },
};

function start(): NamedTensor[] {
  return names.map((name) => {
    const { shape, data } = golden.get(`start.${name}`)!;
    return { name, shape, data: data.slice() };
  });
}

/** Row `step` of a golden that holds one tensor for every step. */
function at(key: string, step: number): Float32Array {
  const { data } = golden.get(key)!;
  const size = data.length / steps;
  return data.slice(step * size, (step + 1) * size);
}

const gradients = (step: number) => new Map(names.map((name) => [name, at(`gradient.${name}`, step)]));

const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((x, i) => x - b[i]!));

test("every optimiser that PyTorch was asked about is here", () => {
  const asked = new Set([...golden.keys()].map((key) => key.split(".")[0]!));
  expect([...asked].sort()).toEqual([...Object.keys(cases), "gradient", "start"].sort());
});

test.each(Object.entries(cases))("%s goes PyTorch's way at every one of 24 steps", (name, options) => {
  const parameters = start();
  const optimiser = new Optimiser(parameters, options);
  for (let step = 0; step < steps; step++) {
    optimiser.step(gradients(step));
    for (const parameter of parameters) {
      const expected = at(`${name}.${parameter.name}`, step);
      expect(distance(parameter.data, expected) / Math.hypot(...expected)).toBeLessThan(1e-6);
    }
  }
  for (const [i, { data }] of start().entries()) {
    const moved = distance(parameters[i]!.data, data) / Math.hypot(...data);
    expect(moved).toBeGreaterThan(name === "adafactor warm-up" ? 2e-5 : 0.02);
  }
});

const rates = JSON.parse(readFileSync(join(goldens, "optimisers", "rates.json"), "utf8")) as {
  readonly schedules: Record<string, number[]>;
  readonly clips: { maximum: number; norm: number; matrix: number[] }[];
};
const schedules: Record<string, Schedule> = {
  constant: { kind: "constant", warmup: 5 },
  linear: { kind: "linear", warmup: 5 },
  "linear without warm-up": { kind: "linear" },
  cosine: { kind: "cosine", warmup: 5 },
};

test("schedules are those of transformers", () => {
  expect(Object.keys(schedules)).toEqual(Object.keys(rates.schedules));
  for (const [name, expected] of Object.entries(rates.schedules)) {
    const got = expected.map((_, step) => scheduleFactor(schedules[name]!, step, steps));
    got.forEach((factor, step) => expect(factor).toBeCloseTo(expected[step]!, 12));
  }
  expect(() => scheduleFactor({ kind: "linear", warmup: 30 }, 0, 24)).toThrow(
    "warmup 30: must be a whole number of the 24 steps",
  );
});

test("a schedule's factor multiplies the learning rate", () => {
  const [scheduled, halved] = [start(), start()];
  new Optimiser(scheduled, { kind: "adamW", learningRate: 0.03 }).step(gradients(0), 0.5);
  new Optimiser(halved, { kind: "adamW", learningRate: 0.015 }).step(gradients(0));
  expect(distance(scheduled[0]!.data, start()[0]!.data)).toBeGreaterThan(0.01);
  expect(scheduled).toEqual(halved);
  const relative = new Optimiser(start(), { kind: "adafactor", learningRate: "relative" });
  expect(() => relative.step(gradients(0), 0.5)).toThrow("the rate has a schedule of its own");
});

test("gradients are clipped by the norm of all of them, as PyTorch does", () => {
  expect(rates.clips.some(({ maximum, norm }) => norm > maximum)).toBe(true);
  expect(rates.clips.some(({ maximum, norm }) => norm < maximum)).toBe(true);
  for (const { maximum, norm, matrix } of rates.clips) {
    const own = gradients(0);
    expect(clipByGlobalNorm(own.values(), maximum) / norm).toBeCloseTo(1, 6);
    own.get("matrix")!.forEach((x, i) => expect(x).toBeCloseTo(matrix[i]!, 6));
  }
  const broken = [Float32Array.of(1, NaN)];
  expect(() => clipByGlobalNorm(broken, 1)).toThrow("the gradient's norm is NaN: no step can follow it");
});

const folder = mkdtempSync(join(tmpdir(), "vitrail-optimiser-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(Object.entries(cases))(
  "%s goes on from its file as if it had never stopped",
  async (name, options) => {
    const whole = start();
    const unbroken = new Optimiser(whole, options);
    for (let step = 0; step < 12; step++) unbroken.step(gradients(step));
    const file = join(folder, `${name}.safetensors`);
    saveState(file, unbroken.state());
    const parameters = whole.map(({ data, ...rest }) => ({ ...rest, data: data.slice() }));
    const forgetful = parameters.map(({ data, ...rest }) => ({ ...rest, data: data.slice() }));
    const resumed = new Optimiser(parameters, options);
    resumed.restore(await loadState(file));
    const fresh = new Optimiser(forgetful, options);
    for (let step = 12; step < steps; step++)
      for (const optimiser of [unbroken, resumed, fresh]) optimiser.step(gradients(step));
    expect(parameters).toEqual(whole);
    expect(resumed.state()).toEqual(unbroken.state());
    if (name !== "sgd") expect(forgetful).not.toEqual(whole);
  },
);

test("what does not fit is refused before anything moves", () => {
  const parameters = start();
  const adamW = new Optimiser(parameters, { kind: "adamW", learningRate: 0.03 });
  expect(() => adamW.step(new Map([["matrix", new Float32Array(20)]]))).toThrow(
    'no gradient for parameter "vector"',
  );
  expect(() => adamW.step(gradients(0).set("vector", new Float32Array(5)))).toThrow(
    'gradient of "vector" [6] has 5 values, not 6',
  );
  const broken = gradients(0);
  broken.get("vector")![2] = NaN;
  expect(() => adamW.step(broken)).toThrow('the gradient of "vector" at step 0 has the norm NaN');
  const sgd = new Optimiser(start(), { kind: "sgd", learningRate: 0.1, momentum: 0.9 });
  expect(() => adamW.restore(sgd.state())).toThrow("state of sgd for an optimiser that is adamW");
  const other = new Optimiser(start().slice(1), { kind: "adamW", learningRate: 0.03 });
  expect(() => adamW.restore(other.state())).toThrow('state of adamW has no "matrix.exp_avg" [5, 4]');
  expect(() => other.restore(adamW.state())).toThrow(
    'state has "matrix.exp_avg", which no parameter here needs',
  );
  expect(() => new Optimiser(start(), { kind: "adam", learningRate: 0.1, betas: [1, 0.9] })).toThrow(
    "betas[0] 1: must be from 0 to below 1",
  );
  expect(parameters).toEqual(start());
  expect(adamW.taken).toBe(0);
});
