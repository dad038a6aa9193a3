import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname } from "node:path";
import { afterEach, expect, test } from "vitest";
import { keptFolder } from "../../models/checkpoint/kept.js";
import { openModel } from "../../models/model.js";
import { smallConfig } from "./smallConfig.js";
import { trainedCheckpoint } from "./trained.js";
import type { TrainedModel } from "./trained.js";

const name = `trained-test-${process.pid}`;
const sizes = { vocabulary: 7, layers: 1, hidden: 4, heads: 1, inner: 4, positions: 8, deviation: 0.5 };
const shelf = dirname(keptFolder(name));
const kept = () => readdirSync(shelf).filter((each) => each.startsWith(name));
afterEach(() => kept().forEach((each) => rmSync(`${shelf}/${each}`, { recursive: true })));

/** A small training that counts the steps it takes. */
function model(change: Partial<TrainedModel> = {}) {
  const taken = { steps: 0 };
  const made: TrainedModel = {
    name,
    recipe: {
      config: smallConfig({ family: "opt", ...sizes }),
      seed: 1,
      steps: 3,
      optimiser: { kind: "sgd", learningRate: 0.1 },
      schedule: { kind: "constant" },
    },
    corpus: { rows: 1 },
    words: ["a", "b", "c"],
    source: () => {
      taken.steps++;
      return { rows: [[4, 5, 6]] };
    },
    ...change,
  };
  return { made, taken };
}

test("a model is trained once; what decides it names its folder", async () => {
  const { made, taken } = model();
  const folder = await trainedCheckpoint(made);
  expect(taken.steps).toBe(3);
  expect((await openModel(folder)).blueprint.dimensions).toMatchObject({ vocabulary: 7, layers: 1 });
  expect(await trainedCheckpoint(made)).toBe(folder);
  expect(taken.steps).toBe(3);

  const others = [
    model({ recipe: { ...made.recipe, seed: 2 } }),
    model({ corpus: { rows: 2 } }),
    model({ words: ["a", "b", "d"] }),
  ];
  const folders = await Promise.all(others.map(({ made }) => trainedCheckpoint(made)));
  expect(others.map(({ taken }) => taken.steps)).toEqual([3, 3, 3]);
  expect(new Set([folder, ...folders]).size).toBe(4);
  expect(kept()).toEqual([folder, ...folders].map((each) => basename(each)).sort());
});

test("of an interrupted training nothing is left", async () => {
  const abort = new AbortController();
  const { made } = model({
    source: (step) => {
      if (step === 1) abort.abort();
      return { rows: [[4, 5, 6]] };
    },
  });
  await expect(trainedCheckpoint(made, { signal: abort.signal })).rejects.toThrow(
    `training ${name} cancelled`,
  );
  expect(kept()).toEqual([]);
  expect(existsSync(await trainedCheckpoint(model().made))).toBe(true);
});
