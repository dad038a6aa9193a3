import { adapterAt, printAdapter, type Adapter } from "../adapters/adapter.js";
import { narrowing } from "../adapters/narrowing.js";
import { parseDevice } from "../runtime.js";

/** The name of each adapter that is named by number, of those that Vulkan lists. Throws one line for one that cannot be had. */
export function adaptersOf(
  devices: readonly string[],
  adapters: readonly Adapter[] | undefined,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const device of devices) {
    const parsed = parseDevice(device);
    if (parsed.kind !== "webgpu" || parsed.index === undefined) continue;
    if (adapters !== undefined) {
      narrowing(adapters, parsed.index);
      names.set(device, printAdapter(adapterAt(adapters, parsed.index)));
    } else if (parsed.index > 0)
      throw new Error(
        `no device "${device}": only on Linux can an adapter be chosen, by its Vulkan loader; here it is webgpu or webgpu:0`,
      );
  }
  return names;
}

/** `cpu, 2 × webgpu:1 (NVIDIA H200)` */
export function printDevices(devices: readonly string[], cards: ReadonlyMap<string, string>): string {
  const counts = new Map<string, number>();
  for (const device of devices) counts.set(device, (counts.get(device) ?? 0) + 1);
  const print = (device: string) => (cards.has(device) ? `${device} (${cards.get(device)})` : device);
  return [...counts]
    .map(([device, count]) => (count === 1 ? print(device) : `${count} × ${print(device)}`))
    .join(", ");
}
