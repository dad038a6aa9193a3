import { describe, expect, test } from "vitest";
import type { Adapter } from "./adapter.js";
import { narrowing } from "./narrowing.js";

const swiftShader: Adapter = { name: "SwiftShader Device", vendor: 0x1ae0, device: 0xc0de, uuid: "s" };
const llvmpipe: Adapter = { name: "llvmpipe", vendor: 0x10005, device: 0, uuid: "l" };
const card = (bus: string): Adapter => ({
  name: "NVIDIA H200",
  vendor: 0x10de,
  device: 0x2335,
  uuid: bus,
  pci: `0000:${bus}:00.0`,
});

describe("what makes Vulkan show one adapter", () => {
  test("the only one is left as it is", () => {
    expect(narrowing([llvmpipe], 0)).toEqual({});
  });

  test("one of its kind, by vendor and device as vulkaninfo prints them", () => {
    expect(narrowing([card("41"), swiftShader, llvmpipe], 2)).toEqual({
      MESA_VK_DEVICE_SELECT: "10005:0",
      DRI_PRIME: undefined,
      MESA_VK_DEVICE_SELECT_FORCE_DEFAULT_DEVICE: "1",
      VK_LOADER_VENDOR_ID_FILTER: "0x10005",
      VK_LOADER_DEVICE_ID_FILTER: "0x0",
    });
  });

  test("one of equal cards by PCI address, and no longer by what they share", () => {
    expect(narrowing([card("41"), card("c1"), llvmpipe], 1)).toMatchObject({
      MESA_VK_DEVICE_SELECT: undefined,
      DRI_PRIME: "pci-0000_c1_00_0",
    });
  });

  test.each([
    [[swiftShader, llvmpipe, { ...swiftShader }], 0],
    // Another identity is of no use: nobody can be asked by it.
    [[swiftShader, llvmpipe, { ...swiftShader, uuid: "t" }], 2],
    [[card("41"), { ...card("41"), uuid: "part" }], 1],
  ])("equal ones that nothing tells apart are refused: %#", (adapters, index) => {
    expect(() => narrowing(adapters, index)).toThrow(
      new RegExp(`^webgpu:${index} cannot be had: Vulkan lists 2 × .*, and nothing tells them apart$`),
    );
  });

  test("a number that there is not is refused with those there are", () => {
    expect(() => narrowing([swiftShader, card("41")], 2)).toThrow(
      "no adapter webgpu:2: Vulkan lists 0 SwiftShader Device, 1 NVIDIA H200 (0000:41:00.0)",
    );
    expect(() => narrowing([], 0)).toThrow("no adapter webgpu:0: Vulkan lists none");
  });
});
