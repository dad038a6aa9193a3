import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The software GPU that Chromium brings. */
const chromium = ["/usr/lib/chromium", "/usr/lib64/chromium-browser"].find((folder) =>
  existsSync(join(folder, "vk_swiftshader_icd.json")),
);
/** Where Vulkan's loader lies: the system's, or Chromium's own. */
const loader = [
  ...["x86_64-linux-gnu", "aarch64-linux-gnu", ""].map((name) => join("/usr/lib", name)),
  chromium ?? "/",
].find((folder) => existsSync(join(folder, "libvulkan.so.1")));
const mesa = "/usr/share/vulkan";
const isMesaHere = existsSync(join(mesa, "implicit_layer.d", "VkLayer_MESA_device_select.json"));
const lavapipe = isMesaHere ? readdirSync(join(mesa, "icd.d")).find((name) => /^lvp_/.test(name)) : undefined;

/** The manifests by which Vulkan's loader finds its drivers. */
export const swiftShader = join(chromium ?? "/", "vk_swiftshader_icd.json");
export const llvmpipe = join(mesa, "icd.d", lavapipe ?? "");

/** What a software GPU lacks here. */
export const missing = !chromium
  ? "SwiftShader (package chromium-common)"
  : !loader
    ? "libvulkan.so.1"
    : undefined;
/** What a second one, and a choice between them, lacks. */
export const missingSecond = missing ?? (!lavapipe ? "llvmpipe (package mesa-vulkan-drivers)" : undefined);

/**
 * Makes the processes that are started from now on see these drivers and no others, and keep their files in this folder. Returns
 * how to undo it. This process never loads a driver itself.
 */
export function showDrivers(manifests: readonly string[], folder: string): () => void {
  const before = { ...process.env };
  const shown: Record<string, string> = {
    VK_ICD_FILENAMES: manifests.join(":"),
    XDG_RUNTIME_DIR: folder,
    LD_LIBRARY_PATH: [before["LD_LIBRARY_PATH"], loader].filter(Boolean).join(":"),
  };
  Object.assign(process.env, shown);
  return () => {
    for (const name of Object.keys(shown)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  };
}
