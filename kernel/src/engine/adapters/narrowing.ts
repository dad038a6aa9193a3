import { adapterAt, printAdapter, type Adapter } from "./adapter.js";

/** Variables to set, or to take away where they are undefined. */
export interface Narrowing {
  readonly MESA_VK_DEVICE_SELECT?: string | undefined;
  readonly DRI_PRIME?: string | undefined;
  readonly MESA_VK_DEVICE_SELECT_FORCE_DEFAULT_DEVICE?: "1";
  readonly VK_LOADER_VENDOR_ID_FILTER?: string;
  readonly VK_LOADER_DEVICE_ID_FILTER?: string;
}

/**
 * The environment in which Vulkan shows one adapter of those that it lists. Mesa's device-select layer, which works with the
 * drivers of any vendor, is asked by the kind of card, or among equal cards by PCI address; Vulkan's loader hears the kind of card
 * from 1.4.326 on. Nobody is sure to listen: look what is shown then. Throws one line for a number that there is not, and for
 * equal adapters that nothing tells apart.
 *
 * Source: docs.mesa3d.org/envvars.html; Vulkan-Loader, docs/LoaderInterfaceArchitecture.md
 */
export function narrowing(adapters: readonly Adapter[], index: number): Narrowing {
  const wanted = adapterAt(adapters, index);
  if (adapters.length === 1) return {};
  const others = adapters.filter((each) => each !== wanted);
  const equal = others.filter(({ vendor, device }) => vendor === wanted.vendor && device === wanted.device);
  if (equal.length > 0 && (wanted.pci === undefined || equal.some(({ pci }) => pci === wanted.pci)))
    throw new Error(
      `webgpu:${index} cannot be had: Vulkan lists ${equal.length + 1} × ${printAdapter(wanted)}, and nothing tells them apart`,
    );
  const [vendor, device] = [wanted.vendor, wanted.device].map((id) => id.toString(16));
  return {
    MESA_VK_DEVICE_SELECT: equal.length === 0 ? `${vendor}:${device}` : undefined,
    DRI_PRIME: equal.length === 0 ? undefined : `pci-${wanted.pci?.replace(/[:.]/g, "_")}`,
    MESA_VK_DEVICE_SELECT_FORCE_DEFAULT_DEVICE: "1",
    VK_LOADER_VENDOR_ID_FILTER: `0x${vendor}`,
    VK_LOADER_DEVICE_ID_FILTER: `0x${device}`,
  };
}
