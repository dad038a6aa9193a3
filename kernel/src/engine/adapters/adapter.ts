import { z } from "zod";

/** A graphics card, or a driver that computes on the CPU, as Vulkan names it. Plain data. */
export const adapter = z.strictObject({
  name: z.string(),
  /** Of the PCI registry, or of Khronos for what is no card. */
  vendor: z.number(),
  /** What kind of card it is; equal cards have the same number. */
  device: z.number(),
  /** Of this one card, as far as its driver tells cards apart. */
  uuid: z.string(),
  /** `0000:41:00.0`, where its driver says it. */
  pci: z.string().optional(),
});
export type Adapter = z.infer<typeof adapter>;

/** `NVIDIA H200 (0000:41:00.0)` */
export function printAdapter({ name, pci }: Adapter): string {
  return pci === undefined ? name : `${name} (${pci})`;
}

/** `0 NVIDIA H200 (0000:41:00.0), 1 llvmpipe` */
export function printAdapters(adapters: readonly Adapter[]): string {
  return adapters.map((each, index) => `${index} ${printAdapter(each)}`).join(", ") || "none";
}

/** The adapter of this number. Throws one line with those that there are. */
export function adapterAt(adapters: readonly Adapter[], index: number): Adapter {
  const found = adapters[index];
  if (found === undefined)
    throw new Error(`no adapter webgpu:${index}: Vulkan lists ${printAdapters(adapters)}`);
  return found;
}

/** Whether nothing tells the two apart. */
export function isSame(one: Adapter, other: Adapter): boolean {
  const fields = ["name", "vendor", "device", "uuid", "pci"] as const;
  return fields.every((field) => one[field] === other[field]);
}
