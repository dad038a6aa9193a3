import { afterEach, expect, test, vi } from "vitest";
import { Interruption } from "./interruption.js";

afterEach(() => void vi.useRealTimers());

test("requests join the interrupt that is under way, and a later one begins anew", async () => {
  const send = vi.fn();
  const interruption = new Interruption(send);
  const [first, second] = [interruption.request(), interruption.request()];
  interruption.stopped();
  expect(await Promise.all([first, second])).toEqual([true, true]);
  expect(send).toHaveBeenCalledTimes(1);
  const third = interruption.request();
  interruption.stopped();
  expect(await third).toBe(true);
  expect(send).toHaveBeenCalledTimes(2);
});

test("a stuck runner is told of once, is waited for again, and is forgotten when it stops by itself", async () => {
  const send = vi.fn();
  const tell = vi.fn();
  const interruption = new Interruption(send);
  const first = interruption.request();
  interruption.stuck();
  expect(await first).toBe(false);
  const again = interruption.request();
  interruption.tellOnce(tell);
  interruption.tellOnce(tell);
  expect(tell).toHaveBeenCalledTimes(1);
  expect(interruption.isTold).toBe(true);
  interruption.stopped();
  expect(await again).toBe(true);
  expect(interruption.isTold).toBe(false);
  interruption.tellOnce(tell);
  expect(tell).toHaveBeenCalledTimes(1);
  expect(send).toHaveBeenCalledTimes(1);
});

test("an interrupt thread that says nothing counts as stuck", async () => {
  vi.useFakeTimers();
  const interruption = new Interruption(() => {});
  const silent = interruption.request();
  vi.runAllTimers();
  expect(await silent).toBe(false);
});
