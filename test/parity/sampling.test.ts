import { expect, it } from "vitest";
import { chooseToken, probabilitiesOf, randomNumbers } from "../../kernel/src/session/sampling.js";
import { readTensors } from "./goldens.js";

const golden = readTensors("generation", "sampling");
const [rows, tokens] = golden.get("logits").shape as [number, number];
const rowOf = (name: string, row: number) =>
  Float32Array.from(golden.get(name).data.subarray(row * tokens, (row + 1) * tokens));

const settings = golden.names.filter((name) => name !== "logits");

it.each(settings)("tokens are drawn from what transformers draws from (temperature/topK/topP %s)", (name) => {
  const [temperature, topK, topP] = name.split("/").map(Number) as [number, number, number];
  const sampling = { temperature, topK: topK || undefined, topP: topP || undefined };
  for (let row = 0; row < rows; row++) {
    const wanted = rowOf(name, row);
    const found = probabilitiesOf(rowOf("logits", row), sampling);
    found.forEach((p, id) => expect(Math.abs(p - wanted[id]!)).toBeLessThan(1e-6));
    // The same tokens are left out, not only made unlikely.
    expect([...found].map((p) => p > 0)).toEqual([...wanted].map((p) => p > 0));

    const random = randomNumbers(11, row);
    const draws = 5000;
    const shares = new Float64Array(tokens);
    for (let i = 0; i < draws; i++) shares[chooseToken(rowOf("logits", row), sampling, random)]! += 1 / draws;
    // Five standard deviations, and a draw.
    shares.forEach((share, id) => {
      const p = wanted[id]!;
      expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / draws) + 1 / draws);
    });
  }
});

it("settings differ in what they leave out", () => {
  const left = settings.map((name) => golden.get(name).data.filter((p) => p > 0).length);
  expect(new Set(left).size).toBeGreaterThan(5);
  expect(Math.max(...left)).toBe(rows * tokens);
});
