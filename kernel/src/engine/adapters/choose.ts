import { isSame, printAdapter, type Adapter } from "./adapter.js";
import { narrowing } from "./narrowing.js";
import { listAdapters } from "./vulkan.js";

/**
 * Leaves this process one adapter: that of this number in what Vulkan lists. Changes its environment, which Vulkan reads whenever
 * it is asked, and makes sure of what it shows then; so onnxruntime, loaded after, has no choice. Throws one line where
 * that cannot be.
 */
export function chooseAdapter(index: number): Adapter {
  const adapters = listAdapters();
  const environment = narrowing(adapters, index);
  const wanted = adapters[index]!;
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  const shown = listAdapters();
  if (shown.length === 1 && isSame(shown[0]!, wanted)) return wanted;
  const cure =
    environment.DRI_PRIME === undefined
      ? "it takes Mesa's device-select layer (package mesa-vulkan-drivers) or Vulkan's loader from 1.4.326 on"
      : "among equal cards it takes Mesa's device-select layer (package mesa-vulkan-drivers) of a Mesa later than 22.3";
  throw new Error(
    `webgpu:${index} is ${printAdapter(wanted)}, but asked for it alone Vulkan shows ${shown.map(printAdapter).join(", ") || "none"}: ${cure}`,
  );
}
