import { expect, test } from "vitest";
import { copied } from "./copied.js";

test("what hooks keep is copied with everything in it, and goes on by itself", () => {
  const list: unknown[] = [1, { sum: 2 }];
  list.push(list);
  const value = {
    list,
    data: Float32Array.of(1, 2),
    byLayer: new Map([[0, [3]]]),
    seen: new Set(["a"]),
    frozen: Object.freeze({ at: [4] }),
  };
  const copy = copied(value);
  expect(copy).toEqual(value);
  expect(copy.list[2]).toBe(copy.list);
  (value.list[1] as { sum: number }).sum = 9;
  value.data[0] = 9;
  value.byLayer.get(0)!.push(9);
  value.seen.add("b");
  value.frozen.at.push(9);
  expect(copy.list[1]).toEqual({ sum: 2 });
  expect([...copy.data]).toEqual([1, 2]);
  expect(copy.byLayer.get(0)).toEqual([3]);
  expect([...copy.seen]).toEqual(["a"]);
  expect(copy.frozen.at).toEqual([4]);
});

test("functions, objects of classes and what is not listed stay themselves", () => {
  class Counter {
    #n = 0;
    next = () => ++this.#n;
  }
  const [counter, shown] = [new Counter(), Symbol("shown")];
  const value = Object.defineProperty({ counter, print: String }, shown, { value: counter });
  const copy = copied(value);
  expect(copy).not.toBe(value);
  expect(copy.counter).toBe(counter);
  expect(copy.print).toBe(String);
  expect(Reflect.get(copy, shown)).toBe(counter);
});
