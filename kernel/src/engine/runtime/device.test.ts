import { expect, test } from "vitest";
import { parseDevice } from "./device.js";

test.each([
  ["cpu", { kind: "cpu" }],
  ["webgpu", { kind: "webgpu", index: undefined }],
  ["webgpu:1", { kind: "webgpu", index: 1 }],
  ["cuda", { kind: "cuda", index: 0 }],
  ["cuda:3", { kind: "cuda", index: 3 }],
])("device %s", (device, parsed) => {
  expect(parseDevice(device)).toEqual(parsed);
});

test.each(["tpu", "cpu:1", "cuda:", "cuda:-1", "CUDA"])("%s is no device", (device) => {
  expect(() => parseDevice(device)).toThrow(
    `no device "${device}": devices are cpu, webgpu, webgpu:n and cuda:n`,
  );
});
