import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { histogramOf, statisticsOf } from "./statistics.js";

interface Case {
  readonly data: string;
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly max: number;
  readonly nan: number;
  readonly positiveInfinity: number;
  readonly negativeInfinity: number;
  readonly lo: number;
  readonly hi: number;
  readonly counts: readonly number[];
}

const golden = new URL("../../../../test/goldens/statistics/statistics.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(golden, "utf8")) as { cases: Record<string, Case> };

function valuesOf(data: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(data, "base64"));
  return new Float32Array(bytes.buffer);
}

describe.each(Object.entries(cases))("%s", (_, expected) => {
  const data = valuesOf(expected.data);
  const found = statisticsOf(data);

  test("statistics are those of torch in float64", () => {
    const { nan, positiveInfinity, negativeInfinity, min, max } = expected;
    expect(found).toMatchObject({ count: data.length, nan, positiveInfinity, negativeInfinity, min, max });
    for (const name of ["mean", "std"] as const) {
      const size = Math.max(Math.abs(expected[name]), 1e-3);
      expect(Math.abs(found[name]! - expected[name]) / size, name).toBeLessThan(1e-12);
    }
  });

  test("the histogram is that of NumPy, bin by bin", () => {
    const { lo, hi, counts } = expected;
    expect(histogramOf(data, found)).toEqual({ lo, hi, counts });
  });
});

test("what cannot be said is null", () => {
  const none = statisticsOf(new Float32Array([NaN, Infinity, -Infinity, -Infinity]));
  expect(none).toEqual({
    count: 4,
    mean: null,
    std: null,
    min: null,
    max: null,
    nan: 1,
    positiveInfinity: 1,
    negativeInfinity: 2,
  });
  expect(histogramOf(new Float32Array([NaN]), none)).toBe(null);
  expect(statisticsOf(new Float32Array([7]))).toMatchObject({ mean: 7, std: null, min: 7, max: 7 });
});
