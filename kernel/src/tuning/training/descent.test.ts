import { expect, test } from "vitest";
import { Descent } from "./descent.js";

const begun = () => [{ name: "w", shape: [2], data: Float32Array.of(1, 2) }];
const options = {
  optimiser: { kind: "sgd", learningRate: 0.5 },
  schedule: { kind: "linear" },
  total: 4,
  clip: undefined,
} as const;
const gradient = (...values: number[]) => new Map([["w", Float32Array.of(...values)]]);

test("a step goes along the clipped gradient, as far as the schedule says, and tells the norm before", () => {
  const parameters = begun();
  const descent = new Descent(parameters, { ...options, clip: 1 });
  // At the first of four steps the rate is 0.5, at the third half of it; 3, 4 is clipped to 0.6, 0.8, and 0.3, 0.4 is not.
  expect(descent.follow(0, 1, gradient(3, 4))).toBe(5);
  expect([...parameters[0]!.data]).toEqual([1 - 0.3, 2 - 0.4].map((x) => expect.closeTo(x, 6) as number));
  expect(descent.follow(2, 1, gradient(0.3, 0.4))).toBeCloseTo(0.5, 6);
  expect([...parameters[0]!.data]).toEqual(
    [1 - 0.3 - 0.075, 2 - 0.4 - 0.1].map((x) => expect.closeTo(x, 6) as number),
  );
  const free = begun();
  expect(new Descent(free, options).follow(0, 1, gradient(3, 4))).toBe(5);
  expect([...free[0]!.data]).toEqual([-0.5, 0]);
});

test("a loss or a gradient that is not finite is refused in one line, and nothing moves", () => {
  const parameters = begun();
  const descent = new Descent(parameters, options);
  for (const loss of [NaN, Infinity])
    expect(() => descent.follow(3, loss, gradient(1, 1))).toThrow(
      `the loss at step 3 is ${loss}: the learning rate is too high`,
    );
  expect(() => descent.follow(3, 1, gradient(NaN, 1))).toThrow(
    "has the norm NaN: the learning rate is too high",
  );
  expect([[...parameters[0]!.data], descent.state().step]).toEqual([[1, 2], 0]);
});

test("another descent goes on from its state, and is refused that of other parameters", () => {
  const momentum = { ...options, optimiser: { kind: "sgd", learningRate: 0.5, momentum: 0.9 } } as const;
  const [whole, halves] = [begun(), begun()];
  const once = new Descent(whole, momentum);
  const first = new Descent(halves, momentum);
  for (const descent of [once, first]) descent.follow(0, 1, gradient(1, -1));
  const second = new Descent(halves, { ...momentum, from: first.state() });
  const anew = new Descent([{ ...begun()[0]!, data: halves[0]!.data.slice() }], momentum);
  for (const descent of [once, second, anew]) descent.follow(1, 1, gradient(1, 1));
  expect(halves).toEqual(whole);
  expect(anew.state()).not.toEqual(second.state());
  expect(() => new Descent([{ ...begun()[0]!, name: "v" }], { ...momentum, from: first.state() })).toThrow(
    'state of sgd has no "v.',
  );
});
