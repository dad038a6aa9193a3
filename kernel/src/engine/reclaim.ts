import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/**
 * Give the memory of a step's tensors back to onnxruntime before the next step. Each fetched tensor holds a piece of
 * its arena until JavaScript collects it; left to itself that is so late that the arena grows to several times the
 * model, and every step pays for fresh pages. The heap is small, so this takes a millisecond or two.
 */
export function reclaim(): void {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
}
