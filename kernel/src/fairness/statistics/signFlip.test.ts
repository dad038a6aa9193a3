import { expect, test } from "vitest";
import { golden } from "../golden.fixture.js";
import { signFlipTest } from "./permutation.js";
import { clusterSignFlips } from "./signFlip.js";

interface Answer {
  readonly first: number;
  readonly second: number;
}

const difference = ({ first, second }: Answer) => second - first;

// The first so many items of a question are right under either prompt: only their numbers count.
const clusters = golden.clusterFlips.sizes.map((size, i) =>
  Array.from({ length: size }, (_, k): Answer => ({
    first: k < golden.clusterFlips.first[i]! ? 1 : 0,
    second: k < golden.clusterFlips.second[i]! ? 1 : 0,
  })),
);

test("all ways to swap two prompts question by question give SciPy's p, drawn ones come near it", () => {
  const { p, sizes } = golden.clusterFlips;
  expect(clusterSignFlips(clusters, difference)).toEqual({
    p: expect.closeTo(p, 12),
    exact: true,
    flips: 2 ** sizes.length,
    seed: null,
  });
  const drawn = clusterSignFlips(clusters, difference, { permutations: 1000, seed: 3 });
  expect(drawn).toMatchObject({ exact: false, flips: 1000, seed: 3 });
  expect(Math.abs(drawn.p - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 1000));
  // One hit is added to the draws, so that p is never 0.
  expect((drawn.p * 1001) % 1).toBeCloseTo(0, 9);
});

test("items that are each their own cluster are flipped one by one", () => {
  const each = clusters.flat().map((answer) => [answer]);
  const options = { permutations: 500, seed: 1 };
  const alone = signFlipTest(clusters.flat().map(difference), options);
  expect(clusterSignFlips(each, difference, options)).toEqual(alone);
  expect(alone.p).toBeLessThan(clusterSignFlips(clusters, difference).p);
  expect(clusterSignFlips([], difference).p).toBeNaN();
});
