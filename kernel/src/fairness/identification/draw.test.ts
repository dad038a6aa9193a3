import { expect, test } from "vitest";
import { drawItems } from "./draw.js";
import { everydayItems } from "./everyday.js";

test("questions are drawn with all their items, by the seed, in their order", () => {
  const items = everydayItems();
  const draw = (seed: number) => drawItems(items, { clusters: 4, seed });
  const some = draw(0);
  const chosen = new Set(some.map(({ cluster }) => cluster));
  expect(chosen.size).toBe(4);
  expect(some).toEqual(items.filter(({ cluster }) => chosen.has(cluster)));
  expect(some.length).toBeLessThan(items.length);
  expect(draw(0)).toEqual(some);
  expect([1, 2, 3].map(draw)).not.toContainEqual(some);
  const all = new Set(items.map(({ cluster }) => cluster)).size;
  expect(drawItems(items, { clusters: all, seed: 0 })).toEqual(items);
  for (const clusters of [0, 1.5, all + 1])
    expect(() => drawItems(items, { clusters, seed: 0 })).toThrow(
      `${clusters} clusters: there are ${all}, of`,
    );
});
