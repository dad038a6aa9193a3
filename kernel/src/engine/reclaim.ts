import { setFlagsFromString } from "node:v8";
import { memoryUsage } from "node:process";
import { runInNewContext } from "node:vm";

type Collect = (options?: { readonly type: "minor" }) => void;

let collect: Collect | undefined;
/** Bytes of tensors that were still held after everything was collected. */
let held = 0;
/** Tensors of this many bytes may wait for the next full collection, which costs ten milliseconds. */
const patience = 2 ** 26;

/**
 * Give the memory of a step's tensors back to onnxruntime before the next step. Each fetched tensor holds a piece of
 * its arena until JavaScript collects it; left to itself that is so late that the arena grows to several times the
 * model, and every step pays for fresh pages. A step's tensors are young, and collecting those takes a millisecond.
 */
export function reclaim(): void {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as Collect;
  }
  collect({ type: "minor" });
  if (memoryUsage().arrayBuffers < held + patience) return;
  collect();
  held = memoryUsage().arrayBuffers;
}
