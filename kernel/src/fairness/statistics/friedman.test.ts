import { expect, test } from "vitest";
import { golden } from "../golden.fixture.js";
import { friedmanTest } from "./friedman.js";

test("Friedman's χ² and p are SciPy's with ties and without, Nemenyi's p those of the studentised range", () => {
  for (const { values, statistic, p, ranks, pairs } of golden.friedman) {
    const found = friedmanTest(values);
    expect(found.statistic).toBeCloseTo(statistic, 10);
    expect(found.p).toBeCloseTo(p, 10);
    found.meanRanks.forEach((rank, i) => expect(rank).toBeCloseTo(ranks[i]!, 12));
    found.pairs.forEach(({ nemenyi }, i) => expect(nemenyi).toBeCloseTo(pairs[i]!, 7));
    expect(found.concordance).toBeCloseTo(statistic / (values.length * (ranks.length - 1)), 12);
  }
  expect(golden.friedman.some(({ p }) => p < 0.01)).toBe(true);
});

test("of two treatments Nemenyi's p is the z test's", () => {
  const [pair] = friedmanTest([
    [1, 2],
    [1, 2],
    [2, 1],
    [1, 3],
  ]).pairs;
  expect(pair!.nemenyi).toBeCloseTo(pair!.p, 9);
});

test("blocks that agree fully have a concordance of 1, and equal values give no evidence", () => {
  const same = Array.from({ length: 6 }, () => [0.1, 0.2, 0.3]);
  expect(friedmanTest(same)).toMatchObject({ meanRanks: [1, 2, 3] });
  expect(friedmanTest(same).concordance).toBeCloseTo(1, 12);
  const equal = friedmanTest([
    [0.3, 0.1 + 0.2],
    [1, 1],
  ]);
  expect(equal).toMatchObject({ statistic: NaN, p: NaN, meanRanks: [1.5, 1.5] });
  expect(equal.pairs[0]!.p).toBeCloseTo(1, 12);
});

test("what cannot be ranked is said", () => {
  expect(() => friedmanTest([[1, 2]])).toThrow("1 blocks of 2 treatments: there must be two of each or more");
  expect(() =>
    friedmanTest([
      [1, 2],
      [1, NaN],
    ]),
  ).toThrow("block 1 has values 1, NaN: there must be 2, all finite");
});
