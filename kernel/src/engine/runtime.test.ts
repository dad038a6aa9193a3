import { describe, expect, test } from "vitest";
import { sessionOptions, type LoadOptions } from "./runtime.js";

const options: LoadOptions = {
  weightFolder: "/weights",
  threads: 3,
  weights: "pack",
  device: "cpu",
  isNarrow: false,
  spin: true,
};

describe("what onnxruntime is asked for", () => {
  test.each([
    ["cpu", "cpu"],
    ["webgpu", "webgpu"],
    ["webgpu:1", "webgpu"],
    ["cuda", { name: "cuda", deviceId: 0 }],
    ["cuda:3", { name: "cuda", deviceId: 3 }],
  ])("device %s", (device, provider) => {
    expect(sessionOptions({ ...options, device }).executionProviders).toEqual([provider]);
  });

  test("mapped weights are never packed, nor half ones widened for good", () => {
    const session = (more: Partial<LoadOptions>) => sessionOptions({ ...options, ...more });
    expect(session({}).extra!["session"]).not.toHaveProperty("disable_prepacking");
    expect(session({ weights: "map" }).extra!["session"]).toHaveProperty("disable_prepacking", "1");
    expect(session({ weights: "map" }).enableCpuMemArena).toBe(true);
    const half = session({ weights: "map", isNarrow: true });
    expect(half.enableCpuMemArena).toBe(false);
    expect(half.extra).toHaveProperty("optimization.disable_specified_optimizers", "ConstantFolding");
    expect(session({ isNarrow: true }).extra).not.toHaveProperty("optimization");
  });
});
