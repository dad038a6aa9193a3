import type { LibraryHandle } from "koffi";
import { foreign } from "../foreign.js";
import type { Adapter } from "./adapter.js";

/** Drivers do not like to be loaded twice. */
let loader: LibraryHandle | undefined;

/** Numbers of the Vulkan specification. */
const version = { "1.1": (1 << 22) | (1 << 12) };
const kind = { application: 0, instance: 1, properties: 1000059001, id: 1000071004, pci: 1000212000 };
const noDriver = -9;
const nameBytes = 256;

/**
 * What this system's Vulkan loader lists, in its order, under this process's environment; the same that onnxruntime chooses from.
 * Loads every driver there is into this process, and leaves none in use. Throws one line where there is no loader.
 */
export function listAdapters(): Adapter[] {
  const koffi = foreign();
  try {
    loader ??= koffi.load("libvulkan.so.1");
  } catch {
    throw new Error("Vulkan's loader libvulkan.so.1 is not here (package libvulkan1 or vulkan-loader)");
  }
  const createInstance = loader.func("int vkCreateInstance(const void *, void *, _Out_ void **)");
  const destroyInstance = loader.func("void vkDestroyInstance(void *, void *)");
  const enumerate = loader.func("int vkEnumeratePhysicalDevices(void *, _Inout_ uint32_t *, void *)");
  const properties = loader.func("void vkGetPhysicalDeviceProperties2(void *, void *)");
  const extensions = loader.func(
    "int vkEnumerateDeviceExtensionProperties(void *, void *, _Inout_ uint32_t *, void *)",
  );

  const pointedAt: Buffer[] = [];
  const point = (from: Buffer, offset: number, to: Buffer): void => {
    // Nobody else holds what only an address leads to.
    pointedAt.push(to);
    from.writeBigUInt64LE(koffi.address(to), offset);
  };
  /** A structure of Vulkan: its kind, a pointer to the next one, its fields. */
  const structure = (sType: number, bytes: number, next?: Buffer): Buffer => {
    const made = Buffer.alloc(bytes);
    made.writeUInt32LE(sType, 0);
    if (next !== undefined) point(made, 8, next);
    return made;
  };

  const describe = (device: bigint): Adapter => {
    const pci = saysPci(device) ? structure(kind.pci, 32) : undefined;
    const id = structure(kind.id, 64, pci);
    // Its limits, which nobody reads here, are the most of it.
    const all = structure(kind.properties, 840, id);
    properties(device, all);
    return {
      name: text(all, 36),
      vendor: all.readUInt32LE(24),
      device: all.readUInt32LE(28),
      uuid: id.toString("hex", 16, 48),
      ...(pci && { pci: printPci(pci) }),
    };
  };

  /** Drivers grumble about a structure that they do not know. */
  const saysPci = (device: bigint): boolean => {
    const count = [0];
    extensions(device, null, count, null);
    const bytes = nameBytes + 4;
    const names = Buffer.alloc(bytes * count[0]!);
    extensions(device, null, count, names);
    return Array.from({ length: count[0]! }, (_, i) => text(names, i * bytes)).includes(
      "VK_EXT_pci_bus_info",
    );
  };

  const application = structure(kind.application, 48);
  application.writeUInt32LE(version["1.1"], 44);
  const info = structure(kind.instance, 64);
  point(info, 24, application);
  const made: [bigint | null] = [null];
  const failed: number = createInstance(info, null, made);
  if (failed === noDriver) return [];
  if (failed !== 0) throw new Error(`vkCreateInstance failed with error ${failed}`);
  try {
    const count = [0];
    enumerate(made[0], count, null);
    const devices = new BigUint64Array(count[0]!);
    const missed: number = enumerate(made[0], count, devices);
    if (missed !== 0) throw new Error(`vkEnumeratePhysicalDevices failed with error ${missed}`);
    return [...devices].map(describe);
  } finally {
    destroyInstance(made[0], null);
  }
}

function text(from: Buffer, start: number): string {
  return from.toString("utf8", start, from.indexOf(0, start));
}

function printPci(from: Buffer): string {
  const [domain, bus, device, part] = [16, 20, 24, 28].map((at) => from.readUInt32LE(at).toString(16));
  return `${domain!.padStart(4, "0")}:${bus!.padStart(2, "0")}:${device!.padStart(2, "0")}.${part}`;
}
