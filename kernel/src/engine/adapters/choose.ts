import { isSame, printAdapter, printAdapters, type Adapter } from "./adapter.js";
import { narrowing } from "./narrowing.js";
import { listAdapters } from "./vulkan.js";

/**
 * Leaves this process one adapter, the planned one. Changes its environment, which Vulkan reads whenever it is asked, and makes sure
 * of what it shows then; so onnxruntime, loaded after, has no choice. Throws one line where that cannot be, with the device as
 * the user wrote it.
 */
export function chooseAdapter(device: string, planned: Adapter): void {
  const adapters = listAdapters();
  const index = adapters.findIndex((each) => isSame(each, planned));
  if (index === -1)
    throw new Error(
      `${device} was ${printAdapter(planned)} when the session was planned, which is gone: Vulkan lists ${printAdapters(adapters)}`,
    );
  const environment = narrowing(adapters, index);
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  const shown = listAdapters();
  if (shown.length === 1 && isSame(shown[0]!, planned)) return;
  const cure =
    environment.DRI_PRIME === undefined
      ? "it takes Mesa's device-select layer (package mesa-vulkan-drivers) or Vulkan's loader from 1.4.326 on"
      : "among equal cards it takes Mesa's device-select layer (package mesa-vulkan-drivers) of a Mesa later than 22.3";
  throw new Error(
    `${device} is ${printAdapter(planned)}, but asked for it alone Vulkan shows ${shown.map(printAdapter).join(", ") || "none"}: ${cure}`,
  );
}
