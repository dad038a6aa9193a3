import { expect, test } from "vitest";
import type { Tensor } from "../graph/tensor.js";
import type { LayerCache } from "../models/stage.js";
import { Caches, paddedPast } from "./caches.js";

const layers: LayerCache[] = [
  {
    layer: 2,
    past: { keys: "past.k", values: "past.v" },
    recent: { keys: "recent.k", values: "recent.v" },
    present: { keys: "k", values: "v" },
    empty: [1, 0, 2],
  },
];

/** Keys and values of one head of two units, [batch, 1, columns, 2], of numbers from `start` on. */
function present(batch: number, columns: number, start = 0): Map<string, Tensor> {
  const tensor = (from: number): Tensor => ({
    dtype: "f32",
    shape: [batch, 1, columns, 2],
    data: Float32Array.from({ length: batch * columns * 2 }, (_, i) => from + i),
  });
  return new Map([
    ["k", tensor(start)],
    ["v", tensor(start + 100)],
  ]);
}

/** Keys that a cache feeds, by column, of row 0: the past's, then the recent ones. */
const columnsOf = (fed: ReadonlyMap<string, Tensor>, name: "k" | "v") =>
  ["past", "recent"].map((since) => [...fed.get(`${since}.${name}`)!.data]);

test("a step is fed what the steps before handed out, and which columns hold tokens", () => {
  const caches = new Caches();
  const first = caches.use({ key: "a", columns: 0 }, 2);
  expect(first.feeds(layers).get("past.k")).toMatchObject({ shape: [2, 1, 0, 2] });
  expect(first.feeds(layers).get("recent.k")).toMatchObject({ shape: [2, 1, 0, 2] });
  first.extend(layers, present(2, 3), [[5, 6, 7], [8]], 3);
  const second = caches.use({ key: "a", columns: 3 }, 2);
  expect(second.past.map((row) => [...row])).toEqual([
    [1, 1, 1],
    [1, 0, 0],
  ]);
  expect(columnsOf(second.feeds(layers), "k")).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], []]);
  // The prompt lies still; what comes behind it is handed out by itself.
  second.extend(layers, present(2, 1, 50), [[], [9]], 1);
  const third = caches.use({ key: "a", columns: 4 }, 2);
  expect(third.past.map((row) => [...row])).toEqual([
    [1, 1, 1, 0],
    [1, 0, 0, 1],
  ]);
  expect(third.feeds(layers).get("past.v")!.data[0]).toBe(100);
  expect(columnsOf(third.feeds(layers), "v")[1]).toEqual([150, 151, 152, 153]);
});

test("recent columns are put to the past when they are many, in their order", () => {
  const caches = new Caches();
  const step = (columns: number, handed: number, start: number) =>
    caches
      .use({ key: "a", columns }, 2)
      .extend(layers, present(2, handed, start), [[1], [1]], columns === 0 ? 2 : 1);
  step(0, 2, 0);
  for (let recent = 1; recent < 32; recent++) step(1 + recent, recent, 1000);
  const before = caches.use({ key: "a", columns: 33 }, 2);
  expect(before.feeds(layers).get("past.k")!.shape).toEqual([2, 1, 2, 2]);
  expect(before.feeds(layers).get("recent.k")!.shape).toEqual([2, 1, 31, 2]);
  step(33, 32, 1000);
  const after = caches.use({ key: "a", columns: 34 }, 2).feeds(layers);
  expect(after.get("past.k")!.shape).toEqual([2, 1, 34, 2]);
  expect(after.get("recent.k")!.shape).toEqual([2, 1, 0, 2]);
  // Row 1 begins with its own two columns, and then comes its own part of the others.
  expect([...after.get("past.k")!.data.subarray(68, 74)]).toEqual([4, 5, 6, 7, 1064, 1065]);
  expect(caches.bytes).toBe(2 * 2 * 34 * 2 * 4);
});

test("rows can go on from any row, and several from one", () => {
  const caches = new Caches();
  const everywhere = { key: "a", columns: 0, everywhere: true };
  caches.use(everywhere, 2).extend(layers, present(2, 1), [[5], [6]], 1);
  const shared = caches.use({ key: "a", columns: 1, rows: [1, 1, 0] }, 3);
  expect(shared.feeds(layers).get("past.k")).toMatchObject({ shape: [3, 1, 1, 2] });
  expect([...shared.feeds(layers).get("past.k")!.data]).toEqual([2, 3, 2, 3, 0, 1]);
  // What is added to chosen rows is behind theirs.
  shared.extend(layers, present(3, 1, 70), [[7], [7], [7]], 1);
  const grown = caches.use({ key: "a", columns: 2 }, 3).feeds(layers);
  expect(columnsOf(grown, "k")).toEqual([
    [2, 3, 2, 3, 0, 1],
    [70, 71, 72, 73, 74, 75],
  ]);
  caches.use(everywhere, 2).extend(layers, present(2, 1), [[5], [6]], 1);
  expect(() => caches.use({ key: "a", columns: 1, rows: [2] }, 1)).toThrow("1 rows go on from rows 2 of 2");
  expect(() => caches.use({ key: "a", columns: 1 }, 3)).toThrow("3 rows go on from rows 0, 1, 2 of 2");
  // Of a cache that replicas keep in parts nobody knows where another row is.
  caches.use({ key: "a", columns: 0 }, 2).extend(layers, present(2, 1), [[5], [6]], 1);
  expect(() => caches.use({ key: "a", columns: 1, rows: [1, 0] }, 2)).toThrow(
    "rows 1, 0 to go on from: each replica keeps only its own",
  );
});

test("a step that fails changes nothing, and one that expects other columns is refused", () => {
  const caches = new Caches();
  caches.use({ key: "a", columns: 0 }, 1).extend(layers, present(1, 2), [[5, 6]], 2);
  caches.use({ key: "a", columns: 2 }, 1);
  expect(() => caches.use({ key: "a", columns: 3 }, 1)).toThrow(
    "keys and values of 2 positions are kept, not 3",
  );
  expect(caches.use({ key: "a", columns: 2 }, 1).past[0]).toHaveLength(2);
});

test("what is released is gone, and so is what was used longest ago when there are too many, or too much", () => {
  const caches = new Caches({ caches: 3, bytes: 2 ** 20 });
  const begin = (key: string, columns = 1) =>
    caches.use({ key, columns: 0 }, 1).extend(layers, present(1, columns), [Array(columns).fill(5)], columns);
  for (const key of ["0", "1", "2"]) begin(key);
  const each = 2 * 2 * 4;
  expect(caches.bytes).toBe(3 * each);
  caches.use({ key: "0", columns: 1 }, 1).extend(layers, present(1, 1), [[5]], 1);
  begin("new");
  expect(caches.use({ key: "0", columns: 2 }, 1).past[0]).toHaveLength(2);
  expect(() => caches.use({ key: "1", columns: 1 }, 1)).toThrow(
    "keys and values of 1 positions are no longer kept: a session has those of the last 3 generations and prefixes, up to 1 MB a rank",
  );
  for (const key of ["0", "new", "2"]) caches.release(key);
  expect(caches.bytes).toBe(0);
  const half = 2 ** 19 / each;
  begin("first", half);
  begin("second", half);
  expect(caches.bytes).toBe(2 ** 20);
  // What is read is used too.
  caches.use({ key: "first", columns: half }, 1);
  begin("third", half);
  expect(caches.use({ key: "first", columns: half }, 1).past).toHaveLength(1);
  expect(() => caches.use({ key: "second", columns: half }, 1)).toThrow("are no longer kept");
  // One alone may be as large as it is.
  begin("large", 4 * half);
  expect(caches.bytes).toBe(2 ** 21);
});

test("a row that runs along for nobody goes on from padding, and nothing of it is kept", () => {
  const { past, feeds, extend } = paddedPast(3);
  expect(past.map((row) => [...row])).toEqual([[0, 0, 0]]);
  expect(feeds(layers).get("past.v")).toMatchObject({ shape: [1, 1, 3, 2], data: new Float32Array(6) });
  extend(layers, present(1, 4), [[5]], 1);
});
