import { afterEach, expect, test, vi } from "vitest";
import { forgiveAsyncStack } from "./asyncStack.js";

afterEach(() => vi.restoreAllMocks());

test("where Node gives its binding to nobody, as since 24, there is nothing to forgive", () => {
  const binding = vi.spyOn(process as unknown as { binding(name: string): unknown }, "binding");
  binding.mockImplementation((name) => {
    throw new Error(`No such module: ${name}`);
  });
  expect(forgiveAsyncStack).not.toThrow();
  expect(binding).toHaveBeenCalledWith("async_wrap");
});
