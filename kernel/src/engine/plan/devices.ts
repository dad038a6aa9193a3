import { adapterAt, printAdapter, type Adapter } from "../adapters/adapter.js";
import { narrowing } from "../adapters/narrowing.js";
import { parseDevice } from "../runtime/device.js";

/** What each device is that names an adapter by number, of those that Vulkan lists. Throws one line for one that cannot be had. */
export function adaptersOf(
  devices: readonly string[],
  listed: readonly Adapter[] | undefined,
): Record<string, Adapter> {
  const adapters: Record<string, Adapter> = {};
  for (const device of devices) {
    const parsed = parseDevice(device);
    if (parsed.kind !== "webgpu" || parsed.index === undefined) continue;
    if (listed !== undefined) {
      narrowing(listed, parsed.index);
      adapters[device] = adapterAt(listed, parsed.index);
    } else if (parsed.index > 0)
      throw new Error(
        `no device "${device}": only on Linux can an adapter be chosen, by its Vulkan loader; here it is webgpu or webgpu:0`,
      );
  }
  return adapters;
}

/** `cpu, 2 × webgpu:1 (NVIDIA H200)` */
export function printDevices(
  devices: readonly string[],
  adapters: Readonly<Record<string, Adapter>>,
): string {
  const counts = new Map<string, number>();
  for (const device of devices) counts.set(device, (counts.get(device) ?? 0) + 1);
  return [...counts]
    .map(([device, count]) => {
      const adapter = adapters[device];
      const named = adapter === undefined ? device : `${device} (${printAdapter(adapter)})`;
      return count === 1 ? named : `${count} × ${named}`;
    })
    .join(", ");
}
